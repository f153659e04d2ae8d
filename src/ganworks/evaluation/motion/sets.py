"""The sets of clips that are compared, and clips that go on from a first frame that is given."""

from typing import Any, NamedTuple

import numpy as np
import torch

from ...domains.base import Raw, Source
from ...domains.video import Moving
from ...settings import DataError
from ...training.feed import encode
from ...training.sampling import joined, latents, records
from ..own_kind import Ask
from ..subject import Subject

QUICK, FULL = 200, 1000
"""Clips in a set, where the data has as many: after a training, and when evidence is wanted."""
CPU = torch.device("cpu")


class Sets(NamedTuple):
    """Clips (N, T, H, W, C) as stored, as many in each."""

    fake: Raw
    asked: Raw | None
    """The classes that the fakes were asked for, (N,)."""
    real: Raw
    """Of the split that is scored against."""
    spare: Raw | None
    """Of the other held-out split, where there are as many."""
    train: Raw
    codec: Moving

    @property
    def still(self) -> Raw:
        """Training clips that stand still at their first frame: what frames alone are worth."""
        return np.repeat(self.train[:, :1], self.train.shape[1], axis=1)


def sets(subject: Subject, ask: Ask) -> Sets:
    """Raises DataError where too few are held out."""
    codec, data = subject.codec, subject.dataset
    assert isinstance(codec, Moving)
    held, spare = (data.test, data.validation) if ask.split == "test" else (data.validation, data.test)
    count = min(ask.count or FULL, FULL if ask.learn else QUICK, len(held), len(data.train))
    if count < 2:
        raise DataError(
            f"{len(held)} held-out clips are too few to compare with; add clips, or raise domain.{ask.split}"
        )
    ask.notify(f"drawing {count:,} clips")
    inputs = subject.model.inputs(count, seed=0)
    asked = inputs[:, subject.model.run.generator.latent :].argmax(1).numpy() if codec.shares else None
    return Sets(
        subject.model.decode(inputs), asked, _some(held, count), _some(spare, count) if len(spare) >= count else None,
        _some(data.train, count), codec,
    )  # fmt: skip


def continued(subject: Subject, ask: Ask) -> dict[str, Any]:
    """A table: how near clips come that go on from held-out first frames, beside what needs no learning."""
    codec, data = subject.codec, subject.dataset
    assert isinstance(codec, Moving)
    held = data.test if ask.split == "test" else data.validation
    real = _some(held, min(len(held), ask.count or QUICK, QUICK))
    train = _some(data.train, 2000)
    drawn = [given(subject, real, seed) for seed in range(ask.repeats)]
    firsts = train[:, 0].reshape(len(train), -1).astype(np.float32)
    nearest = [int(((firsts - each[0].reshape(-1)) ** 2).sum(1).argmin()) for each in real.astype(np.float32)]
    best = np.max([_closeness(each, real) for each in drawn], axis=0)
    sides = {
        "generated": (np.mean([_closeness(each, real) for each in drawn], axis=0), "one draw for each first frame"),
        f"best of {len(drawn)}": (best, "the nearest of several draws"),
        "nearest training clip": (_closeness(train[nearest], real), "by its first frame: what needs no learning"),
        "still": (_closeness(np.repeat(real[:, :1], real.shape[1], 1), real), "the first frame, repeated"),
    }
    first = np.mean([_closeness(each[:, :1], real[:, :1]) for each in drawn])
    rows = [
        {"name": name, "line": line, "values": [round(float(value.mean()), 2)]} for name, (value, line) in sides.items()
    ]
    lead = (
        f"{len(real):,} first frames of the {ask.split} split. What comes after them is not decided by them, so that a "
        f"good clip may be another than the real one. The first frame itself is drawn at {first:.2f} dB."
    )
    return {"title": "Going on from a first frame", "lead": lead, "columns": ["PSNR of later frames, dB"], "rows": rows}


def given(subject: Subject, real: Raw, seed: int) -> Raw:
    """Clips that go on from the first frames of these."""
    c = encode(real, None, subject.codec, CPU, fixed=True).c
    assert c is not None
    run = subject.model.run
    z = latents(run.latents, run.generator.latent, len(real), seed)
    return records(subject.model.network, subject.codec, joined(z, c))


def _closeness(one: Raw, other: Raw) -> Raw:
    """PSNR of each clip's frames after the first, (N,); of single frames of theirs."""
    begin = 1 if one.shape[1] > 1 else 0
    apart = (one[:, begin:].astype(np.float64) - other[:, begin:].astype(np.float64)) / 255
    found: Raw = -10 * np.log10(np.maximum((apart**2).reshape(len(one), -1).mean(1), 1e-10))
    return found


def _some(source: Source, count: int) -> Raw:
    return source.fetch(np.sort(source.some(count, 3))).x
