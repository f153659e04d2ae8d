"""Health: how often a run is judged, on how many samples, and what may be done about what is found."""

from typing import Literal

from pydantic import Field

from ..settings import Settings


class Health(Settings):
    """What a run does to know how it fares. Judging moves no random generator and no weight of the run."""

    judgements: int = Field(default=40, ge=0, le=10_000)
    """Times the averaged generator is compared with held-out data, evenly over the run, beside a few early ones; 0
    turns it off."""
    apart: int = Field(default=50, ge=1)
    """Rounds from one judgement to the next, at least: it takes as long as about six of them."""
    samples: int = Field(default=512, ge=32, le=50_000)
    """Samples drawn for a judgement; fewer in a run that is short itself."""
    extractor: str = "auto"
    """Features that are compared: auto, a name, or name:FILE."""
    choose_by: Literal["distance", "psnr", "ssim", "l1", "last"] = "distance"
    """What the best generator is best by: closeness in features, or where each output has a target, likeness to it.
    With `distance` such a run ships its last generator: an adversarial stage pays pixels for texture on purpose. `last`
    ships the last one always, as a run has to that is paid for leaving its data behind."""
    remedies: int = Field(default=3, ge=0, le=100)
    """Most remedies in a run, such as halving a learning rate; 0 only tells what is wrong."""
    until: Literal["budget", "converged"] = "budget"
    """When to end: with the budget, or as soon as nothing improves any more and every signal is healthy."""
