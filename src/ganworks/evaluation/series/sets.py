"""The sets of windows that are compared: generated, trained on, held out, and two that show what a number is worth."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ...domains import Source, Stored
from ...domains.base import Raw
from ...domains.series import Steps
from ...settings import DataError
from ..own_kind import Ask
from ..subject import Subject

QUICK, FULL = 1000, 5000
"""Windows in a set, where the data has as many: after a training, and when evidence is wanted."""
NOISE = 0.005
"""Deviation of what a copycat adds, in shares of the range."""
WIDEST = 3000
"""Numbers in a window up to which a full covariance is fitted."""
Windows = npt.NDArray[np.float64]


class Sets(NamedTuple):
    """Windows (N, C, T), numbers as shares of the training range, so that 0..1 is what was seen."""

    generated: Windows
    train: Windows
    held: Windows
    """Of the split that is scored against."""
    spare: Windows
    """Of the other held-out split."""
    gaussian: Windows | None
    """Drawn from one Gaussian fitted to flat training windows; None of wide ones."""
    starts: npt.NDArray[np.int64]
    """Where each of `train` begins on the line of all steps."""

    @property
    def copycat(self) -> Windows:
        """Training windows with a little noise: what a pure memoriser would draw."""
        return self.train + np.random.default_rng(5).normal(0, NOISE, self.train.shape)


def sets(subject: Subject, ask: Ask) -> Sets:
    """Every set from the same number of training windows or fewer. Raises DataError for too few."""
    codec, data = subject.codec, subject.dataset
    assert isinstance(codec, Steps)
    most = min(len(data.train), ask.count or (FULL if ask.learn else QUICK))
    held, spare = (data.test, data.validation) if ask.split == "test" else (data.validation, data.test)
    rows = np.sort(data.train.some(most, 3))
    train = shares(codec, _rest(codec, data.train.fetch(rows).x))
    if len(train) < 4 or not len(held):
        raise DataError(f"{len(train)} training and {len(held)} held-out windows are too few to compare")
    ask.notify(f"drawing {most:,} windows to look at as series")
    generated = shares(codec, subject.model.generate(most, seed=0))
    return Sets(
        generated, train, _some(codec, held, most), _some(codec, spare, most), _gaussian(train, codec.bounded),
        _starts(data.train, rows),
    )  # fmt: skip


def shares(codec: Steps, records: Raw) -> Windows:
    """Channels (attributes left out) as shares of the training range."""
    inner = np.asarray(records[:, : len(codec.channels)], np.float64)
    low = np.array([0.0 if each.categories else each.low for each in codec.channels])
    high = np.array([len(each.categories) - 1.0 if each.categories else each.high for each in codec.channels])
    wide = np.where(high > low, high - low, 1.0)
    return np.asarray((inner - low[:, None]) / wide[:, None])


def _rest(codec: Steps, records: Raw) -> Raw:
    """What a model draws: of windows that begin with a given past, the rest."""
    return records[:, :, codec.past :]


def _some(codec: Steps, source: Source, most: int) -> Windows:
    return shares(codec, _rest(codec, source.fetch(source.spread(most)).x))


def _gaussian(train: Windows, bounded: bool) -> Windows | None:
    """As many windows from one Gaussian with the mean and full covariance of flat ones; clipped where samples are."""
    flat = np.nan_to_num(train.reshape(len(train), -1), nan=0.5)
    if flat.shape[1] > WIDEST:
        return None
    rng = np.random.default_rng(7)
    # By its own rows: noise times what is left of the mean has their covariance, and no matrix has to be factored.
    away = flat - flat.mean(0)
    if len(flat) > flat.shape[1]:
        values, ways = np.linalg.eigh(away.T @ away / max(1, len(flat) - 1))
        drawn = rng.standard_normal((len(flat), flat.shape[1])) * np.sqrt(np.maximum(values, 0)) @ ways.T
    else:
        drawn = rng.standard_normal((len(flat), len(flat))) @ away / np.sqrt(max(1, len(flat) - 1))
    found: Windows = (flat.mean(0) + drawn).reshape(train.shape)
    return found.clip(0, 1) if bounded else found


def _starts(source: Source, rows: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    return source.rows[rows] if isinstance(source, Stored) else rows
