"""What a page has to know of a model before it can ask it for anything: its kind, its conditions, its latent plane."""

from typing import Any

from ...application.tiles import Sides
from ...application.video.recurrent import recurrent
from ...domains.audio import Sounds
from ...domains.base import Codec
from ...domains.degraded import DegradedPictures
from ...domains.grid import Tiles
from ...domains.image import Pictures
from ...domains.paired import Translated
from ...domains.points import Plane
from ...domains.series import Steps
from ...domains.table import Coded
from ...domains.tokens import Sequences
from ...domains.tokens.molecules import Molecular
from ...domains.translations import Translations
from ...domains.video import Moving
from ...domains.vocoder import Vocoded
from ...domains.voices import Converted
from ...latent.space import Space
from ...model import Model
from ..conditions import condition

Tree = dict[str, Any]
MOST_DIRECTIONS = 12
"""Found directions that a page offers."""
MOST_WORDS = 200
"""Values of one column that a page offers; others are asked for over the command line."""


def described(model: Model) -> Tree:
    """All of it, as plain values."""
    found = kind(model.codec)
    tree: Tree = {
        "kind": found,
        "domain": model.run.domain.name,
        "recipe": model.run.recipe,
        "samples": model.samples,
        "condition": condition(model.codec),
        "temperature": hasattr(model.network, "temperature"),
    }
    if found in ("translation", "voice"):
        return tree | {"plane": None, "why": _NO_LATENT, "apply": applies(model)}
    space, why = Space(model), _NO_PLANE.get(found)
    tree |= {"latent": space.latent, "space": space.name, "plane": why is None, "why": why}
    tree["directions"] = 0 if why else min(MOST_DIRECTIONS, space.free)
    if isinstance(model.codec, Coded):
        tree["columns"] = [_column(each) for each in model.codec.learnt]
    if isinstance(model.codec, Tiles):
        tree["rules"] = model.codec.checker is not None
    return tree


def kind(codec: Codec) -> str:
    """What its records are, in one word of the page's."""
    if isinstance(codec, Vocoded | Converted):
        return "voice"
    if isinstance(codec, Translations):
        return "translation"
    if isinstance(codec, Moving):
        return codec.kind
    return next(word for known, word in _KINDS if isinstance(codec, known))


def applies(model: Model) -> Tree:
    """What a model takes that makes pictures or sound from what it is given."""
    codec = model.codec
    if isinstance(codec, Vocoded | Converted):
        return {"takes": "sound", "rate": codec.mel.rate}
    if recurrent(model):
        return {"takes": "film", "line": "this model goes from frame to frame; use ganworks apply RUN FILM OUT"}
    return {
        "takes": "picture",
        "holes": isinstance(codec, DegradedPictures) and codec.holes,
        "both": isinstance(codec, Translated) and codec.stacked,
        "scale": Sides.of(model.network).scale,
    }


def _column(column: Any) -> Tree:
    seen, numbers = column.seen, column.numbers
    tree: Tree = {"name": seen.name, "kind": seen.kind, "numeric": seen.numeric, "missing": seen.missing}
    if seen.kind == "datetime":
        return tree | {"format": seen.format}
    if numbers is not None:
        return tree | {"least": numbers.minimum, "most": numbers.maximum, "decimals": seen.decimals}
    return tree | {"words": list(seen.words[:MOST_WORDS]), "more": max(0, len(seen.words) - MOST_WORDS)}


_NO_LATENT = "This model makes one thing from another and draws from no latent. The room Apply is for it."
_NO_PLANE = {
    "rows": "A plane has nothing to show for rows: a small step changes all columns at once. Sheets is their room.",
    "lines": "Lines are drawn by lots, token by token: nearby latents do not give nearby lines. Sheets is their room.",
    "molecules": "Molecules are drawn by lots, token by token: nearby latents are no nearby molecules. See Sheets.",
}
_KINDS: tuple[tuple[type[Codec], str], ...] = (
    (Pictures, "pictures"), (Tiles, "levels"), (Coded, "rows"), (Steps, "series"), (Sounds, "sounds"),
    (Molecular, "molecules"), (Sequences, "lines"), (Plane, "points"),
)  # fmt: skip
