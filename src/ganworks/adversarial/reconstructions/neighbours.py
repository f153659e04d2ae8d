"""Cells beside each other that the data never has beside each other."""

from typing import Annotated, Literal

import torch
from torch import Tensor

from ...schedule import Cosine, Number
from ...search import Search
from ...settings import ConfigError
from ...spec import Span
from ..turn import Term, Turn


class Neighbours(Term):
    """How many cells of a grid stand left of, or above, one that the training data never has there.

    Counted by the likeliest channel of each cell, and paid in proportion to how sure the two are, so that whoever is
    less sure gives way. What stands there instead is left to the discriminator; so is what is there at all, which is
    why the cost rises late: at once, it would keep rare channels away for ever.
    """

    name: Literal["neighbours"] = "neighbours"
    player = "generator"
    weight: Annotated[Number, Search(1 / 10, 10)] = Cosine(start=0.0, end=1.0, begin=0.1, until=0.5)
    """Cost of two cells that never meet in the data."""

    def cost(self, turn: Turn) -> Tensor:
        span = _span(turn)
        likely = turn.fake * (turn.fake == turn.fake.amax(1, keepdim=True))
        right, below = (_never(rows, likely) for rows in (span.right, span.below))
        across = _met(likely[:, :, :, :-1], likely[:, :, :, 1:], right)
        return across + _met(likely[:, :, :-1], likely[:, :, 1:], below)


def _met(one: Tensor, other: Tensor, never: Tensor) -> Tensor:
    """The sum over cells of who never meets, (B,)."""
    return (torch.einsum("bihw,ij->bjhw", one, never) * other).flatten(1).sum(1)


def _never(rows: tuple[str, ...], like: Tensor) -> Tensor:
    return torch.tensor([[float(each == "0") for each in row] for row in rows], device=like.device, dtype=like.dtype)


def _span(turn: Turn) -> Span:
    """The one span of a grid, with its neighbours. Raises ConfigError where the data's are not known."""
    found = [getattr(each, "spans", ()) for each in turn.generator.modules()]
    spans: tuple[Span, ...] = next((each for each in found if each), ())
    if turn.fake.ndim != 4 or len(spans) != 1 or not (spans[0].right and spans[0].below):
        raise ConfigError(
            f"the term neighbours wants grids of tiles, got samples of shape {tuple(turn.fake.shape[1:])}; leave it "
            "out of terms, or set domain.name=grid"
        )
    return spans[0]
