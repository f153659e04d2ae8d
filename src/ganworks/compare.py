"""compare: is one run better than another, on the same reference, the same count and the same seeds."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple

from .evaluation.bench import CONFIDENCE, Bench, pick_for, prepare
from .evaluation.scores import METRICS, score
from .evaluation.subject import Notify, Subject, load
from .evaluation.views import of_generated
from .metrics.intervals import LEAST, MARGIN, Comparison, across, interval, paired
from .settings import ConfigError, DataError

JUDGED = {"frechet": "frechet", "kernel": "kernel", "coverage": "coverage"}
"""Metric -> the group of scores that holds it; the first decides, the others explain."""


class Scored(NamedTuple):
    """One run and its scores, a list over the seeds for each metric."""

    subject: Subject
    scores: dict[str, list[float]]

    def mean(self, metric: str) -> float:
        return sum(self.scores[metric]) / len(self.scores[metric])


def compare(
    folders: Sequence[str | Path],
    extractor: str = "auto",
    count: int | None = None,
    repeats: int = 10,
    k: int = 5,
    *,
    split: Literal["test", "validation"] = "test",
    notify: Notify = lambda line: None,
) -> dict[str, Any]:
    """Judge the first run against each of the others: better, worse or inconclusive.

    Runs that differ in nothing but their seed are one recipe trained several times: where both sides have several,
    they are compared over training seeds, else over the seeds of sampling alone.

    Raises ConfigError or DataError with one line when the runs cannot be compared: fewer than two, other data, data
    encoded otherwise.
    """
    if len(folders) < 2:
        raise ConfigError(f"at least two runs are compared, got {len(folders)}; name another")
    if repeats < LEAST:
        raise ConfigError(f"repeats must be at least {LEAST} for an interval, got {repeats}")
    subjects = [load(folder, notify) for folder in folders]
    first = subjects[0]
    for other in subjects[1:]:
        _refuse_unlike(first, other)
    bench = prepare(first, pick_for(first, extractor, notify), count, k, split, notify)
    scored = [_scored(each, bench, repeats, notify) for each in subjects]
    groups = _groups(scored)
    found = [_against(groups[0], other) for other in groups[1:]] if len(groups) > 1 else _seeds(groups[0])
    notes = [*bench.notes, *(f"{each.folder}: {note}" for each in subjects for note in each.notes)]
    if len(groups) == len(scored):
        notes.append("1 training seed each: training again moves the numbers more than sampling again does")
    elif len(groups) == 1:
        notes.append("these runs differ in nothing but their seed")
    return {
        "protocol": {
            "extractor": bench.extractor.record(),
            "count": bench.size,
            "split": split,
            "repeats": repeats,
            "seeds": list(range(repeats)),
            "confidence": CONFIDENCE,
            "margin": MARGIN,
        },
        "runs": [_row(each, bench) for each in scored],
        "comparisons": [each for pair in found for each in pair],
        "notes": notes,
    }


def _refuse_unlike(first: Subject, other: Subject) -> None:
    if first.dataset.fingerprint != other.dataset.fingerprint:
        raise DataError(
            f"{first.folder} and {other.folder} were trained on other data, or on data read otherwise; compare runs of "
            "one data set and one domain setting"
        )
    if first.codec != other.codec:
        raise DataError(f"{first.folder} and {other.folder} encode the data otherwise; compare runs of one encoding")


def _scored(subject: Subject, bench: Bench, repeats: int, notify: Notify) -> Scored:
    scores: dict[str, list[float]] = {name: [] for name in JUDGED}
    for seed in range(repeats):
        notify(f"{subject.folder}: scoring {bench.size:,} samples, {seed + 1} of {repeats}")
        view = of_generated(bench.extractor, subject.model, bench.size, seed)
        values, troubles = score(bench.reference, view, set(JUDGED.values()))
        if "frechet" not in values:
            raise DataError(f"{subject.folder}: {troubles.get('frechet', 'no distance could be computed')}")
        for name in JUDGED.keys() & values.keys():
            scores[name].append(values[name])
    return Scored(subject, {name: each for name, each in scores.items() if len(each) == repeats})


def _groups(scored: Sequence[Scored]) -> list[list[Scored]]:
    """Runs that are alike but for the seed, together, in the order in which they were named."""
    groups: dict[str, list[Scored]] = {}
    for each in scored:
        tree = {name: value for name, value in each.subject.model.run.tree().items() if name != "seed"}
        groups.setdefault(repr(tree), []).append(each)
    return list(groups.values())


def _seeds(group: Sequence[Scored]) -> list[list[dict[str, Any]]]:
    return [_against([group[0]], [other]) for other in group[1:]]


def _against(first: Sequence[Scored], second: Sequence[Scored]) -> list[dict[str, Any]]:
    """A verdict for each metric about the first, over training seeds where both sides have several."""
    several = len(first) > 1 and len(second) > 1
    found = []
    for name in JUDGED:
        if not all(name in each.scores for each in (*first, *second)):
            continue
        better: Literal["lower", "higher"] = "higher" if METRICS[name].better == "higher" else "lower"
        if several:
            judged = across([each.mean(name) for each in first], [each.mean(name) for each in second], better)
        else:
            judged = paired(first[0].scores[name], second[0].scores[name], better, CONFIDENCE)
        found.append(_entry(name, judged, first if several else first[:1], second if several else second[:1]))
    return found


def _entry(name: str, judged: Comparison, first: Sequence[Scored], second: Sequence[Scored]) -> dict[str, Any]:
    return {
        "first": [str(each.subject.folder) for each in first],
        "second": [str(each.subject.folder) for each in second],
        "metric": name,
        "verdict": judged.verdict,
        "difference": judged.difference.value,
        "low": judged.difference.low,
        "high": judged.difference.high,
        "relative": judged.relative,
        "over": "training seeds" if len(first) > 1 else "sampling seeds",
    }


def _row(each: Scored, bench: Bench) -> dict[str, Any]:
    metrics = {
        name: {"label": METRICS[name].spelled(bench.extractor.name), **interval(values, CONFIDENCE)._asdict()}
        for name, values in each.scores.items()
    }
    return {"folder": str(each.subject.folder), **each.subject.record(), "metrics": metrics}
