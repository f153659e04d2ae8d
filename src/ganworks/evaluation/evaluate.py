"""evaluate: a run -> its evidence, as plain values that are stored beside it."""

import json
import math
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import torch

from .. import __version__
from ..domains.translations import Translations
from ..domains.vocoder import Vocoded
from ..domains.voices import Converted
from ..metrics.features import Extractor
from ..metrics.intervals import LEAST, interval
from ..settings import ConfigError, DataError
from ..training.folder import write_atomic
from . import neighbours, vocoded, voiced
from .bench import CONFIDENCE, Bench, pick_for, prepare, protocol
from .findings import findings
from .learned import learned
from .own_kind import Ask, Evidence, evidence
from .scores import METRICS, Scores, by_class, divergence, histogram, score
from .subject import Notify, Subject, load
from .translated import translated
from .views import View, of_generated

SCHEMA = 1
FILE = "evaluation.json"


def evaluate(
    folder: str | Path,
    extractor: str = "auto",
    count: int | None = None,
    repeats: int = 5,
    k: int = 5,
    *,
    split: Literal["test", "validation"] = "test",
    anew: bool = False,
    learn: bool = True,
    notify: Notify = lambda line: None,
) -> dict[str, Any]:
    """Judge a run against records it was not trained on. Returns what it stores as evaluation.json in the folder.

    extractor is "auto", a name, or "name:FILE". Every set holds `count` samples, fewer where the data has fewer.
    Each number is the mean of `repeats` regenerations with seeds 0, 1, ..., with its interval; of pictures made from
    pictures it is the mean over held-out ones, beside what needs no learning. Without `learn` no classifier is trained
    to tell whether samples are what was asked for.

    Raises ConfigError, DataError or CheckpointError with one line: no run, other data, an empty split, an extractor
    that is not the one the stored evaluation used, unless `anew`.
    """
    begun = time.monotonic()
    if repeats < LEAST:
        raise ConfigError(f"repeats must be at least {LEAST} for an interval, got {repeats}")
    subject = load(folder, notify)
    path = Path(folder) / FILE
    if isinstance(subject.codec, Vocoded):
        return _store(path, subject, vocoded.evidence(subject, count, split, notify), begun)
    if isinstance(subject.codec, Converted):
        return _store(path, subject, voiced.evidence(subject, count, split, learn, notify), begun)
    if isinstance(subject.codec, Translations):
        found = translated(
            subject, extractor, count, k, split=split, notify=notify, check=lambda eye: _refuse_another(path, eye, anew)
        )
        return _store(path, subject, {**found, "classes": None, "neighbours": None}, begun)
    bench = prepare(subject, pick_for(subject, extractor, notify), count, k, split, notify)
    _refuse_another(path, bench.extractor, anew)
    fakes, scores = [], []
    for seed in range(repeats):
        notify(f"drawing and scoring {bench.size:,} samples, {seed + 1} of {repeats}")
        fakes.append(of_generated(bench.extractor, subject.model, bench.size, seed))
        scores.append(score(bench.reference, fakes[-1]))
    rows, troubles = table(bench, scores)
    classes = by_classes(bench, fakes)
    said = findings({row["name"]: row for row in rows}, bench.size, repeats, classes)
    obeyed = learned(subject, bench.size, learn, notify)
    own = evidence(subject, Ask(count, repeats, split, learn, notify)) or Evidence({})
    page = {
        "protocol": _protocol(bench, split, repeats),
        "metrics": rows,
        "classes": classes,
        **obeyed.record(),
        "domain": own.record,
        "findings": [each._asdict() for each in (*said, *obeyed.findings, *own.findings)],
        "neighbours": neighbours.write(subject, fakes[0].features, bench.reference.train, bench.rows),
        "notes": [*bench.notes, *troubles, *obeyed.notes, *own.notes, "1 training seed"],
    }
    return _store(path, subject, page, begun)


def _protocol(bench: Bench, split: str, repeats: int) -> dict[str, Any]:
    compared, k = f"{bench.size:,} records of the {split} split", bench.reference.k
    return protocol(bench.extractor.record(), bench.size, compared, split, len(bench.rows), k, repeats)


def _store(path: Path, subject: Subject, found: Mapping[str, Any], begun: float) -> dict[str, Any]:
    """Write what was found under the run's own particulars, and return it as it is read back."""
    page = {
        "schema": SCHEMA,
        "made_by": f"ganworks {__version__}",
        "run": subject.record(),
        **found,
        "notes": [*subject.notes, *found["notes"]],
        "seconds": round(time.monotonic() - begun, 1),
    }
    plain: dict[str, Any] = _finite(page)
    write_atomic(path, json.dumps(plain, indent=1, allow_nan=False))
    return plain


def table(bench: Bench, found: Sequence[Scores]) -> tuple[list[dict[str, Any]], list[str]]:
    """A row for each metric that some set has, and a line for each that could not be computed."""
    floor, lost = score(bench.reference, bench.floor) if bench.floor else Scores({}, {})
    copycat, _ = score(bench.reference, bench.copycat)
    troubles = {name: line for _, each in found for name, line in each.items()} | lost
    rows = []
    for name, metric in METRICS.items():
        drawn = [values[name] for values, _ in found if name in values]
        if not drawn and name not in floor:
            continue
        row: dict[str, Any] = {"name": name, "label": metric.spelled(bench.extractor.name)}
        row |= {"better": metric.better, "ideal": metric.ideal, "value": None, "low": None, "high": None}
        if len(drawn) == len(found):
            row |= interval(drawn, CONFIDENCE)._asdict()
        row |= {"floor": floor.get(name), "copycat": copycat.get(name)}
        rows.append(row | ({"note": metric.note} if metric.note else {}))
    return rows, [f"{name}: {line}" for name, line in troubles.items()]


def by_classes(bench: Bench, fakes: Sequence[View]) -> dict[str, Any] | None:
    """Shares of the extractor's classes among generated and held-out samples, and the distance within each."""
    real = bench.reference.real
    if real.probabilities is None:
        return None
    drawn = torch.stack([histogram(each.probabilities) for each in fakes if each.probabilities is not None])
    fake, own = drawn.mean(0), histogram(real.probabilities)
    return {
        "names": list(bench.extractor.classes),
        "histogram": fake.tolist(),
        "real": own.tolist(),
        "count": int((fake > 0).sum()),
        "kl": divergence(fake, own),
        "distances": by_class(real, fakes[0]),
    }


def _refuse_another(path: Path, extractor: Extractor, anew: bool) -> None:
    """Numbers of one name must be of one extractor, or somebody will compare them."""
    if anew or not path.exists():
        return
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))["protocol"]["extractor"]
        name, digits = str(stored["name"]), str(stored["sha256"])
    except (OSError, ValueError, LookupError, TypeError):
        return  # nothing that could be compared with is lost
    if name == extractor.name and digits != extractor.sha256:
        raise DataError(
            f"{path}: the stored evaluation used {name} with digits {digits[:8]}..., this one has "
            f"{extractor.sha256[:8]}...; find the first again, or replace the evaluation with --anew"
        )


def _finite(value: Any) -> Any:
    """JSON knows no NaN and no infinity."""
    if isinstance(value, Mapping):
        return {key: _finite(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
