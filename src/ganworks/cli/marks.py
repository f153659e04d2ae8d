"""Options of every command that writes samples: what goes into files beside the mark that all of them carry."""

import functools
from collections.abc import Callable
from typing import Any

import click


def options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command these options; it gets them as one value, `marking`."""

    @functools.wraps(function)
    def marked(
        *words: Any,
        aigc: str | None,
        label: str | None,
        label_font: str | None,
        invisible: bool,
        stamp_time: bool,
        **others: Any,
    ) -> Any:
        from ..provenance import Marking, now  # noqa: PLC0415  help needs none of it
        from ..settings import ConfigError  # noqa: PLC0415

        if label_font is not None and label is None:
            raise ConfigError("--label-font is the font of --label; give that too, or leave it out")
        time = now() if stamp_time else None
        said = {"producer": aigc, "label": label, "font": label_font, "invisible": invisible, "time": time}
        marking = Marking.from_tree(said, "marks")
        return function(*words, marking=marking, **others)

    for option in reversed(_OPTIONS):
        marked = option(marked)
    return marked


_OPTIONS = (
    click.option(
        "--aigc", metavar="PRODUCER", help="Write the AIGC block of China's Labelling Measures, in that name."
    ),
    click.option("--label", metavar="TEXT", help="Draw a visible label into pictures and clips."),
    click.option("--label-font", metavar="FILE", help="Font of the label, for other than Latin letters."),
    click.option("--invisible", is_flag=True, help="Put an invisible mark into pictures; it can be removed."),
    click.option("--stamp-time", is_flag=True, help="Marks say when samples were written: other bytes every time."),
)
