"""What was asked of some columns and what was drawn there: the condition's own values against the sample's."""

from typing import Literal

import torch
from torch import Tensor

from ...settings import ConfigError
from ...spec import Span
from ..turn import Term, Turn

LEAST = 1e-20
"""Share of a category below which being wrong costs no more; float32 has no logarithm of what underflowed."""


class AskedFor(Term):
    """How far asked columns are from what was asked: cross-entropy of categories, squared error of numbers, averaged
    over the spans that were asked; nothing where none was. Xu et al. (2019), section 4.3.

    The condition (B, R) holds the values of the asked channels, 0 elsewhere, and a mask for each span after them.
    """

    name: Literal["asked"] = "asked"
    player = "generator"

    def cost(self, turn: Turn) -> Tensor:
        spans = _spans(turn)
        c, fake = turn.c, turn.fake
        assert c is not None
        sizes = [span.channels for span in spans]
        masks = c[:, fake.shape[1] :]
        wanted, drawn = (torch.split(each, sizes, dim=1) for each in (c[:, : fake.shape[1]], fake))
        each = torch.stack([_off(*pair) for pair in zip(spans, wanted, drawn, strict=True)], dim=1)
        return (each * masks).sum(1) / masks.sum(1).clamp(min=1)


def _off(span: Span, wanted: Tensor, drawn: Tensor) -> Tensor:
    """Cost of each sample's span, (B,)."""
    if span.kind == "softmax":
        return -(wanted * drawn.clamp(min=LEAST).log()).sum(1)
    return (wanted - drawn).square().sum(1)


def _spans(turn: Turn) -> tuple[Span, ...]:
    """How the generator's last layer reads its channels. Raises ConfigError unless the condition asks for columns."""
    found = [getattr(each, "spans", ()) for each in turn.generator.modules()]
    spans: tuple[Span, ...] = next((each for each in found if each), ())
    if turn.c is None or turn.fake.ndim != 2 or turn.c.shape[1] != turn.fake.shape[1] + len(spans):
        came = "no condition" if turn.c is None else f"a condition of {tuple(turn.c.shape[1:])} numbers"
        raise ConfigError(
            f"the term asked wants conditions on columns of a table, got {came}; set domain.condition=columns"
        )
    return spans
