"""What all networks over one axis need: the lengths of their lines, and lines cut to those."""

from torch import Tensor, nn

from ..settings import ConfigError


class Cut(nn.Module):
    """The first so many steps: a line drawn out by a stride may be some steps too long. (B, C, T)"""

    def __init__(self, length: int):
        super().__init__()
        self.length = length

    def forward(self, x: Tensor) -> Tensor:
        return x[..., : self.length]


def lengths(longest: int, coarsest: int, stride: int) -> list[int]:
    """Steps of each line, from the longest to one of at most `coarsest`; parts are rounded up."""
    found = [longest]
    while found[-1] > coarsest:
        found.append(-(-found[-1] // stride))
    return found


def odd(kernel: int, family: str) -> int:
    """The kernel. Raises ConfigError for an even one."""
    if kernel % 2 == 0:
        raise ConfigError(f"{family}: kernel must be odd, for as many neighbours on both sides, got {kernel}")
    return kernel
