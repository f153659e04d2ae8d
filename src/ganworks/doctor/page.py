"""The checkup as a page that needs nothing but a browser."""

import base64
import io
from pathlib import Path

from PIL import Image

from .. import __version__
from ..settings import printable
from ..training.folder import write_atomic
from .checkup import Checkup
from .findings import Raw


def write(checkup: Checkup, path: Path) -> None:
    """Raises CheckpointError when the file cannot be written."""
    from jinja2 import Environment, PackageLoader, StrictUndefined  # noqa: PLC0415  only where a page is made

    environment = Environment(
        loader=PackageLoader("ganworks.doctor", ""), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    page = environment.get_template("page.html.j2").render(
        version=__version__,
        data=printable(checkup.data),
        checkup=checkup,
        findings=[each._replace(line=printable(each.line)) for each in checkup.findings.lines],
        shown=[(each.title, _picture(each.sheet)) for each in checkup.findings.shown],
        bars=checkup.findings.bars,
        summary=summary(checkup),
    )
    write_atomic(path, page)


def summary(checkup: Checkup) -> list[str]:
    """The recommendation and its price, in two lines."""
    cost = checkup.cost
    size = ", ".join(f"{name} {count:,} parameters" for name, count in cost.parameters.items())
    return [
        f"recipe {checkup.why}",
        f"about {cost.rate:,.0f} samples a second on {cost.device}, {cost.memory:.1f} GB of memory; the recipe's "
        f"{cost.minutes:.0f} minutes are {cost.samples:,} samples ({size})",
    ]


def _picture(sheet: Raw) -> str:
    image = Image.fromarray(sheet)
    image.thumbnail((900, 900))
    data = io.BytesIO()
    image.save(data, "PNG", optimize=True)
    return f"data:image/png;base64,{base64.b64encode(data.getvalue()).decode('ascii')}"
