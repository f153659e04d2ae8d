"""What each kind of request does with a model, from what was asked to the bytes of the answer."""

import asyncio
import json
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import torch

from ..domains.base import Raw
from ..domains.image import Pictures
from ..domains.table import Coded
from ..domains.translations import Translations
from ..latent import where
from ..model import Model
from ..provenance import Mark
from ..settings import ConfigError
from . import media
from .asked import Drawn, FromLatents, Generate, Interpolate
from .conditions import asked as allowed
from .errors import Refused
from .hosted import Served


class Answer(NamedTuple):
    """The body of an answer, its media type, and the mark of what it holds."""

    body: bytes
    media: str
    mark: Mark


async def generate(served: Served, asked: Generate) -> Answer:
    """Samples of a seed. Raises Refused or ConfigError."""
    model = served.model
    if isinstance(model.codec, Translations):
        raise Refused(422, "this model makes pictures from pictures, not from latents; upload one to apply")
    form = media.checked(model, asked.format)
    said = {key: repr(value) for key in ("truncation", "temperature") if (value := getattr(asked, key)) is not None}
    if served.engine is not None:
        said["engine"] = served.engine.name
    if asked.where:
        said["where"] = json.dumps(asked.where)
    update = {"seed": asked.seed, "index": asked.first, "condition": asked.condition}
    first = served.mark.model_copy(update={**update, "asked": {**served.mark.asked, **said}})
    if asked.count == 1 and form == "png" and served.plain and not (asked.temperature or asked.where):
        codec = model.codec
        assert isinstance(codec, Pictures)
        body = await served.draw(
            1, asked.seed, asked.first, asked.condition, asked.truncation,
            lambda records: media.picture(codec, records[0], "png", first),
        )  # fmt: skip
        return Answer(body, "image/png", first)
    records = await _records(served, asked)
    # Rows of a table that were asked for by `where` are as many as were found.
    marks = [first.model_copy(update={"index": asked.first + i}) for i in range(len(records))] or [first]
    return await _answer(served, records, form, marks)


async def interpolate(served: Served, asked: Interpolate) -> Answer:
    """Samples on the way between latents of a seed."""
    count = asked.steps * asked.pairs
    served.check(count)
    condition = allowed(served.model.codec, asked.condition)
    form = media.checked(served.model, asked.format)
    records = await served.run(lambda model: model.interpolate(asked.steps, asked.seed, asked.pairs, condition), count)
    said = {**served.mark.asked, "interpolate": str(asked.steps)}
    update = {"seed": asked.seed, "condition": asked.condition, "asked": said}
    marks = [served.mark.model_copy(update={**update, "index": i}) for i in range(count)]
    return await _answer(served, records, form, marks)


async def latents(served: Served, asked: Drawn) -> dict[str, Any]:
    """The latents of a seed, with their conditions behind them, as `from_latents` takes them."""
    served.check(asked.count)
    z = await served.run(lambda model: model.inputs(asked.count, asked.seed, asked.first))
    return {"latents": z.tolist(), "latent": served.model.run.generator.latent, "numbers": z.shape[1]}


async def from_latents(served: Served, asked: FromLatents) -> Answer:
    """Samples of a client's own latents."""
    served.check(len(asked.latents))
    form, model = media.checked(served.model, asked.format), served.model
    width = model.inputs(1, 0).shape[1]
    wrong = next((len(row) for row in asked.latents if len(row) != width), None)
    if wrong is not None:
        raise ConfigError(f"latents of this model have {width} numbers a row, got {wrong}; GET latents gives some")
    z = torch.tensor(asked.latents, dtype=torch.float32)
    if not torch.isfinite(z).all():
        raise ConfigError("latents must be finite numbers that float32 holds; leave out what is larger")
    records = await served.run(lambda model: model.decode(z), len(z))
    mark = served.mark.model_copy(
        update={"seed": None, "index": None, "asked": {**served.mark.asked, "latents": "brought by a client"}}
    )
    return await _answer(served, records, form, _numbered(mark, len(z)))


async def _records(served: Served, asked: Generate) -> Raw:
    pulled = asked.temperature is not None or asked.truncation is not None
    rows = isinstance(served.model.codec, Coded) and not (pulled or asked.first or asked.condition is not None)
    if asked.where and isinstance(served.model.codec, Coded) and not rows:
        raise ConfigError("where asks for rows by itself; leave out first, condition, truncation and temperature")
    if rows or asked.where:  # as the command line draws them: rows that break a rule are left out
        served.check(asked.count)
        found = await served.run(lambda model: where.draw(model, asked.count, asked.seed, asked.where), asked.count)
        if not len(found.records):
            raise Refused(422, f"no row was found: {found.line}; ask for less")
        return found.records
    if asked.temperature is None:
        records: Raw = await served.draw(asked.count, asked.seed, asked.first, asked.condition, asked.truncation)
        return records
    served.check(asked.count)
    if asked.truncation is not None:
        raise ConfigError("temperature and truncation are for different models; give one of them")
    allowed(served.model.codec, asked.condition)
    return await served.run(partial(_heated, asked=asked), asked.count)


def _heated(model: Model, asked: Generate) -> Raw:
    """Samples at another temperature. The device has one thread, so nobody else draws meanwhile."""
    network: Any = model.network
    if not hasattr(network, "temperature"):
        raise ConfigError(f"temperature is for models that draw tokens, this one draws {model.run.domain.name}")
    before = network.temperature
    network.temperature = asked.temperature
    try:
        return model.generate(asked.count, asked.seed, asked.first, condition=asked.condition)
    finally:
        network.temperature = before


async def _answer(served: Served, records: Raw, form: str, marks: list[Mark]) -> Answer:
    """Encoded on a thread of its own: packing a thousand pictures takes longer than drawing them."""
    work: Callable[[], tuple[bytes, str]] = partial(media.encoded, served, records, form, marks)
    body, kind = await asyncio.to_thread(work)
    return Answer(body, kind, media.whole(marks))


def _numbered(mark: Mark, count: int) -> list[Mark]:
    """A mark each for samples that no seed alone makes; their place goes into what was asked."""
    return [mark.model_copy(update={"asked": {**mark.asked, "place": str(i)}}) for i in range(count)]
