"""A client's picture through a model that makes pictures from pictures."""

import tempfile
from functools import partial
from pathlib import Path

from ..application import pictures, reading, writing
from ..application.drawer import Direction, Drawer
from ..domains.degraded import read_mask
from ..domains.image.decode import Unreadable, own_pixel_limit, probe
from ..domains.translations import Translations
from ..domains.vocoder import Vocoded
from ..domains.voices import Converted
from ..model import Model
from ..provenance import CARRIERS, Mark, stamped
from ..settings import ConfigError, DataError, no_such
from .drawing import Answer
from .errors import Refused
from .hosted import Served
from .media import MEDIA
from .settings import Limits

DIRECTIONS: dict[str, Direction] = {"AtoB": "AtoB", "BtoA": "BtoA"}
SUFFIXES = {"png": ".png", "jpeg": ".jpg", "webp": ".webp", "tiff": ".tif"}


async def apply(served: Served, data: bytes, mask: bytes | None, form: str, direction: str, limits: Limits) -> Answer:
    """The picture that a model makes of an uploaded one, at its own size and depth. Raises Refused or ConfigError."""
    if not isinstance(served.model.codec, Translations):
        raise Refused(422, "this model draws from latents, not from pictures; ask it to generate")
    if isinstance(served.model.codec, Vocoded | Converted):
        raise Refused(422, "this model makes sound from sound, not pictures; use the page, or ganworks apply")
    if form not in SUFFIXES:
        raise ConfigError(no_such("format", form, SUFFIXES))
    if direction and direction not in DIRECTIONS:
        raise ConfigError(f"direction must be AtoB or BtoA, got '{direction}'")
    pixels = max(_checked(data, limits, "the picture"), 0 if mask is None else _checked(mask, limits, "the mask"))
    work = partial(_applied, data=data, mask=mask, form=form, direction=direction, base=served.mark)
    return await served.run(work, cost=max(1, pixels // 65536))


def _checked(data: bytes, limits: Limits, what: str) -> int:
    """Pixels that a file declares, before one of them is decoded. Raises Refused."""
    try:
        with own_pixel_limit():
            header = probe(data, limits.pixels)
    except Unreadable as error:
        large = "pixels, above" in str(error)
        raise Refused(
            413 if large else 422, f"{what} cannot be used: {error}; wanted PNG, JPEG, WebP, BMP or TIFF"
        ) from None
    return header.height * header.width


def _applied(model: Model, data: bytes, mask: bytes | None, form: str, direction: str, base: Mark) -> Answer:
    drawer = Drawer(model, direction=DIRECTIONS.get(direction))
    if drawer.holes and mask is None:
        raise ConfigError("this model fills holes and wants a mask of the picture's size, white where a hole is")
    if mask is not None and not drawer.holes:
        raise ConfigError("this model fills no holes; leave the mask out")
    try:
        with tempfile.TemporaryDirectory() as folder:
            place = Path(folder) / "picture"
            place.write_bytes(data)
            picture = reading.read(place)
            hole = None
            if mask is not None:
                place.write_bytes(mask)
                hole = read_mask(place, *picture.pixels.shape[:2])
        done = pictures.drawn(drawer, picture, hole)
    except DataError as error:  # which names the file that only this service knows
        raise DataError(str(error).replace(str(place), "the mask")) from None
    except Unreadable as error:
        raise DataError(f"the picture cannot be used: {error}; wanted PNG, JPEG, WebP, BMP or TIFF") from None
    suffix = SUFFIXES[form]
    body = writing.encoded(done, writing.KINDS[suffix])
    mark = base.model_copy(
        update={"seed": None, "index": None, "asked": {**base.asked, "apply": direction or "picture"}}
    )
    return Answer(stamped(body, suffix, mark) if suffix in CARRIERS else body, MEDIA[suffix], mark)
