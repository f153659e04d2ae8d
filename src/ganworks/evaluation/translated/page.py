"""The evidence about a run that makes pictures from pictures: its rows, as plain values, and a sheet to look at."""

import io
import itertools
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn

from ...adversarial.reconstructions.features import PICTURE, Gram
from ...domains import Source
from ...domains.image.cache import cache_folder
from ...domains.translations import Translations
from ...metrics import coverage
from ...metrics.features import Extractor, extract, own, pick
from ...metrics.features.backbones import open_backbone
from ...metrics.features.backbones.base import Backbone
from ...metrics.frechet import frechet_distance
from ...model import Model
from ...settings import ConfigError, DataError
from ...training.artefact import PAGE
from ...training.folder import write_atomic
from ...training.run import Run
from ..bench import SPLITS, TRAIN_MOST, protocol
from ..shrink import ROWS, Shrunk
from ..subject import Notify, Subject
from ..views import labels_of, rows_of
from .findings import best, differences, findings
from .measures import CEILING, MEASURES, PLACES, STROKES
from .resample import FEWEST
from .score import SHOWN, Scored, score, targets

COUNT = 200
"""Held-out pictures that are restored, where the data has as many."""
STAGES = "stages"
SHEET = "restored.png"


class Sets(NamedTuple):
    """Numbers about the set of outputs beside the set of targets, and what real pictures have."""

    values: Mapping[str, float]
    floor: Mapping[str, float]


def translated(
    subject: Subject,
    extractor: str = "auto",
    count: int | None = None,
    k: int = 5,
    *,
    split: str = "test",
    check: Callable[[Extractor], None] = lambda extractor: None,
    notify: Notify = lambda line: None,
) -> dict[str, Any]:
    """The evidence as plain values: `metrics` about the model, `translated` for every method beside it, `findings`.

    `check` may refuse the extractor before anything is computed with it. Writes the sheet samples/restored.png into the
    run. Raises ConfigError or DataError with one line.
    """
    codec, data = subject.codec, subject.dataset
    assert isinstance(codec, Translations)
    if split not in SPLITS:
        raise ConfigError(f"split must be test or validation, got '{split}'")
    sources: dict[str, Source] = {"test": data.test, "validation": data.validation}
    source = sources[split]
    if len(source) < 2:
        raise DataError(
            f"the {split} split has {len(source)} records, at least 2 are needed; add data or try --split "
            f"{SPLITS[split]}"
        )
    if count is not None and count < 2:
        raise ConfigError(f"count must be at least 2, got {count}")
    rows = rows_of(source, min(count or COUNT, len(source)), split)
    eye, notes = fitting(subject, extractor, len(rows), notify)
    check(eye)
    spare = sources[SPLITS[split]]
    paired, backbone, style = codec.paired, apart(subject.model.run), strokes(subject.model.run)
    with torch.random.fork_rng(devices=[]):
        scored = score(
            subject.model.network, codec, source, eye, open_backbone(backbone) if paired or style else None, rows,
            stages=stages(subject.folder), tuning=spare if len(spare) else None, paired=paired, picture=style,
            notify=notify,
        )  # fmt: skip
    sets = Sets({}, {}) if style else _sets(subject, eye, scored, k, paired)
    return {
        "protocol": protocol(
            eye.record(),
            len(rows),
            f"the targets of {len(rows):,} records of the {split} split",
            split,
            len(data.train),
            k,
            backbone=backbone,
        ),
        "metrics": _metrics(scored, sets, eye.name),
        "translated": _tables(scored, eye.name) | {"sheet": draw(subject, scored)},
        "findings": [each._asdict() for each in findings(scored, eye.name)],
        "notes": [*notes, *scored.notes, *_told(len(rows), paired, aimed(subject.model.run))],
    }


def fitting(subject: Subject, text: str, count: int, notify: Notify) -> tuple[Extractor, list[str]]:
    """The extractor a user asked for, with no more features than `count` pictures have something to say about."""
    data, codec = subject.dataset, subject.codec
    assert isinstance(codec, Translations)
    channels, *_, height, width = codec.output.spec.shape
    shape = channels, height, width  # of clips, their frames are looked at
    extractor: Extractor
    if text.strip() == "own":
        rows = rows_of(data.train, min(len(data.train), TRAIN_MOST), "train")
        labels = labels_of(data.train, rows) if data.classes else None
        parts = targets(codec, data.train, rows)
        extractor = own.train(parts, shape, labels, data.classes, folder=cache_folder(), notify=notify)
    else:
        extractor = pick(text, shape, data=subject.model.run.data, cache=cache_folder())
    rows = rows_of(data.train, min(len(data.train), ROWS), "train")
    probe = extract(extractor, targets(codec, data.train, rows))
    if count > probe.shape[1]:
        return extractor, []
    note = f"{count} pictures are too few for {probe.shape[1]} features: their main directions are used"
    return Shrunk.of(extractor, probe, count), [note]


def aimed(run: Run) -> str:
    """The file of the picture whose style a run aims at; empty without one."""
    return next((each.picture for each in run.terms if isinstance(each, Gram) and each.picture), "")


def strokes(*runs: Run) -> tuple[Backbone, Backbone] | None:
    """What sees style, and the picture that the first run aims at; None where it aims at none.

    Raises DataError when the picture cannot be read.
    """
    picture = aimed(runs[0])
    return (open_backbone(apart(*runs, kind=STROKES)), open_backbone(PICTURE + picture)) if picture else None


def apart(*runs: Run, kind: str = PLACES) -> str:
    """The network whose maps the feature distance compares: one that no run was trained against.

    Random weights need no file, and tell blur from a slight shift.
    """
    trained = {getattr(term, "extractor", "") for run in runs for term in run.terms}
    return next(name for name in (f"{kind}:{seed}" for seed in itertools.count(1)) if name not in trained)


def stages(folder: Path) -> dict[str, nn.Module]:
    """Networks that a run kept on its way, by name; raises CheckpointError when one was altered."""
    kept = sorted(path.parent for path in (folder / STAGES).glob(f"*/{PAGE}"))
    return {path.name: Model.load(path).network for path in kept}


def draw(subject: Subject, scored: Scored) -> dict[str, Any]:
    """Rows of input, best baseline, output and target of held-out pictures, as samples/restored.png.

    Raises CheckpointError when it cannot be written.
    """
    codec, rival = subject.codec, best(scored.baselines)
    sides = {"input": scored.inputs}
    if rival is not None and not np.array_equal(rival.shown, scored.inputs):
        sides[rival.name] = rival.shown
    if scored.stage is not None:
        sides[scored.stage.name] = scored.stage.shown
    sides["output"] = scored.model.shown
    if not np.array_equal(scored.targets, scored.inputs):
        sides["target"] = scored.targets
    together = np.stack(list(sides.values()), 1)[:SHOWN]
    sheet = codec.output.preview(together.reshape(-1, *together.shape[2:]), len(sides))
    data = io.BytesIO()
    Image.fromarray(sheet).save(data, "PNG")
    path = subject.folder / "samples" / SHEET
    path.parent.mkdir(exist_ok=True)
    write_atomic(path, data.getvalue())
    return {"file": SHEET, "columns": list(sides)}


def _sets(subject: Subject, extractor: Extractor, scored: Scored, k: int, paired: bool) -> Sets:
    """How the outputs lie among the targets, and how as many training targets do, which are real.

    Outputs that have the very targets for a model may come nearer than other real pictures do: with pairs no floor.
    """
    mine = _compared(scored.features, scored.model.features, k)
    if paired:
        return Sets(mine, {})
    train = subject.dataset.train
    rows = rows_of(train, min(len(train), len(scored.features)), "train")
    assert isinstance(subject.codec, Translations)
    real = extract(extractor, targets(subject.codec, train, rows))
    return Sets(mine, _compared(scored.features, real, k))


def _compared(real: Tensor, fake: Tensor, k: int) -> dict[str, float]:
    count = min(len(real), len(fake))
    real, fake = real[:count], fake[:count]
    near = coverage.prdc(real, fake, k=min(k, count - 1))
    found = {"frechet": frechet_distance(real, fake), "precision": near.precision, "coverage": near.coverage}
    return {name: value for name, value in found.items() if math.isfinite(value)}


def _metrics(scored: Scored, sets: Sets, extractor: str) -> list[dict[str, Any]]:
    """The model's own numbers, in the form that every evaluation has."""
    rows = []
    for name, measure in MEASURES.items():
        if name in scored.model.values:
            row = {"name": name, "label": measure.label, "better": measure.better, "ideal": measure.ideal}
            row |= scored.model.values[name]._asdict() | {"floor": None, "copycat": None}
            rows.append(row | {"note": scored.protocols[name]})
    for name, value in sets.values.items():
        distance = name == "frechet"
        row = {"name": name, "label": f"FD({extractor})" if distance else name}
        row |= {"better": "lower" if distance else "higher", "ideal": 0.0 if distance else None}
        row |= {"value": value, "low": None, "high": None, "floor": sets.floor.get(name), "copycat": None}
        rows.append(row | {"note": "outputs against targets, as sets"})
    return rows


def _tables(scored: Scored, extractor: str) -> dict[str, Any]:
    """Every method with every number, and the differences on the same pictures."""
    labels = {name: measure.label for name, measure in MEASURES.items()} | {"frechet": f"FD({extractor})"}
    names = [name for name in labels if name in scored.model.values]
    better = {name: MEASURES[name].better if name in MEASURES else "lower" for name in names}
    return {
        "columns": [{"name": name, "label": labels[name], "better": better[name]} for name in names],
        "rows": [
            {
                "name": row.name,
                "kind": row.kind,
                "line": row.line,
                "values": {name: row.values[name]._asdict() for name in names if name in row.values},
            }
            for row in scored.rows
        ],
        "differences": [
            {"first": each.first, "second": each.second, "metric": each.metric, **each.estimate._asdict()}
            for each in differences(scored)
        ],
    }


def _told(count: int, paired: bool, style: str) -> list[str]:
    notes = ["1 training seed"]
    if style:
        notes.append(f"inputs have no targets here: style is that of {style}, content that of the input")
    elif paired:
        notes.append(f"intervals are over pictures (resampled); PSNR of a picture is at most {CEILING:g} dB")
    else:
        notes.append("inputs have no targets of their own here, so only the sets are compared")
    if count < FEWEST:
        notes.append(f"{count} pictures are too few for intervals")
    return notes
