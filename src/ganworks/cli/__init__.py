"""One command line: every command is a file here, imported when it is used."""

import sys
from importlib import import_module

import click

from .. import __version__
from ..settings import CheckpointError, ConfigError, DataError, TrainingError, no_such, printable
from ..training.interrupt import Halted, Stopped, halting

COMMANDS = {
    "doctor": "Examine data before training on it.",
    "pack": "Write data into shards that training streams.",
    "train": "Train a generator on your data, or go on with a run.",
    "tune": "Search around a recipe for what suits your data.",
    "sample": "Draw samples from a trained generator.",
    "levels": "Draw levels that keep their rules, whole ones, or with what is asked for.",
    "explore": "Show what a generator's latents, codes and classes do, or find a picture's latent.",
    "apply": "Put pictures or scans through a model that turns pictures into pictures.",
    "features": "Learn features from your own pictures, for terms that compare them.",
    "slices": "Write slices of DICOM and NIfTI scans as pictures to train on.",
    "verify": "Say whether files are synthetic, which model and seed made them, and prove it.",
    "evaluate": "Judge a run: how close, how complete, and whether it copied.",
    "audit": "Attack a run: what its samples give away about its training records.",
    "compare": "Say whether one run is better than others.",
    "bench": "Measure this machine, and training on it beside the loops of tutorials.",
    "export": "Write a generator for other runtimes: ONNX, compiled, or a folder to share.",
    "push": "Upload a generator with its model card to the Hugging Face Hub.",
    "pull": "Fetch a generator from the Hugging Face Hub, and check it.",
    "report": "Write one self-contained page about a run.",
    "serve": "Serve generators to programs, and the studio page to people.",
    "recipes": "List the recipes.",
    "show": "Show what a run is, how far it came, and what happened.",
}


class _Commands(click.Group):
    """Knows the commands' names and lines by heart, so that help imports none of them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            raise click.UsageError(no_such("command", cmd_name, COMMANDS))
        command: click.Command = import_module(f".{cmd_name}", __name__).command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
def ganworks() -> None:
    """From your data to a generator you can trust."""


def main(arguments: list[str] | None = None) -> None:
    """Run one command. What a user can correct is one line and exit code 1; wrong usage exits with 2."""
    sys.exit(run(sys.argv[1:] if arguments is None else arguments))


def run(words: list[str]) -> int:
    """The exit code of a command line."""
    try:
        with halting():
            code = ganworks.main(words, prog_name="ganworks", standalone_mode=False)
        return int(code or 0)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (ConfigError, DataError, CheckpointError, TrainingError) as error:
        return _refused(str(error))
    except Halted as halted:
        click.echo("stopped; nothing was lost", err=True)
        return halted.exit_code
    except Stopped as stopped:
        click.echo("stopped and saved; the same command goes on", err=True)
        return stopped.exit_code
    except Exception as error:
        if (line := _trouble(error)) is None:
            raise
        return _refused(line)


def _refused(line: str) -> int:
    click.echo(click.style(printable(line), fg="red"), err=True)
    return 1


def _trouble(error: Exception) -> str | None:
    """The line for what the machine could not do, wherever it happened; None for what is a fault of ours."""
    text = str(error)
    if isinstance(error, OSError):
        reason = (error.strerror or text).lower()
        return f"{error.filename or 'the system'}: {reason}; use another path, or correct this one"
    full = ("can't allocate memory", "Storage size calculation overflowed")  # torch raises RuntimeError for both
    named = isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError"
    if named or any(each in text for each in full):
        return "not enough memory for this; lower batch, part, a width or domain.size, or draw fewer samples"
    return None
