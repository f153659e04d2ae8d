"""The same game in ganworks: a session of the recipe of a tutorial's name, on the same pictures."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from ..domains import Dataset, Image
from ..domains.base import Notify, Raw, Stored
from ..recipes import RECIPES, Situation
from ..settings import DataError, override
from ..training import devices
from ..training.run import Run
from ..training.session import Session
from . import machine
from .tutorials import BATCH, Loop

COUNT = 2_048
"""Pictures that are held in memory; more would change no rate."""
HELD_OUT = 0.1
"""Share of them in each of the other splits."""


@dataclass
class Stepping:
    """A session or a tutorial's loop, as something that can be timed."""

    name: str
    loop: Session | Loop
    batch: int
    device: torch.device

    def step(self) -> None:
        self.loop.step()

    def wait(self) -> None:
        machine.wait(self.device)


def pictures(data: str, side: int, channels: int, notify: Notify = lambda line: None) -> Raw:
    """Up to `COUNT` training pictures (N, side, side, channels) uint8 of what `data` names.

    Raises DataError when there are fewer than a batch, or they are of sixteen bits.
    """
    domain = Image(size=(side, side), channels=None if data == "glyphs" else channels)
    source = domain.read(data, notify).train
    count = COUNT if source.endless else min(COUNT, len(source))
    if count < BATCH:
        raise DataError(f"{data}: wanted at least a batch of {BATCH} training pictures, got {count}; give more data")
    # Spread over the data: neighbours in a folder look alike.
    rows = np.arange(count) if source.endless else np.linspace(0, len(source) - 1, count)
    found = source.fetch(rows.astype(np.int64)).x
    if found.dtype != np.uint8:
        raise DataError(
            f"{data}: wanted pictures of 8 bits, got {8 * found.dtype.itemsize}; a tutorial reads no others"
        )
    return np.ascontiguousarray(np.repeat(found, channels // found.shape[-1], axis=-1))


def dataset(found: Raw) -> Dataset:
    """The pictures in memory, split in three."""
    held = int(HELD_OUT * len(found))
    rows = np.arange(len(found))
    train, validation, test = (Stored(found, each) for each in (rows[2 * held :], rows[:held], rows[held : 2 * held]))
    _, height, width, channels = found.shape
    mode = {1: "L", 3: "RGB"}.get(channels, "n")
    facts = {"height": height, "width": width, "channels": channels, "bits": 8, "mode": mode, "records": len(found)}
    fingerprint = hashlib.sha256(found.tobytes()).hexdigest()
    return Dataset(train, validation, test, fingerprint, facts={**facts, "endless": False})


def planned(recipe: str, data: Dataset, settings: Sequence[str] = ()) -> Run:
    """The recipe's own run at the tutorials' batch, with `a.b=c` laid over it. Raises ConfigError with one line."""
    domain = Image()
    situation = Situation("pictures", domain, domain.fit(data).spec, len(data.train), devices.pick("auto"))
    tree = RECIPES[recipe].make(situation).tree()
    for assignment in (f"batch={BATCH}", *settings):
        tree = override(tree, assignment)
    return Run.from_tree(tree)


def stepping(name: str, loop: Session | Loop) -> Stepping:
    batch = loop.run.batch if isinstance(loop, Session) else loop.batch
    return Stepping(name, loop, batch, loop.device)


VARIANTS: Mapping[str, tuple[str, ...]] = {
    "float32": ("precision=float32",),
    "bfloat16": ("precision=bfloat16",),
}
"""Ways to play the same recipe that are measured, as settings laid over it."""
