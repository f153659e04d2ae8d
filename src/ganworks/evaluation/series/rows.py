"""Tables of evidence about series: a row a set, a column a number."""

import contextlib
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from ...metrics.series import (
    Predicting,
    Telling,
    autocorrelation_error,
    blocked,
    crosscorrelation_error,
    discriminative,
    marginal_error,
    move_error,
    nearest,
    predictive,
)
from ...metrics.series.learned import LEAST
from ...settings import DataError
from .sets import Sets, Windows

Table = dict[str, Any]
STATISTICS: dict[str, Callable[[Windows, Windows], float | None]] = {
    "autocorrelation error": autocorrelation_error,
    "cross-correlation error": crosscorrelation_error,
    "values": marginal_error,
    "moves": move_error,
}
"""Each by its column."""
HELD = "published", "held out"
LINES = {
    "generated": "the model's own",
    "floor": "real against real: no model can be asked for less",
    "copycat": "training windows with 0.5 % noise: what a pure memoriser scores, so a number it wins proves nothing",
    "one Gaussian": "mean and full covariance of flat training windows: what needs no network",
}


def statistics(sets: Sets) -> list[Table]:
    """Against what was trained on, and against what was held out."""
    half, other = sets.train[::2], sets.train[1::2]
    lead = (
        "Mean absolute difference of autocorrelations at every lag, of correlations of channels, and the "
        "Kolmogorov-Smirnov distance of values and of moves from step to step. 0 is best."
    )
    rivals = {"generated": sets.generated, "one Gaussian": sets.gaussian}
    inside = _compared(sets.train, rivals)
    inside.insert(1, _row("floor", [_maybe(each, half, other) for each in STATISTICS.values()]))
    outside = _compared(sets.held, {**rivals, "copycat": sets.copycat, "floor": sets.spare})
    return [
        _table("Beside the training windows", lead, list(STATISTICS), inside),
        _table(
            "Beside held-out windows",
            f"{lead} Where times change, later windows are far from earlier ones whatever a model does: see the floor.",
            list(STATISTICS),
            outside,
        ),
    ]


def learned(sets: Sets, seeds: int, tell: int, predict: int) -> tuple[Table, dict[str, list[float]]]:
    """What small recurrent networks learn, and the single seeds of what is told apart. `tell`, `predict` in steps."""
    rivals = {"generated": sets.generated, "floor": None, "copycat": sets.copycat, "one Gaussian": sets.gaussian}
    rivals = {name: each for name, each in rivals.items() if each is not None or name == "floor"}
    every = range(seeds)
    halves = [np.random.default_rng(seed).permutation(len(sets.train)) for seed in every]
    size = len(sets.train) // 2
    telling: dict[tuple[str, str], list[Telling]] = {}
    predicting: list[Predicting] = []
    held = (sets.held,) if len(sets.held) >= LEAST else ()
    for name, each in rivals.items():
        pairs = [
            (sets.train, each) if each is not None else (sets.train[order[:size]], sets.train[order[size : 2 * size]])
            for order, each in zip(halves, [each] * seeds, strict=True)
        ]
        telling[name, "published"] = [Telling(*pair, seed) for seed, pair in zip(every, pairs, strict=True)]
        learnt = [pair[1] if each is not None else sets.train for pair in pairs]
        predicting += [Predicting(x, (sets.train, *held), seed) for seed, x in zip(every, learnt, strict=True)]
    telling |= _apart(sets, rivals, seeds)
    told = _side_by_side(telling, tell)
    off = iter(predictive(predicting, predict))
    errors = {name: list(zip(*(next(off) for _ in every), strict=True)) for name in rivals}
    foretold = {(name, how): list(each) for name, some in errors.items() for how, each in zip(HELD, some, strict=False)}
    columns: dict[str, tuple[Mapping[tuple[str, str], list[float]], str]] = {
        "told apart, as published": (told, "published"),
        "told apart, blocks of time": (told, "blocks"),
        "told from held-out": (told, "held out"),
        "predicts training windows, as published": (foretold, "published"),
        "predicts held-out": (foretold, "held out"),
    }
    rows = [_row(name, [_spelled(of.get((name, how))) for of, how in columns.values()]) for name in rivals]
    lead = (
        "Told apart: |accuracy - 1/2| of a small GRU, 0 is best. Predicts: mean absolute error, in shares of the "
        "range, of a GRU that learnt from that row to tell the last channel one step ahead; real ones are best. "
        "As published (Yoon et al., 2019), overlapping windows stand on both sides; blocks are judged on times "
        "never learnt from, a window between (a generated window has the time of the real one nearest to it). "
        f"Mean and deviation over {seeds} seeds, {tell:,} and {predict:,} steps."
    )
    return _table("What a recurrent network learns", lead, list(columns), rows), {
        " ".join(key): values for key, values in told.items()
    }


def _apart(sets: Sets, rivals: Mapping[str, Windows | None], seeds: int) -> dict[tuple[str, str], list[Telling]]:
    """The same task without what leaks: by blocks of time, and against held-out windows."""
    found: dict[tuple[str, str], list[Telling]] = {}
    for name, each in rivals.items():
        with contextlib.suppress(DataError):  # too few windows for blocks: the column stays empty
            found[name, "blocks"] = [_by_blocks(sets, each, seed) for seed in range(seeds)]
        if min(len(sets.held), len(sets.spare)) >= LEAST:
            later = sets.spare if each is None else each
            found[name, "held out"] = [Telling(sets.held, later, seed) for seed in range(seeds)]
    return found


def _by_blocks(sets: Sets, fake: Windows | None, seed: int) -> Telling:
    """A generated window belongs to the time of the training window nearest to it; real from real, to its own."""
    real, starts, window = sets.train, sets.starts, sets.train.shape[2]
    if fake is None:
        real, fake, ours, theirs = real[::2], real[1::2], starts[::2], starts[1::2]
    else:
        ours, theirs = starts, starts[nearest(fake, real)]
    splits = (blocked(each, window, seed, starts) for each in (ours, theirs))
    return Telling(real, fake, seed, *splits)


def _side_by_side(tasks: Mapping[tuple[str, str], list[Telling]], steps: int) -> dict[tuple[str, str], list[float]]:
    """All tasks in one go, each list's own numbers back."""
    every = iter(discriminative([each for some in tasks.values() for each in some], steps))
    return {key: [next(every) for _ in some] for key, some in tasks.items()}


def _compared(reference: Windows, rivals: Mapping[str, Windows | None]) -> list[dict[str, Any]]:
    return [
        _row(name, [_maybe(measure, reference, each) for measure in STATISTICS.values()])
        for name, each in rivals.items()
        if each is not None and len(each)
    ]


def _maybe(measure: Callable[[Windows, Windows], float | None], one: Windows, other: Windows) -> float | None:
    return measure(one, other) if one.shape[2] > 1 else None


def _row(name: str, values: list[Any]) -> dict[str, Any]:
    return {"name": name, "line": LINES[name], "values": values}


def _table(title: str, lead: str, columns: list[str], rows: list[dict[str, Any]]) -> Table:
    return {"title": title, "lead": lead, "columns": columns, "rows": rows}


def _spelled(values: list[float] | None) -> str | None:
    return None if values is None else f"{np.mean(values):.3f} ± {np.std(values, ddof=min(1, len(values) - 1)):.3f}"
