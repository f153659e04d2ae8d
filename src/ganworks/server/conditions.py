"""What may be asked of all samples of a model, and what a request may not: to have a file read."""

from typing import Any

from ..domains.base import Codec
from ..domains.grid import Counts, Tiles
from ..domains.image import Pictures
from ..domains.series import Channel, Steps
from ..domains.table import Coded
from ..domains.tokens import Sequences
from ..domains.translations import Translations
from ..settings import ConfigError

Tree = dict[str, Any]
_FILES = "this model goes on from a file, which a request cannot name; use ganworks sample RUN --class FILE"


def condition(codec: Codec) -> Tree | None:
    """What may be asked of all samples, as fields of a form; None where nothing may."""
    if isinstance(codec, Translations) or codec.spec.condition is None:
        return None
    if isinstance(codec, Coded):
        return {"kind": "columns"}
    if names := _names(codec):
        return {"kind": "class", "names": names}
    if fields := _numbers(codec):
        return {"kind": "attributes", "fields": fields}
    if isinstance(codec, Sequences) and codec.asked == "previous":
        return {"kind": "text", "line": "the line before, which samples follow"}
    return {"kind": "file", "line": _FILES}


def asked(codec: Codec, word: str | None) -> str | None:
    """The condition, as it came. Raises ConfigError where it would be the name of a file: whoever asks over the network
    may name none."""
    if word is None or not word.strip():
        return None
    found = condition(codec)
    if found is not None and found["kind"] == "file":
        raise ConfigError(_FILES)
    if found is not None and found["kind"] == "columns":
        raise ConfigError("rows are asked for by their columns: where=age>60, or the fields of the room Sheets")
    return word


def _names(codec: Codec) -> list[str]:
    """Of the classes that samples are conditioned on; their numbers where they have no names."""
    if isinstance(codec, Sequences):
        return list(codec.classes) if codec.asked == "class" else []
    shares, names = getattr(codec, "shares", ()), getattr(codec, "classes", ())
    return [names[i] if len(names) == len(shares) else str(i) for i in range(len(shares))]


def _numbers(codec: Codec) -> list[Tree]:
    """Attributes that samples are conditioned on, each with what is usual."""
    if isinstance(codec, Steps):
        return [_attribute(each) for each in codec.attributes] if codec.given == "attributes" else []
    found: tuple[tuple[Any, ...], ...] = ()
    if isinstance(codec, Pictures) and codec.attributes is not None:
        found = codec.attributes.names, codec.attributes.means, codec.attributes.deviations
    elif isinstance(codec, Sequences) and codec.asked == "properties":
        found = codec.properties, codec.means, codec.deviations
    elif isinstance(codec, Tiles) and isinstance(codec.asked, Counts):
        found = codec.asked.names, codec.asked.mean, codec.asked.deviation
    return [{"name": name, "usual": usual, "spread": spread} for name, usual, spread in zip(*found, strict=True)]


def _attribute(channel: Channel) -> Tree:
    if channel.categories:
        return {"name": channel.name, "words": list(channel.categories)}
    return {"name": channel.name, "usual": channel.centre, "spread": channel.scale}
