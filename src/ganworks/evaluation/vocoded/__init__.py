"""Evidence about sound made from spectra: each held-out recording anew, beside what needs no learning."""

import time
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from ...domains.base import Source
from ...domains.vocoder import Vocoded
from ...metrics.intervals import interval
from ...metrics.sound.spectral import DECIBELS, mel_distance, spectral_distance
from ...settings import ConfigError, DataError
from ..bench import CONFIDENCE, protocol
from ..subject import Notify, Subject
from .show import shown

COUNT = 200
"""Held-out pieces that are made anew where nobody asks for another number."""
CLIPS = 4
"""Recordings that are played and shown."""
HALF, WHOLE = 0.5, 1.0
"""Of Griffin-Lim's distance: up to HALF good, above WHOLE broken."""
REAL_TIME = 1.0
MODEL, CLASSICAL, PLAIN = "vocoder", "Griffin-Lim, 32", "classic Griffin-Lim, 32"
MENDED, UNMENDED = "Griffin-Lim, 32, mended", "network alone"
NOISE, INPUT = "random phases", "input"

Make = Callable[[Tensor], Tensor]


class Method(NamedTuple):
    line: str
    mel: list[float]
    spectral: list[float]
    sounds: list[Tensor]
    seconds: float
    """Of processor time that making all of them took; 0 where nothing was made."""


def evidence(subject: Subject, count: int | None, split: str, notify: Notify) -> dict[str, Any]:
    """The page of an evaluation: `metrics` about the model, and under `domain` every method beside it, with sounds.

    Writes spectrograms and recordings under the run's samples. Raises ConfigError or DataError with one line.
    """
    codec = subject.codec
    assert isinstance(codec, Vocoded)
    real = _held_out(subject, count, split)
    notify(f"making {len(real)} held-out sounds anew, and by Griffin-Lim beside")
    with torch.random.fork_rng(devices=[]):
        given = [codec.heard(each, fixed=True) for each in real]
        methods = _methods(subject, codec, real, given)
    seconds = sum(each.shape[1] for each in real) / codec.mel.rate
    examples = {name: each.sounds[:CLIPS] for name, each in methods.items()}
    files = shown(subject.folder / "samples", {"recording": [x[0] for x in real[:CLIPS]], **examples}, codec.mel)
    return {
        "protocol": protocol(
            {"name": _bands(codec), "sha256": "no network", "licence": "no weights"},
            len(real),
            f"{len(real):,} pieces of recordings of the {split} split",
            split,
            len(subject.dataset.train),
        ),
        "metrics": _metrics(methods),
        "classes": None,
        "neighbours": None,
        "domain": {"name": "vocoder", "tables": [_table(methods, seconds)], **files},
        "findings": _findings(methods, seconds),
        "notes": [f"times are of a processor, {torch.get_num_threads()} threads added up", "1 training seed"],
    }


def _held_out(subject: Subject, count: int | None, split: str) -> list[Tensor]:
    """Pieces (1, T) of held-out recordings, without what fills them up."""
    sources: dict[str, Source] = {"test": subject.dataset.test, "validation": subject.dataset.validation}
    if split not in sources:
        raise ConfigError(f"split must be test or validation, got '{split}'")
    source = sources[split]
    if len(source) < 3:
        raise DataError(f"the {split} split has {len(source)} pieces of sound, at least 3 are needed; add recordings")
    if count is not None and count < 3:
        raise ConfigError(f"count must be at least 3, got {count}")
    raw = source.fetch(source.spread(count or COUNT)).x
    ends = [int(np.flatnonzero(each)[-1]) + 1 if each.any() else 0 for each in raw]
    pieces = [each[:end].astype(np.float32) / 32768 for each, end in zip(raw, ends, strict=True) if end]
    return [torch.from_numpy(each)[None] for each in pieces]


def _methods(subject: Subject, codec: Vocoded, real: list[Tensor], given: list[Tensor]) -> dict[str, Method]:
    network = subject.model.network.eval()

    @torch.no_grad()
    def draw(c: Tensor) -> Tensor:
        return codec.compose(network(c.new_zeros(1, 0), c), c)[:, 0].clamp(-1, 1)

    @torch.no_grad()
    def raw(c: Tensor) -> Tensor:
        made: Tensor = network(c.new_zeros(1, 0), c)[:, 0]
        return made.clamp(-1, 1)

    methods = {
        MODEL: _method("this run, from the mel bands", codec, real, given, draw),
        CLASSICAL: _method(
            "from the same bands by least squares and 32 iterations (Perraudin et al., 2013)", codec, real, given,
            codec.classical,
        ),
        MENDED: _method(
            "Griffin-Lim with its bands mended as the run's are", codec, real, given,
            lambda c: codec.compose(codec.classical(c)[:, None], c)[:, 0],
        ),
        PLAIN: _method(
            "the same as first published (Griffin and Lim, 1984)", codec, real, given,
            lambda c: codec.classical(c, momentum=0.0),
        ),
        UNMENDED: _method("this run, before its bands are mended", codec, real, given, raw),
        NOISE: _method(
            "the same magnitudes, phases drawn at random", codec, real, given, lambda c: codec.classical(c, 0)
        ),
    }  # fmt: skip
    if codec.spoil != "nothing":
        heard = iter([codec.spoilt(each, fixed=True) for each in real])
        methods[INPUT] = _method("the spoilt sound as it came", codec, real, given, lambda c: next(heard))
    return methods


def _method(line: str, codec: Vocoded, real: list[Tensor], given: list[Tensor], make: Make) -> Method:
    begun = time.process_time()
    made = [make(c)[:, : x.shape[1]] for x, c in zip(real, given, strict=True)]
    taken = time.process_time() - begun
    pairs = list(zip(real, made, strict=True))
    mel = [float(mel_distance(x, y, codec.mel)) for x, y in pairs]
    return Method(line, mel, [float(spectral_distance(x, y)) for x, y in pairs], [y[0] for _, y in pairs], taken)


def _metrics(methods: dict[str, Method]) -> list[dict[str, Any]]:
    rows = []
    for name, label, note in (
        ("mel", "log-mel distance, nats", "mean absolute difference of the log mel bands it was made from"),
        ("spectral", "spectral distance", "spectral convergence and log magnitudes, windows of 256, 512 and 1,024"),
    ):
        values = getattr(methods[MODEL], name)
        found = interval(values, CONFIDENCE)._asdict()
        beside = {"floor": None, "copycat": None}
        row = {"name": name, "label": label, "better": "lower", "ideal": 0.0, "note": note}
        rows.append(row | found | beside)
    return rows


def _table(methods: dict[str, Method], seconds: float) -> dict[str, Any]:
    rows = []
    for name, each in methods.items():
        mel = float(np.mean(each.mel))
        quick = f"{seconds / each.seconds:,.0f} x" if name != INPUT and each.seconds > 0 else "-"
        values = [mel, mel * DECIBELS, float(np.mean(each.spectral)), quick]
        rows.append({"name": name, "line": each.line, "values": values})
    return {
        "title": "Held-out recordings made anew",
        "lead": "Distances to the recording, 0 is best; and the seconds of sound that a second of one core makes.",
        "columns": ["log-mel, nats", "log-mel, dB", "spectral", "faster than real time"],
        "rows": rows,
    }


def _findings(methods: dict[str, Method], seconds: float) -> list[dict[str, str]]:
    distance = {name: float(np.mean(each.mel)) for name, each in methods.items()}
    # Mended as the run's own sounds are: against less, it would be the mending that wins.
    rival = min((CLASSICAL, MENDED, PLAIN), key=distance.__getitem__)
    mine = distance[MODEL]
    share = mine / max(distance[rival], 1e-12)
    level = "good" if share <= HALF else "warning" if share <= WHOLE else "alarm"
    line = f"log-mel distance {mine:.3f} nats is {share:.2f} of what needs no learning ({rival}: {distance[rival]:.3f})"
    line += f" and {mine / max(distance[PLAIN], 1e-12):.2f} of {PLAIN}'s ({distance[PLAIN]:.3f})"
    line += "; a vocoder that loses to it is broken: train longer" if share > WHOLE else ""
    found = [{"kind": "baselines", "level": level, "line": line}]
    if INPUT in methods:
        spoilt = float(np.mean(methods[INPUT].mel))
        told = f"the spoilt sounds were {spoilt:.3f} nats from the clean ones, what came out {mine:.3f}"
        found[0] = {"kind": "baselines", "level": "good" if mine < spoilt else "alarm", "line": f"{told}; {line}"}
    times = seconds / max(methods[MODEL].seconds, 1e-9)
    quick = f"{times:,.0f} times faster than real time, of one core"
    found.append({"kind": "stages", "level": "good" if times >= REAL_TIME else "warning", "line": quick})
    return found


def _bands(codec: Vocoded) -> str:
    mel = codec.mel
    return f"{mel.bands} mel bands to {mel.top:g} Hz, window {mel.window}, hop {mel.hop}, {mel.rate} Hz"
