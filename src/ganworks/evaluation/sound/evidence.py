"""Evidence about a generator of sounds: tables, clips to play and their spectra to look at."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from ...domains.audio import Sounds
from ...domains.audio.wav import write_wav
from ...domains.image.cache import cache_folder
from ...metrics.frechet import frechet_distance, shortage
from ...metrics.sound.listener import Listener
from ...metrics.sound.traits import loudness, pitch, seconds, semitones, statistics
from ...metrics.transport import wasserstein
from ...settings import ConfigError, DataError
from ..findings import FEW, Finding, Level
from ..own_kind import Ask, Evidence
from ..subject import Subject
from .sets import Set, Sets, sets

CLIPS, CLIP_BYTES = 10, 200_000
"""Sounds that a report plays, and how large each may be there."""
TRUSTED = 0.9
"""Share of held-out recordings that a listener has to name rightly before its word on samples counts."""
GOOD, POOR = 0.9, 0.6
"""Share of samples as asked, over that of held-out recordings: from GOOD on good, below POOR alarming."""
NEAR, FAR = 5.0, 20.0
"""Distance over the floor: up to NEAR good, above FAR alarming."""
LINES = {
    "generated": "the model's own",
    "floor": "training recordings against held-out ones: no model can be asked for less",
    "there and back": "training recordings turned into spectra and back: what no generator can undo",
    "copycat": "training recordings with 0.5 % noise: a number it wins proves nothing",
    "noise": "noise with the mean spectrum, as long and as loud as recordings: what needs no network",
}


def evidence(subject: Subject, ask: Ask) -> Evidence:
    """Without `ask.learn` no listener learns; one that has learnt before is asked all the same."""
    codec = subject.codec
    if not isinstance(codec, Sounds):
        raise ConfigError("this evidence is of recordings, got another domain")
    every = sets(subject, ask)
    notes: list[str] = []
    listener = _listener(subject, codec, every, ask, notes)
    tables, findings = [], []
    if listener is not None:
        table, finding = _asked(every, listener)
        tables.append(table)
        findings.append(finding)
    distances, found = _distances(every, codec, listener, notes)
    tables.append(distances)
    findings += found
    tables.append(_traits(every, codec))
    if codec.shares and listener is not None:
        tables.append(_by_class(every, codec, listener))
    record: dict[str, Any] = {"tables": tables, **_shown(subject, codec, every)}
    return Evidence(record, tuple(findings), tuple(notes))


def _listener(subject: Subject, codec: Sounds, every: Sets, ask: Ask, notes: list[str]) -> Listener | None:
    x, labels, classes = every.learnt.x, every.learnt.labels, len(codec.classes)
    if labels is None:
        return None
    if not ask.learn and not Listener.at_hand(x, labels, classes, codec.rate, cache_folder()):
        notes.append("whether clips are what was asked for is not heard in short; ganworks evaluate has it heard")
        return None
    try:
        return Listener.learn(x, labels, classes, codec.rate, cache_folder(), notify=ask.notify)
    except DataError as error:
        notes.append(str(error))
        return None


def _asked(every: Sets, listener: Listener) -> tuple[dict[str, Any], Finding]:
    shares = {name: _mean(sounds, lambda each: _named(listener, each)) for name, sounds in _rows(every).items()}
    real, drawn = _named(listener, every.held), shares["generated"]
    shares = {"generated": drawn, "held out": real, **shares}  # in this order
    lines = {**LINES, "held out": "recordings it did not learn from: its own accuracy", "floor": "what it learnt from"}
    rows = [{"name": name, "line": lines[name], "values": [_percent(each)]} for name, each in shares.items()]
    lead = (
        "A small network learnt, from training recordings alone, to name their classes; here is the share of sounds it "
        "names as they were asked for, or as they are."
    )
    told = f"{_percent(drawn)} of generated sounds are heard as the class they were asked for, "
    told += f"of held-out recordings {_percent(real)}"
    level: Level = "good" if drawn >= GOOD * real else "alarm" if drawn < POOR * real else "warning"
    if real < TRUSTED:
        level, told = "warning", f"{told}: such a listener says little"
    table = {"title": "Heard as asked", "lead": lead, "columns": ["named rightly"], "rows": rows}
    return table, Finding("asked", level, told)


def _named(listener: Listener, sounds: Set) -> float:
    return math.nan if sounds.labels is None else listener.share(sounds.x, sounds.labels)


def _distances(
    every: Sets, codec: Sounds, listener: Listener | None, notes: list[str]
) -> tuple[dict[str, Any], list[Finding]]:
    """Fréchet distances in features with a name, of every set to the held-out recordings."""
    views: dict[str, Callable[[Tensor], Tensor]] = {"log-mel statistics": lambda x: statistics(x, codec.rate)}
    if listener is not None:
        views[listener.name] = lambda x: listener(x).features
    found: dict[str, dict[str, float]] = {}
    for view, features in views.items():
        real = features(every.held.x)
        short = shortage(real, real)
        notes += [f"FD({view}): {short}"] if short else []
        found[view] = {
            name: _mean(sounds, lambda each: frechet_distance(real, features(each.x)))  # noqa: B023  called at once
            for name, sounds in _rows(every).items()
        }
    rows = [
        {"name": name, "line": LINES[name], "values": [found[view][name] for view in found]} for name in _rows(every)
    ]
    lead = (
        f"Fréchet distance to {len(every.held.x):,} held-out recordings, as many in each row; the mean of "
        f"{len(every.generated)} regenerations, of {len(every.floors)} draws for the floor. Named after the features; "
        "compare within a column only."
    )
    table = {"title": "Distances", "lead": lead, "columns": [f"FD({view})" for view in found], "rows": rows}
    few = len(every.held.x) < FEW
    return table, [_near(view, values, few) for view, values in found.items()]


def _near(view: str, values: dict[str, float], few: bool) -> Finding:
    times = values["generated"] / max(values["floor"], 1e-12)
    level: Level = "good" if times <= NEAR else "warning" if times <= FAR else "alarm"
    told = f"FD({view}) {values['generated']:.4g} is {times:.1f} times what real against real has "
    told += f"({values['floor']:.4g})"
    return Finding("audio", "warning", f"{told}, of too few to judge") if few else Finding("audio", level, told)


def _traits(every: Sets, codec: Sounds) -> dict[str, Any]:
    """Pitch, loudness and length of every set against the held-out recordings."""
    of: dict[str, Callable[[Tensor], Tensor]] = {
        "pitch, semitones": lambda x: semitones(pitch(x, codec.rate)),
        "loudness, dB": lambda x: loudness(x, codec.rate),
        "length, s": lambda x: seconds(x, codec.rate),
    }
    real = {name: trait(every.held.x) for name, trait in of.items()}
    rows = [
        {
            "name": name,
            "line": LINES[name],
            "values": [
                *(_apart(sounds, real[what], trait) for what, trait in of.items()),
                _percent(_mean(sounds, lambda each: float((~pitch(each.x, codec.rate).isnan()).double().mean()))),
            ],
        }
        for name, sounds in _rows(every).items()
    ]
    voiced = _percent(float((~real["pitch, semitones"].isnan()).double().mean()))
    lead = (
        "Mean distance between the quantiles of a set and of held-out recordings (Wasserstein-1): median pitch of what "
        f"is voiced, loudness of what is audible, and how long that is. {voiced} of held-out recordings have a pitch."
    )
    return {"title": "Pitch, loudness and length", "lead": lead, "columns": [*of, "with a pitch"], "rows": rows}


def _apart(sounds: list[Set], real: Tensor, trait: Callable[[Tensor], Tensor]) -> float | None:
    """None where a set has nothing to compare, such as no pitch at all."""
    found = _mean(sounds, lambda each: wasserstein(real.numpy(), trait(each.x).numpy()))
    return None if math.isnan(found) else found


def _by_class(every: Sets, codec: Sounds, listener: Listener) -> dict[str, Any]:
    known = [each.labels for each in every.generated if each.labels is not None]
    generated = Set(torch.cat([each.x for each in every.generated]), torch.cat(known))
    rows = []
    for number, name in enumerate(codec.classes):
        values = []
        for sounds in (generated, every.held):
            assert sounds.labels is not None
            mine = sounds.labels == number
            named = listener.share(sounds.x[mine], sounds.labels[mine]) if mine.any() else math.nan
            values += [int(mine.sum()), _percent(named)]
        rows.append({"name": name, "line": "", "values": values})
    lead = "The same, class by class: how many sounds, and the share that is named rightly."
    columns = ["generated", "heard as asked", "held out", "named rightly"]
    return {"title": "Class by class", "lead": lead, "columns": columns, "rows": rows}


def _rows(every: Sets) -> dict[str, list[Set]]:
    found = {"generated": every.generated, "floor": every.floors}
    if every.there_and_back is not None:
        found["there and back"] = [every.there_and_back]
    return {**found, "copycat": [every.copycat], "noise": [every.noise]}


def _mean(sounds: list[Set], of: Callable[[Set], float]) -> float:
    return float(np.mean([of(each) for each in sounds]))


def _percent(share: float) -> str:
    return "-" if math.isnan(share) else f"{100 * share:.1f} %"


def _shown(subject: Subject, codec: Sounds, every: Sets) -> dict[str, Any]:
    """Clips under the run's `samples/`, a class after the other, and one sheet of their spectra above real ones."""
    classes = codec.classes if codec.shares else ()
    count = max(CLIPS, min(len(classes), 12)) if classes else CLIPS
    asked = [classes[i % len(classes)] for i in range(count)] if classes else [None] * count
    records = np.concatenate(
        [subject.model.generate(1, seed=0, first=i, condition=name) for i, name in enumerate(asked)]
    )
    folder = Path(subject.folder) / "samples"
    most = CLIP_BYTES // (2 * codec.channels)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        sounds = []
        for i, (record, name) in enumerate(zip(records, asked, strict=True)):
            path = write_wav(folder / f"clip-{i:02d}.wav", record[:, :most], codec.rate)
            caption = f"seed 0, number {i}" + (", its beginning" if record.shape[1] > most else "")
            sounds.append(
                {"title": f"asked for {name}" if name else f"clip {i}", "file": path.name, "caption": caption}
            )
        real = (every.held.x[:count, None].numpy() * 32768).astype(np.int16)
        columns = math.ceil(count / 2)
        sheets = [codec.preview(records, columns), codec.preview(np.repeat(real, codec.channels, 1), columns)]
        width = max(each.shape[1] for each in sheets)
        sheets = [np.pad(each, ((0, 8), (0, width - each.shape[1]), (0, 0)), constant_values=255) for each in sheets]
        Image.fromarray(np.concatenate(sheets)).save(folder / "spectra.png")
    except OSError:
        return {}
    caption = (
        f"Mel spectra, low notes below, with waveforms: the {count} clips above, as many held-out recordings below."
    )
    return {"sounds": sounds, "pictures": [{"title": "Spectra", "file": "spectra.png", "caption": caption}]}
