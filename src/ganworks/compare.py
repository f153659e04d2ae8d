"""compare: is one run better than another, on the same reference, the same count and the same seeds or inputs."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple

from .domains.translations import Translations
from .domains.vocoder import Vocoded
from .domains.voices import Converted
from .evaluation.bench import CONFIDENCE, Bench, pick_for, prepare
from .evaluation.scores import METRICS, score
from .evaluation.subject import Notify, Subject, load
from .evaluation.translated import rivals
from .evaluation.views import of_generated
from .metrics.intervals import LEAST, MARGIN, Comparison, Interval, across, halved, interval, paired
from .settings import ConfigError, DataError

JUDGED = {"frechet": "frechet", "kernel": "kernel", "coverage": "coverage"}
"""Metric -> the group of scores that holds it; the first decides, the others explain."""
HIGHER = {"coverage", "psnr", "hole-psnr"}
"""Metrics of which more is better."""
LOGARITHMIC = {"psnr", "hole-psnr"}
"""Metrics of which a share means nothing, so no gap is too small to mean something."""


class Scored(NamedTuple):
    """One run and its scores."""

    subject: Subject
    scores: dict[str, list[float]]
    """Of each metric, over the seeds of sampling, or over the pictures."""
    whole: Mapping[str, float] = {}
    """Metrics of the whole set of pictures, whose `scores` are those of its halves."""

    def mean(self, metric: str) -> float:
        found = self.scores[metric]
        return self.whole.get(metric, sum(found) / len(found))


class Judged(NamedTuple):
    """All runs and what is known of their numbers."""

    runs: list[Scored]
    labels: dict[str, str]
    """Of each metric; the first decides."""
    protocol: dict[str, Any]
    notes: list[str]
    over: Literal["sampling seeds", "pictures"]


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
    if isinstance(first.codec, Vocoded | Converted):
        raise ConfigError("runs that make sound are not compared yet; ganworks evaluate gives each run its distances")
    by_pictures = isinstance(first.codec, Translations)
    judge = _by_pictures if by_pictures else _by_samples
    judged = judge(subjects, extractor, count, k, repeats, split, notify)
    groups = _groups(judged.runs)
    pairs = [(groups[0], other) for other in groups[1:]] or [([groups[0][0]], [other]) for other in groups[0][1:]]
    notes = [*judged.notes, *(f"{each.folder}: {note}" for each in subjects for note in each.notes)]
    if len(groups) == len(subjects):
        more = ", too" if by_pictures else " more than sampling again does"
        notes.append(f"1 training seed each: training again moves the numbers{more}")
    elif len(groups) == 1:
        notes.append("these runs differ in nothing but their seed")
    return {
        "protocol": {**judged.protocol, "margin": MARGIN},
        "runs": [_row(each, judged.labels) for each in judged.runs],
        "comparisons": [each for pair in pairs for each in _against(*pair, judged)],
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


def _by_samples(
    subjects: Sequence[Subject], extractor: str, count: int | None, k: int, repeats: int, split: str, notify: Notify
) -> Judged:
    """Samples of the same seeds, against equal sets of records."""
    first = subjects[0]
    bench = prepare(first, pick_for(first, extractor, notify), count, k, split, notify)
    protocol = {
        "extractor": bench.extractor.record(),
        "count": bench.size,
        "split": split,
        "repeats": repeats,
        "seeds": list(range(repeats)),
        "confidence": CONFIDENCE,
    }
    runs = [_scored(each, bench, repeats, notify) for each in subjects]
    labels = {name: METRICS[name].spelled(bench.extractor.name) for name in JUDGED}
    return Judged(runs, labels, protocol, list(bench.notes), "sampling seeds")


def _by_pictures(
    subjects: Sequence[Subject], extractor: str, count: int | None, k: int, repeats: int, split: str, notify: Notify
) -> Judged:
    """Outputs for the same held-out inputs; nothing is drawn, so nothing is repeated."""
    found = rivals(subjects, extractor, count, split, notify)
    runs = [
        Scored(each.subject, {**each.pictures, "frechet": each.halves}, {"frechet": each.whole}) for each in found.runs
    ]
    return Judged(runs, found.labels, found.protocol, found.notes, "pictures")


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


def _against(first: Sequence[Scored], second: Sequence[Scored], judged: Judged) -> list[dict[str, Any]]:
    """A verdict for each metric about the first, over training seeds where both sides have several."""
    several = len(first) > 1 and len(second) > 1
    if not several:
        first, second = first[:1], second[:1]
    return [
        _entry(name, _compared(name, first, second), first, second, judged.over)
        for name in judged.labels
        if all(name in each.scores for each in (*first, *second))
    ]


def _compared(name: str, first: Sequence[Scored], second: Sequence[Scored]) -> Comparison:
    better: Literal["lower", "higher"] = "higher" if name in HIGHER else "lower"
    if len(first) > 1:
        return across([each.mean(name) for each in first], [each.mean(name) for each in second], better)
    mine, theirs = first[0], second[0]
    if name in mine.whole:
        return halved((mine.whole[name], theirs.whole[name]), mine.scores[name], theirs.scores[name], better)
    margin = 0.0 if name in LOGARITHMIC else MARGIN
    return paired(mine.scores[name], theirs.scores[name], better, CONFIDENCE, margin)


def _entry(
    name: str, judged: Comparison, first: Sequence[Scored], second: Sequence[Scored], over: str
) -> dict[str, Any]:
    return {
        "first": [str(each.subject.folder) for each in first],
        "second": [str(each.subject.folder) for each in second],
        "metric": name,
        "verdict": judged.verdict,
        "difference": judged.difference.value,
        "low": judged.difference.low,
        "high": judged.difference.high,
        "relative": judged.relative,
        "over": "training seeds" if len(first) > 1 else over,
    }


def _row(each: Scored, labels: Mapping[str, str]) -> dict[str, Any]:
    metrics = {name: {"label": labels[name], **_spread(each, name)._asdict()} for name in labels if name in each.scores}
    return {"folder": str(each.subject.folder), **each.subject.record(), "metrics": metrics}


def _spread(each: Scored, name: str) -> Interval:
    """A number of one run with its interval."""
    if name not in each.whole:
        return interval(each.scores[name], CONFIDENCE)
    found = halved((each.whole[name], 0.0), each.scores[name], [0.0] * len(each.scores[name]), "lower")
    return found.difference
