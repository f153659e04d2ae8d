"""ganworks recipes: the table of complete runs."""

import click


@click.command()
def command() -> None:
    """List the recipes: name, year, paper, networks, objective."""
    from rich.console import Console  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415

    from ..recipes import RECIPES  # noqa: PLC0415  imports torch

    table = Table("name", "year", "paper", "networks", "objective", box=None, pad_edge=False)
    for name, recipe in RECIPES.items():
        table.add_row(name, str(recipe.year), recipe.paper, recipe.networks, recipe.objective)
    console = Console()
    # A pipe has no width, and wrapped rows are no table.
    console = console if console.is_terminal else Console(width=110)
    console.print(table)
