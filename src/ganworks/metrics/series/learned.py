"""What a small recurrent network learns about two sets of windows: the two scores of TimeGAN, as published and honest.

Source: Yoon et al. (2019), section 5.1, and the settings of its published code: one GRU of floor(C / 2) units, Adam
with rate 0.001, batches of 128, 2,000 steps to tell and 5,000 to predict. Both hang on chance: give five seeds or more.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits

from ...settings import DataError
from .readers import Readers

Windows = npt.NDArray[np.float64]
"""(N, C, T), each channel scaled to 0..1."""
Places = npt.NDArray[np.int64]
TELL, PREDICT, BATCH = 2000, 5000, 128
LEAST = 20
"""Windows of each kind below which a split leaves nothing to judge."""


class Split(NamedTuple):
    """Which windows a classifier learns from and which it is judged on."""

    learn: Places
    judge: Places


class Telling(NamedTuple):
    """One classifier's task, and how each set is split; None for the published way, at random."""

    real: Windows
    fake: Windows
    seed: int = 0
    split: Split | None = None
    fake_split: Split | None = None


class Predicting(NamedTuple):
    """One predictor's task: it learns once, and is judged on each set."""

    learn: Windows
    judge: tuple[Windows, ...]
    seed: int = 0


def shuffled(count: int, seed: int, share: float = 0.8) -> Split:
    """Windows split at random, as published: overlapping ones stand on both sides."""
    order = np.random.default_rng(seed).permutation(count)
    return Split(order[: int(count * share)], order[int(count * share) :])


def blocked(
    starts: Places, window: int, seed: int, line: Places | None = None, blocks: int = 10, held: int = 2
) -> Split:
    """`held` of `blocks` stretches of time are judged; no window within one more window of them is learnt from.

    starts (N,) is where each window begins on one line of time, in any order. `line` are the starts that the stretches
    are cut from, where they are those of another set: both sides have to leave out the same times, or a classifier
    takes what it has never seen of the one for the other.
    Raises DataError when nothing is left to learn from or to judge.
    """
    edges = np.quantile(starts if line is None else line, np.linspace(0, 1, blocks + 1))
    place = np.clip(np.searchsorted(edges, starts, side="right") - 1, 0, blocks - 1)
    chosen = np.random.default_rng(seed).choice(blocks, held, replace=False)
    near = np.zeros(len(starts), bool)
    for each in chosen:
        near |= (starts > edges[each] - 2 * window) & (starts < edges[each + 1] + 2 * window)
    judged = np.isin(place, chosen)
    learn, judge = np.flatnonzero(~near & ~judged), np.flatnonzero(judged)
    if min(len(learn), len(judge)) < LEAST:
        raise DataError(f"{len(starts)} windows of {window} steps are too few for {blocks} blocks with gaps between")
    return Split(learn, judge)


def nearest(windows: Windows, real: Windows) -> Places:
    """Which of `real` is nearest to each window, by the squared distance of all its numbers. (N,)"""
    one, other = _steps(windows).flatten(1), _steps(real).flatten(1)
    found = [torch.cdist(part, other).argmin(1) for part in torch.split(one, 1024)]
    return np.asarray(torch.cat(found).numpy(), np.int64)


def discriminative(tasks: Sequence[Telling], steps: int = TELL) -> list[float]:
    """|accuracy - 1/2| of a classifier a task that learnt to tell real from fake, on windows it did not learn from.

    0 is best. All tasks are learnt side by side. Raises DataError for too few windows.
    """
    _check([window for each in tasks for window in (each.real, each.fake)])
    channels = tasks[0].real.shape[1]
    ours = [each.split or shuffled(len(each.real), each.seed) for each in tasks]
    theirs = [each.fake_split or shuffled(len(each.fake), each.seed + 1) for each in tasks]
    real = [_steps(each.real[split.learn]) for each, split in zip(tasks, ours, strict=True)]
    fake = [_steps(each.fake[split.learn]) for each, split in zip(tasks, theirs, strict=True)]
    network = Readers([each.seed for each in tasks], channels, max(1, channels // 2))
    wanted = torch.cat([torch.ones(BATCH), torch.zeros(BATCH)]).expand(len(tasks), -1)

    def loss() -> Tensor:
        x = torch.cat([network.some(real, BATCH), network.some(fake, BATCH)], dim=1)
        # The published loss adds the means of both halves.
        loss: Tensor = 2 * binary_cross_entropy_with_logits(network(x)[..., -1], wanted, reduction="none").mean(1)
        return loss

    network.learn(loss, steps)
    sizes = [min(len(a.judge), len(b.judge)) for a, b in zip(ours, theirs, strict=True)]
    held = zip(tasks, ours, theirs, sizes, strict=True)
    chosen = [(each.real[_even(a.judge, n)], each.fake[_even(b.judge, n)]) for each, a, b, n in held]
    right, wrong = (_judged(network, windows) for windows in zip(*chosen, strict=True))
    return [abs((float((a > 0).mean()) + float((b <= 0).mean())) / 2 - 0.5) for a, b in zip(right, wrong, strict=True)]


def predictive(tasks: Sequence[Predicting], steps: int = PREDICT) -> list[list[float]]:
    """Mean absolute error, on each of `judge`, of a network a task that learnt to tell the last channel's next step.

    It sees the other channels up to now; a single channel sees itself. The unit is the range of the data, 0..1. What
    real windows reach themselves is the best there is. Raises DataError for too few windows.
    """
    _check([window for each in tasks for window in (each.learn, *each.judge)])
    channels = tasks[0].learn.shape[1]
    seen = max(1, channels - 1)
    windows = [_steps(each.learn) for each in tasks]
    network = Readers([each.seed for each in tasks], seen, max(1, channels // 2))

    def loss() -> Tensor:
        x = network.some(windows, BATCH)
        told: Tensor = network(x[:, :, :-1, :seen]).sigmoid()
        return (told - x[:, :, 1:, -1]).abs().mean((1, 2))

    network.learn(loss, steps)
    with torch.no_grad():
        return [[_off(network, i, _steps(x), seen) for x in each.judge] for i, each in enumerate(tasks)]


def _off(network: Readers, index: int, x: Tensor, seen: int) -> float:
    told = _alone(network, x[:, :-1, :seen], index).sigmoid()
    return float((told - x[:, 1:, -1]).abs().mean())


def _judged(network: Readers, windows: Sequence[Windows]) -> list[npt.NDArray[np.float32]]:
    """Logits of each network for windows of its own."""
    with torch.no_grad():
        return [_alone(network, _steps(x), i)[:, -1].numpy() for i, x in enumerate(windows)]


def _alone(network: Readers, x: Tensor, index: int) -> Tensor:
    """What the network of this index says of x (N, T, C), (N, T)."""
    own = {name: each[index : index + 1] for name, each in network.named_parameters()}
    return torch.cat([torch.func.functional_call(network, own, (part[None],))[0] for part in torch.split(x, 2048)])


def _steps(windows: Windows) -> Tensor:
    """(N, C, T) as a network reads them, (N, T, C); gaps are told as the middle of the range."""
    filled = np.nan_to_num(windows, nan=0.5).astype(np.float32)
    return torch.from_numpy(np.ascontiguousarray(filled.transpose(0, 2, 1)))


def _even(places: Places, count: int) -> Places:
    """`count` of the places, from all over."""
    return places[np.linspace(0, len(places) - 1, count).astype(np.int64)]


def _check(windows: Sequence[Windows]) -> None:
    shapes = {each.shape[1:] for each in windows}
    if len(shapes) != 1 or any(each.ndim != 3 for each in windows):
        raise DataError(f"windows to compare must be of one shape, got {' and '.join(map(str, sorted(shapes)))}")
    if min(map(len, windows)) < LEAST:
        raise DataError(f"at least {LEAST} windows of each kind are needed, got {min(map(len, windows))}")
