"""The room Explore: samples by seed, a plane of latents to move on, ways between samples, found directions."""

import asyncio
import json
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from pydantic import Field

from ...domains.base import Raw
from ...domains.image import Pictures
from ...model import Model
from ...provenance import Mark
from ...settings import Settings, read_toml
from ...training.artefact import PAGE
from .. import media
from ..errors import Refused
from . import points, shown
from .described import described
from .marks import marked
from .points import Drawing, Place, Seed

router = APIRouter(prefix="/api/explore", tags=["studio"])
Tree = dict[str, Any]
AT_ONCE = 64
"""Samples that a page shows together."""
KEPT = 500
"""Samples that one download may gather."""
Steps = Annotated[int, Field(ge=2, le=24)]


class Samples(Drawing):
    """Samples of a seed, from one on."""

    seed: Seed = 0
    first: int = Field(default=0, ge=0, lt=1 << 31)
    """Number of the first."""
    count: int = Field(default=16, ge=1, le=AT_ONCE)


class Places(Settings):
    """Some samples by their places."""

    places: Annotated[list[Place], Field(min_length=1, max_length=AT_ONCE)]


class Way(Settings):
    """From one sample to another."""

    start: Place
    end: Place
    steps: Steps = 9


class Walk(Settings):
    """Along a found direction through a sample."""

    place: Place
    direction: int = Field(ge=0, lt=1 << 31)
    """Numbered from 0."""
    steps: Steps = 9


class Kept(Settings):
    """Samples that somebody gathered."""

    places: Annotated[list[Place], Field(min_length=1, max_length=KEPT)]


@router.get("")
async def names(request: Request) -> Tree:
    """The models there are, by name."""
    hosted = request.app.state.hosted
    return {"models": [{"name": name, "domain": domain(hosted.folder(name))} for name in hosted.names()]}


@router.get("/{name}")
async def about(request: Request, name: str) -> Tree:
    """What a page has to know of a model to draw from it."""
    served = await request.app.state.hosted.open(name)
    tree = await served.run(described)
    return {"name": name, "sha256": served.sha256, "unfinished": served.unfinished, **tree}


@router.post("/{name}/samples")
async def samples(request: Request, name: str, body: Samples) -> Tree:
    """Samples of a seed, ready to be shown."""

    def work(model: Model) -> Tree:
        records = points.drawn(model, body, body.count, body.seed, body.first)
        return {"items": shown.counted(shown.items(model.codec, records), body.first, body.seed)}

    return await _run(request, name, work, body.count)


@router.post("/{name}/places")
async def places(request: Request, name: str, body: Places) -> Tree:
    """Samples where somebody points at: one that follows the pointer, or a map of a whole plane."""

    def work(model: Model) -> Tree:
        return {"items": shown.items(model.codec, points.glimpsed(model, body.places))}

    return await _run(request, name, work, len(body.places))


@router.post("/{name}/way")
async def way(request: Request, name: str, body: Way) -> Tree:
    """Samples on the way from one place to another."""

    def work(model: Model) -> Tree:
        return {"items": shown.items(model.codec, points.between(model, body.start, body.end, body.steps))}

    return await _run(request, name, work, body.steps)


@router.post("/{name}/directions")
async def directions(request: Request, name: str) -> Tree:
    """How much each found direction changes samples; they are looked for when this is first asked."""

    def work(model: Model) -> Tree:
        return {"shares": list(points.directions(model).shares)}

    return await _run(request, name, work)


@router.post("/{name}/walk")
async def walk(request: Request, name: str, body: Walk) -> Tree:
    """Samples along a found direction, and how many deviations each is away from the middle."""

    def work(model: Model) -> Tree:
        records, reach = points.traverse(model, body.place, body.direction, body.steps)
        return {"items": shown.items(model.codec, records), "reach": reach}

    return await _run(request, name, work, body.steps)


@router.post("/{name}/kept")
async def kept(request: Request, name: str, body: Kept) -> Response:
    """Gathered samples as one archive, each with its mark."""
    served = await request.app.state.hosted.open(name)

    bounded(request, served, len(body.places))
    marks = [marked(served, each.seed, each.index, each.condition, each.told()) for each in body.places]
    records = await served.run(lambda model: points.records(model, body.places), len(body.places))
    data = await asyncio.to_thread(_archive, served, records, marks)
    return Response(data, media_type="application/zip", headers=named(name, "kept", "application/zip"))


def _archive(served: Any, records: Raw, marks: list[Mark]) -> bytes:
    """Every sample as a file of its own. Several may come from one seed and number, so those alone name none."""
    codec = served.model.codec
    if isinstance(codec, Pictures) and codec.mode != "n":
        pairs = zip(records, marks, strict=True)
        files = [(_name(i, mark), media.picture(codec, each, "png", mark)) for i, (each, mark) in enumerate(pairs)]
        return media.archive(files)
    data, kind = media.encoded(served, records, media.OWN, marks)
    return data if kind == "application/zip" else media.archive([(f"kept{media.suffix_of(kind)}", data)])


def _name(number: int, mark: Mark) -> str:
    return f"{number:03d}-seed{mark.seed}-{mark.index}.png"


def named(model: str, what: str, kind: str) -> dict[str, str]:
    """The header by which a browser names a download: letters that no file system minds."""
    safe = "".join(each if each.isascii() and each.isalnum() else "-" for each in model).strip("-") or "model"
    return {"content-disposition": f'attachment; filename="{safe}-{what}{media.suffix_of(kind)}"'}


def domain(folder: Path) -> str:
    """The domain of a run, by its page alone; nothing where that cannot be read."""
    try:
        if (folder / "run.toml").is_file():
            return str(read_toml(folder / "run.toml")["domain"]["name"])
        place = folder / "model" if (folder / "model" / PAGE).is_file() else folder
        return str(json.loads((place / PAGE).read_text(encoding="utf-8"))["run"]["domain"]["name"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""


async def _run(request: Request, name: str, work: Any, cost: int = 1) -> Tree:
    served = await request.app.state.hosted.open(name)
    bounded(request, served, cost)
    found: Tree = await served.run(work, cost)
    return found


def bounded(request: Request, served: Any, count: int) -> None:
    """Raises Refused for more samples than memory is for; how many that is hangs on how large one is."""
    most = max(1, request.app.state.service.limits.numbers // served.numbers)
    if count > most:
        raise Refused(422, f"at most {most:,} samples of this size at once, got {count:,}; ask several times")
