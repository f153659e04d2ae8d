"""Too little light, and no colour."""

from typing import ClassVar, Literal

import torch
from torch import Tensor

from .draws import Draws, Range
from .noise import field
from .step import Change, Step

LUMINANCE = (0.299, 0.587, 0.114)
"""Weights of red, green and blue in how bright a colour looks, ITU-R BT.601."""


class LowLight(Change):
    """gain * x ** gamma, and the noise of a sensor that saw little."""

    name: Literal["low-light"] = "low-light"
    limits: ClassVar = {"gamma": (0.2, 5), "gain": (0.01, 1), "sigma": (0, 100)}

    gamma: Range = (1.5, 2.5)
    """Above 1 darkens the middle more than the ends."""
    gain: Range = (0.4, 0.8)
    """What white becomes, as a share of white."""
    sigma: Range = (1.0, 5.0)
    """Standard deviation of the noise, where white is 255."""

    def change(self, x: Tensor, draws: Draws) -> Tensor:
        gamma, gain, sigma = (draws.within(each)[:, None, None, None] for each in (self.gamma, self.gain, self.sigma))
        return gain * x.clamp(0, 1) ** gamma + field(x, draws, grey=0) * (sigma / 255)


class Grey(Step):
    """How bright a picture is, without its colours. Opacity, where there is some, is kept."""

    name: Literal["grey"] = "grey"

    single: bool = False
    """One channel; else as many as the colours had, all the same, so that a network may add the colours to them."""

    def apply(self, x: Tensor, draws: Draws) -> Tensor:
        return grey(x, self.single)

    def channels(self, channels: int) -> int:
        return channels - 2 if self.single and channels in (3, 4) else channels


def grey(x: Tensor, single: bool = False) -> Tensor:
    """x (B, C, H, W) with three colours first -> as bright, without colour; anything else as it is."""
    if x.shape[1] not in (3, 4):
        return x
    luminance = (x[:, :3] * x.new_tensor(LUMINANCE)[:, None, None]).sum(1, keepdim=True)
    return torch.cat([luminance if single else luminance.expand(-1, 3, -1, -1), x[:, 3:]], 1)
