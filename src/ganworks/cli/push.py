"""ganworks push: share a generator."""

import click


@click.command()
@click.argument("run")
@click.argument("repository", metavar="USER/NAME")
@click.option("--public", is_flag=True, help="A new repository is for everybody; else for you alone.")
@click.option("--release", is_flag=True, help="What is known of its privacy was read, and may be published.")
def command(run: str, repository: str, public: bool, release: bool) -> None:
    """Upload the generator of RUN with its model card to the Hugging Face Hub. Log in with: hf auth login."""
    from ..export import hub  # noqa: PLC0415  imports torch

    click.echo(hub.push(run, repository, public, release))
