"""Evidence about a converter of sound: how near it comes to B, whether that is heard, and what is kept of the input."""

from typing import Any

import torch
from torch import Tensor

from ...domains.image.cache import cache_folder
from ...domains.voices import Converted
from ...metrics.frechet import frechet_distance, shortage
from ...metrics.intervals import interval
from ...metrics.sound.listener import Listener
from ...metrics.sound.traits import pitch, statistics
from ...settings import DataError
from ..bench import CONFIDENCE, protocol
from ..subject import Notify, Subject
from ..vocoded.show import shown
from .sets import BACK, COPY, EQUALISER, FLOOR, LINES, MODEL, TARGET, Sets, sets

CLIPS = 6
"""Recordings that are played and shown."""
TRUSTED = 0.9
"""Share of held-out recordings that a listener has to name rightly before its word counts."""
KEPT, LOST = 0.8, 0.5
"""Correlation of loudness with the input's: from KEPT on good, below LOST alarming."""
WINDOW = 0.02
"""Seconds over which loudness is told."""
OF_INPUTS = (MODEL, COPY, BACK, EQUALISER)


def evidence(subject: Subject, count: int | None, split: str, learn: bool, notify: Notify) -> dict[str, Any]:
    """The page of an evaluation. Without `learn` few sounds are compared, and nobody listens.

    Writes sounds and spectra under the run's samples. Raises ConfigError or DataError with one line.
    """
    codec, notes = subject.codec, ["1 training seed"]
    assert isinstance(codec, Converted)
    rate = codec.mel.rate
    with torch.random.fork_rng(devices=[]):
        every = sets(subject, count, split, not learn, notify)
        listener = _listener(every, rate, notes, notify) if learn else None
    if not learn:
        notes.append("nobody listened after the training; ganworks evaluate has it heard")
    real = statistics(every.held, rate)
    if short := shortage(real, real):
        notes.append(f"FD(log-mel statistics): {short}")
    distances = {name: frechet_distance(real, statistics(x, rate)) for name, x in every.made.items()}
    heard = {name: _as_target(listener, x) for name, x in every.made.items()} if listener else {}
    kept = {name: follows(every.made[COPY], every.made[name], rate) for name in OF_INPUTS}
    examples = {name: list(every.made[name][:CLIPS]) for name in (COPY, MODEL, EQUALISER, TARGET)}
    files = shown(subject.folder / "samples", examples, codec.mel)
    return {
        "protocol": protocol(
            {"name": f"log-mel statistics at {rate} Hz", "sha256": "no network", "licence": "no weights"},
            len(every.held),
            f"{len(every.held):,} recordings of B of the {split} split",
            split,
            len(subject.dataset.train),
        ),
        "metrics": _metrics(distances, heard, kept[MODEL]),
        "classes": None,
        "neighbours": None,
        "domain": {"name": "voices", "tables": [_table(every, distances, heard, kept, rate)], **files},
        "findings": _findings(distances, heard, float(kept[MODEL].mean())),
        "notes": notes,
    }


def follows(given: Tensor, made: Tensor, rate: int) -> Tensor:
    """Correlation of loudness over time of sounds (N, T) with that of others: (N,), 1 where both rise alike."""
    step = max(1, round(WINDOW * rate))

    def loud(x: Tensor) -> Tensor:
        power = x[:, : x.shape[1] // step * step].reshape(len(x), -1, step).square().mean(2)
        decibels = 10 * (power / power.amax(1, keepdim=True).clamp_min(1e-12)).clamp_min(1e-4).log10()
        centred: Tensor = decibels - decibels.mean(1, keepdim=True)
        return centred

    one, other = loud(given), loud(made)
    scale = (one.square().sum(1) * other.square().sum(1)).sqrt().clamp_min(1e-9)
    found: Tensor = (one * other).sum(1) / scale
    return found


def _listener(every: Sets, rate: int, notes: list[str], notify: Notify) -> Listener | None:
    x = torch.cat(every.learnt)
    labels = torch.cat([torch.full((len(each),), side) for side, each in enumerate(every.learnt)])
    try:
        found = Listener.learn(x, labels, 2, rate, cache_folder(), notify=notify)
    except DataError as error:
        notes.append(str(error))
        return None
    known = (_as_target(found, every.held) + 1 - _as_target(found, every.made[COPY])) / 2
    notes.append(f"the listener that tells A from B names {known:.1%} of held-out recordings rightly")
    if known < TRUSTED:
        notes.append("such a listener says little: the sides are too alike, or too few")
    return found


def _as_target(listener: Listener, x: Tensor) -> float:
    return listener.share(x, torch.ones(len(x), dtype=torch.int64))


def _metrics(distances: dict[str, float], heard: dict[str, float], kept: Tensor) -> list[dict[str, Any]]:
    bare = {"low": None, "high": None, "copycat": None}
    rows: list[dict[str, Any]] = [
        {"name": "frechet", "label": "FD(log-mel statistics)", "better": "lower", "ideal": 0.0, **bare,
         "value": distances[MODEL], "floor": distances[FLOOR], "note": "converted against recordings of B, as sets"},
    ]  # fmt: skip
    if heard:
        rows.append(
            {"name": "heard", "label": "heard as B", "better": "higher", "ideal": 1.0, **bare,
             "value": heard[MODEL], "floor": heard[FLOOR], "note": "by a network that learnt to tell A from B"}
        )  # fmt: skip
    row = {"name": "kept", "label": "loudness kept", "better": "higher", "ideal": 1.0, "floor": None, "copycat": None}
    note = "correlation of loudness over time with the input's"
    return [*rows, row | interval(kept.tolist(), CONFIDENCE)._asdict() | {"note": note}]


def _table(
    every: Sets, distances: dict[str, float], heard: dict[str, float], kept: dict[str, Tensor], rate: int
) -> dict[str, Any]:
    rows = []
    for name, x in every.made.items():
        named = f"{heard[name]:.1%}" if heard else "-"
        alike = f"{float(kept[name].mean()):.3f}" if name in kept else "-"
        values = [distances[name], named, alike, _hertz(x, rate)]
        rows.append({"name": name, "line": LINES[name], "values": values})
    lead = (
        f"Sets of {len(every.held)} sounds against as many held-out recordings of B; which of the two sides a network "
        "that learnt to tell them hears; how alike loudness rises and falls with the input's; and median pitch, of B "
        f"{_hertz(every.held, rate)} Hz."
    )
    columns = ["FD(log-mel statistics)", "heard as B", "loudness kept", "pitch, Hz"]
    return {"title": "Held-out recordings converted", "lead": lead, "columns": columns, "rows": rows}


def _hertz(x: Tensor, rate: int) -> str:
    found = pitch(x, rate).nanmedian()
    return "-" if bool(found.isnan()) else f"{float(found):.0f}"


def _findings(distances: dict[str, float], heard: dict[str, float], kept: float) -> list[dict[str, str]]:
    mine, copy, equal = (distances[name] for name in (MODEL, COPY, EQUALISER))
    level = "alarm" if mine >= copy else "warning" if mine >= equal else "good"
    line = f"FD(log-mel statistics) to B is {mine:.4g}, that of the input as it is {copy:.4g}, "
    line += f"of an equaliser {equal:.4g}, of real B {distances[FLOOR]:.4g}"
    found = [{"kind": "baselines", "level": level, "line": line}]
    if heard:
        share, real = heard[MODEL], heard[TARGET]
        level = "good" if share >= TRUSTED * real else "warning" if share >= real / 2 else "alarm"
        line = f"{share:.1%} of converted sounds are heard as B, of B's own by the same way back {real:.1%}, "
        line += f"of the inputs {heard[BACK]:.1%}"
        found.append({"kind": "asked", "level": level, "line": line})
    level = "good" if kept >= KEPT else "warning" if kept >= LOST else "alarm"
    line = f"loudness over time follows the input's with a correlation of {kept:.3f}"
    return [*found, {"kind": "audio", "level": level, "line": line}]
