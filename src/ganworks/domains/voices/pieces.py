"""Spectra of any length through a network that learnt pieces of one length: pieces overlap by half, and are blended."""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional

AT_ONCE = 64
"""Pieces that are drawn at once."""


@torch.no_grad()
def in_pieces(draw: Callable[[Tensor], Tensor], c: Tensor, frames: int) -> Tensor:
    """Pictures c (B, 1, bands, F) as `draw` makes them of pieces (P, 1, bands, frames): (B, 1, bands, F).

    Norms of each sample look at a whole piece, so one as long as those in training is what the network knows. Silence
    fills the last one up, as it did there.
    """
    step, total = frames // 2, c.shape[3]
    count = max(0, -(-(total - frames) // step)) + 1
    padded = functional.pad(c, (0, (count - 1) * step + frames - total), value=-1.0)
    pieces = [padded[..., i * step : i * step + frames] for i in range(count)]
    drawn = torch.cat([draw(part) for part in torch.split(torch.cat(pieces), AT_ONCE)]).chunk(count)
    ramp = torch.arange(1, frames + 1, device=c.device)
    weight = torch.minimum(ramp, ramp.flip(0)).to(drawn[0])
    out, sums = torch.zeros_like(padded, dtype=weight.dtype), torch.zeros_like(padded[:1, :1, :1], dtype=weight.dtype)
    for i, piece in enumerate(drawn):
        out[..., i * step : i * step + frames] += weight * piece
        sums[..., i * step : i * step + frames] += weight
    return (out / sums)[..., :total]
