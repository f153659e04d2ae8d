"""Forecasts: samples of the rest of held-out windows, given their past, beside two that need no network."""

from typing import Any

import numpy as np
import torch

from ...domains.base import Raw
from ...domains.series import Steps
from ...metrics.series import coverage, crps
from ...training import sampling
from ...training.feed import held
from ..own_kind import Ask
from ..subject import Subject
from .sets import Windows, shares

SAMPLES, QUICK, FULL = 50, 100, 500
"""Samples of each forecast; forecasts in a quick look and in a full one."""
LEVEL = 0.9
LINES = {
    "generated": "the model's samples",
    "moves of the past": "the last value, and moves from there as training windows had them",
    "any window": "the same steps of training windows, whatever the past was",
}


def forecasts(subject: Subject, ask: Ask) -> dict[str, Any] | None:
    """CRPS and coverage of the model and of both baselines; None where nothing is given or held out."""
    codec, data = subject.codec, subject.dataset
    assert isinstance(codec, Steps)
    source = data.test if ask.split == "test" else data.validation
    if codec.given != "past" or not len(source):
        return None
    rows = source.spread(FULL if ask.learn else QUICK)
    ask.notify(f"forecasting {len(rows)} held-out windows, {SAMPLES} samples each")
    whole = shares(codec, source.fetch(rows).x)
    past, came = whole[:, :, : codec.past], whole[:, :, codec.past :]
    train = shares(codec, data.train.fetch(data.train.some(5000, 3)).x)
    found = {
        "generated": _generated(subject, codec, held(source, rows, codec).c),
        "moves of the past": _moves(past, train),
        "any window": _any(train[:, :, codec.past :], len(came)),
    }
    columns = ["CRPS", f"within {LEVEL:.0%}", *(f"CRPS of {name}" for name in codec.names[: came.shape[1]])]
    told = [_row(name, samples, came) for name, samples in found.items()]
    lead = (
        f"{len(came)} windows of the {ask.split} split: {codec.past} steps given, {came.shape[2]} forecast, {SAMPLES} "
        "samples each. CRPS (Gneiting & Raftery, 2007) in shares of the range, 0 is best; what came lies "
        f"within the central {LEVEL:.0%} of samples as often as that, where they are right."
    )
    return {"title": "Forecasts", "lead": lead, "columns": columns, "rows": told}


def _row(name: str, samples: Windows, came: Windows) -> dict[str, Any]:
    scores, inside = crps(samples, came), coverage(samples, came, LEVEL)
    values = [float(np.nanmean(scores)), float(np.nanmean(inside)), *(float(each) for each in scores)]
    return {"name": name, "line": LINES[name], "values": values}


def _generated(subject: Subject, codec: Steps, c: torch.Tensor | None) -> Windows:
    """(N, S, C, T) for pasts c (N, R)."""
    assert c is not None
    model = subject.model
    z = sampling.latents(model.run.latents, model.run.generator.latent, len(c) * SAMPLES, seed=0)
    records: Raw = model.decode(sampling.joined(z, c.repeat_interleave(SAMPLES, 0)))
    found = shares(codec, records)
    return found.reshape(len(c), SAMPLES, *found.shape[1:])


def _moves(past: Windows, train: Windows) -> Windows:
    """What training windows moved from their own last given step on, set on the last value of each past."""
    rng, steps = np.random.default_rng(11), past.shape[2]
    chosen = rng.integers(len(train), size=(len(past), SAMPLES))
    moved = train[chosen][..., steps:] - train[chosen][..., steps - 1 : steps]
    return np.asarray(past[:, None, :, -1:] + moved)


def _any(rest: Windows, count: int) -> Windows:
    return np.asarray(rest[np.random.default_rng(12).integers(len(rest), size=(count, SAMPLES))])
