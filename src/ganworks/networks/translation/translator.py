"""What every generator of pictures from pictures promises, and what specs and sizes it takes.

A translator is a module `forward(z, c) -> x`: c (B, C, H, W) the input picture, x (B, C', scale H, scale W); z is
ignored. Five attributes say how it may be applied to pictures of any size:

    tileable  whether, in evaluation mode, tiles with a margin of `reach` equal the whole picture exactly
    reach     radius, in input pixels, of what an output pixel depends on; where the network is not tileable, of its
              convolutions alone
    multiple  input sides must be multiples of it; so must the places where tiles begin
    least     the smallest input side
    scale     output pixels for an input pixel, on each axis

For contrastive terms (Park et al., 2020) a translator may have projection heads. Then

    encode(x)               -> a tuple of feature maps (B, C, h, w) of the input picture x, at the depths that the
                               setting `heads_at` names and in its order; computes no further than the deepest
    project(index, vectors) -> (B, P, F) of unit length, for vectors (B, P, C) taken from P places of the index-th
                               of those maps; F is the setting `heads`

The heads are part of the module, so the generator's optimiser moves them. Depth 0 is the picture itself.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from torch import Tensor, nn
from torch.nn import functional

from ...settings import ConfigError
from ...spec import Spec
from ..layers import normal
from .reach import reach


class Translator(nn.Module):
    """The attributes, and the heads where there are any. A family computes `forward` and, for heads, `stages`."""

    tileable: bool
    reach: int
    multiple: int
    least: int
    scale: int

    def __init__(self) -> None:
        super().__init__()
        self.heads: Heads | None = None

    def declare(self, tileable: bool, multiple: int, least: int, scale: int = 1) -> None:
        """Set the attributes, once all layers are there and before there are heads."""
        self.tileable, self.multiple, self.least, self.scale = tileable, multiple, least, scale
        self.reach = reach(self, multiple, scale)

    def stages(self, c: Tensor) -> Iterator[Tensor]:
        """Feature maps of the input, deeper and deeper, each computed when it is asked for."""
        yield c

    def encode(self, x: Tensor) -> tuple[Tensor, ...]:
        heads = self._heads()
        found: dict[int, Tensor] = {}
        for depth, features in enumerate(self.stages(x)):
            if depth in heads.at:
                found[depth] = features
            if depth == max(heads.at):
                break
        return tuple(found[depth] for depth in heads.at)

    def project(self, index: int, vectors: Tensor) -> Tensor:
        projected: Tensor = self._heads()(index, vectors)
        return projected

    def _heads(self) -> "Heads":
        if self.heads is None:
            raise ConfigError(
                "this generator has no projection heads to contrast features with; use unet or resnet-translation and "
                "set generator.heads=256"
            )
        return self.heads


class Heads(nn.Module):
    """For each depth a perceptron of two layers, its output scaled to unit length. Park et al. (2020)."""

    def __init__(self, at: Sequence[int], channels: Sequence[int], outputs: int):
        """channels: those of every depth there is."""
        super().__init__()
        self.at = tuple(at)
        if not self.at or len(set(self.at)) < len(self.at) or max(self.at) >= len(channels) or min(self.at) < 0:
            raise ConfigError(
                f"heads_at names different depths from 0 to {len(channels) - 1} of this generator, got {list(at)}; "
                f"set generator.heads_at, for example generator.heads_at={list(range(len(channels)))[:5]}"
            )
        self.layers = nn.ModuleList(
            nn.Sequential(
                normal(nn.Linear(channels[depth], outputs), 0.02), nn.ReLU(), normal(nn.Linear(outputs, outputs), 0.02)
            )
            for depth in self.at
        )

    def forward(self, index: int, vectors: Tensor) -> Tensor:
        return functional.normalize(self.layers[index](vectors).float(), dim=-1, eps=1e-7)


class Sides(NamedTuple):
    """What a translator is to turn into what."""

    inputs: int
    """Channels of the input picture."""
    outputs: int
    height: int
    """Of the input."""
    width: int
    scale: int


def sides(spec: Spec, family: str, scales: Sequence[int] = (1,)) -> Sides:
    """Raises ConfigError unless the spec is a picture given a picture, one of `scales` times as large."""
    condition = spec.condition
    if len(spec.axes) != 2 or condition is None or len(condition.axes) != 2:
        came = "none" if condition is None else f"one of shape {condition.shape}"
        raise ConfigError(
            f"{family} turns pictures into pictures and needs a picture as condition, got {came} for samples of shape "
            f"{spec.shape}; use a domain such as pairs, unpaired or degraded"
        )
    (height, width), (high, wide) = condition.axes, spec.axes
    scale = max(1, high // height)
    if scale not in scales or (scale * height, scale * width) != (high, wide):
        wanted = "input and output of one size" if len(scales) == 1 else f"output of {_either(scales)} times the input"
        advice = "restoration enlarges" if len(scales) == 1 else "set domain.size or the step that makes inputs smaller"
        raise ConfigError(f"{family} wants {wanted}, got {height} x {width} for {high} x {wide}; {advice}")
    return Sides(condition.channels, spec.channels, height, width, scale)


def need_sides(sizes: Sides, family: str, multiple: int, least: int) -> None:
    """Raises ConfigError, naming near sizes, unless a translator of these attributes takes the input."""
    inputs = sizes.height, sizes.width
    if all(side % multiple == 0 and side >= least for side in inputs):
        return
    near = [sizes.scale * max(-(-least // multiple), round(side / multiple)) * multiple for side in inputs]
    wanted = f"input sides that {multiple} divides" if multiple > 1 else "input sides"
    raise ConfigError(
        f"{family} takes {wanted}, of at least {least}, got {sizes.height} x {sizes.width}; "
        f"set domain.size, for example domain.size={near}"
    )


def _either(numbers: Sequence[int]) -> str:
    return f"{', '.join(str(each) for each in numbers[:-1])} or {numbers[-1]}"
