"""A model's samples -> marked files: what `Model.write` and `Model.shards` need."""

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from .domains.base import Notify, Raw
from .domains.image import Pictures
from .domains.image.shards.fill import Filling, Made, Piece
from .domains.image.shards.index import INDEX, ShardIndex
from .domains.image.shards.pack import members
from .domains.image.shards.tar import ShardWriter
from .domains.video import Moving
from .provenance import digest, mark_list, mark_members
from .settings import ConfigError

if TYPE_CHECKING:
    from .model import Model

AT_ONCE = 1024
"""Samples of a shard that are in memory at once."""


def named(model: "Model") -> str:
    """The name of the run's folder; the recipe's, of a model that never lay in one."""
    if model.path is None:
        return model.run.recipe
    place = model.path.resolve()
    return place.parent.name if (place.parent / "run.toml").exists() else place.name


def check(model: "Model") -> None:
    """Raises ConfigError where a label or an invisible mark is asked for, and what the model draws can have none."""
    marking, codec = model.marking, model.codec
    if not marking.alters:
        return
    clips = isinstance(codec, Moving) and codec.kind != "volumes"
    if not isinstance(codec, Pictures) and (marking.invisible or not clips):
        what = "an invisible mark goes into pictures" if marking.invisible else "a label goes into pictures and clips"
        raise ConfigError(f"{what}, and this run draws {model.run.domain.name}; leave it out")


def altered(model: "Model", records: Raw) -> Raw:
    """Records with the label and the invisible mark, where asked for. Raises ConfigError where none can be."""
    check(model)
    return model.marking.drawn(records, model.sha256) if model.marking.alters else records


def shards(
    model: "Model", folder: Path, count: int, seed: int, processes: int, per_shard: int, notify: Notify
) -> ShardIndex:
    """See `Model.shards`."""
    codec = model.codec
    if not isinstance(codec, Pictures):
        raise ConfigError(f"shards hold pictures, this run draws {model.run.domain.name}; draw files instead")
    index = ShardIndex(
        size=(codec.height, codec.width), channels=codec.channels, bits=codec.bits, mode=codec.mode,
        source=f"samples of the model {model.sha256} with seed {seed}, {per_shard} a shard", records=count,
    )  # fmt: skip
    index = _filled(model, Filling.begin(folder, index, per_shard), folder, seed, processes, notify)
    held: dict[str, tuple[int | None, str]] = {INDEX: (None, digest(folder / INDEX))}
    held |= {shard.name: (number * per_shard, shard.sha256) for number, shard in enumerate(index.shards)}
    mark_list(folder, model.mark(seed, None, shards=str(per_shard)), held, model.marking.producer)
    return index


def piece(model: "Model", folder: Path, wanted: Piece, seed: int) -> Made:
    """See `Model.piece`."""
    path, mark, codec = folder / wanted.name, model.mark(seed, wanted.first), model.codec
    assert isinstance(codec, Pictures)
    with guarded(path):
        writer = ShardWriter(path)
        try:
            for first in range(wanted.first, wanted.first + wanted.count, AT_ONCE):
                some = model.generate(min(AT_ONCE, wanted.first + wanted.count - first), seed, first)
                for number, picture in enumerate(some, first):
                    held = mark_members(members(picture, codec.mode), mark, number, model.marking.producer)
                    writer.add(f"{number:08d}", held)
            return Made(*writer.finish())
        except BaseException:
            writer.abandon()
            raise


@contextlib.contextmanager
def guarded(path: Path) -> Iterator[None]:
    """What keeps a file from being written is ConfigError."""
    try:
        yield
    except ConfigError:
        raise
    except (OSError, ValueError) as error:  # Pillow's word for a suffix it does not know is ValueError
        reason = error.strerror if isinstance(error, OSError) else None
        raise ConfigError(f"{path} cannot be written: {reason or error}; choose another place") from error


def _filled(model: "Model", filling: Filling, folder: Path, seed: int, processes: int, notify: Notify) -> ShardIndex:
    if processes == 1 or model.path is None:
        return filling.run(lambda wanted: piece(model, folder, wanted, seed), notify)
    device = str(next(model.network.parameters()).device)
    words = [str(model.path), "--seed", str(seed), "--device", device, "--out", str(folder), "--serve", model.sha256]
    words += ["--aigc", model.marking.producer] if model.marking.producer else []
    command = [sys.executable, "-m", "ganworks", "sample", *words]
    return filling.run_with(command, processes, not device.startswith("cpu"), notify)
