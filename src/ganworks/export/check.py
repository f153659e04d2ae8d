"""Whether another runtime computes what torch computes, on random inputs, before a file is kept."""

from collections.abc import Callable

import torch
from torch import Tensor

from ..model import Model
from ..settings import ConfigError, printable
from .program import Program

BOUND = 1e-4
"""How far a number may lie from torch's, as a share of it where it is above 1."""
BATCHES = (1, 3, 64)
ASTRAY = 0.02
"""Share of written lines that may differ: a lot on the border of two tokens falls either way."""

Computed = Callable[[tuple[Tensor, ...]], Tensor]


@torch.no_grad()
def agree(what: str, model: Model, program: Program, exact: Program, compute: Computed) -> float:
    """The largest difference from `exact`, over three batches and, where sides are the user's, a second size.

    Raises ConfigError when it is above the bound, or another shape comes out.
    """
    resizable = any(axis.name for each in program.inputs for axis in each.axes)
    written = program.inputs[-1].name == "u"
    rounds = [(batch, 0) for batch in BATCHES] + ([(2, 2)] if resizable else [])
    worst = 0.0
    for seed, (batch, larger) in enumerate(rounds):
        given = program.examples(model, batch, seed, larger)
        want, got = exact.module(*given), compute(given)
        if got.shape != want.shape:
            raise _refused(what, f"draws samples of shape {list(got.shape)} for {list(want.shape)}")
        apart = ((got - want).abs() / want.abs().clamp(min=1)).flatten(1)
        if written:
            strays = (apart.amax(1) > 0).float().mean().item()
            if strays > max(ASTRAY, 1 / batch if batch > 3 else 0):
                raise _refused(what, f"writes {strays:.0%} of the lines otherwise")
            continue
        most = apart.max().item()
        if not most <= BOUND:  # so written that NaN is refused too
            raise _refused(what, f"differs by {most:.2g}, at most {BOUND:.0e} is kept")
        worst = max(worst, most)
    return worst


def reason_of(error: BaseException) -> str:
    """What an exporter or compiler found in the end, below all that it says around it, on one line."""
    while error.__cause__ is not None:
        error = error.__cause__
    return printable(" ".join(str(error).split()) or type(error).__name__)[:160]


def _refused(what: str, why: str) -> ConfigError:
    return ConfigError(f"the {what} of this model {why}; nothing was kept, use --to folder")
