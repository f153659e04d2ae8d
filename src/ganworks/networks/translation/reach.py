"""How far a convolutional network sees: the input pixels an output pixel depends on, read off its layers."""

from typing import NamedTuple

from torch import nn

from ..layers import Downsample, Upsample


class _Step(NamedTuple):
    """A layer that reads windows of `kernel`, every `stride`; or one that spreads each input over such a window."""

    kernel: int
    stride: int
    padding: int
    spreads: bool = False

    def back(self, low: int, high: int) -> tuple[int, int]:
        """The first and last input on which the outputs low..high depend."""
        if self.spreads:
            return -((self.kernel - 1 - self.padding - low) // self.stride), (high + self.padding) // self.stride
        return low * self.stride - self.padding, high * self.stride - self.padding + self.kernel - 1


def reach(network: nn.Module, multiple: int = 1, scale: int = 1) -> int:
    """The radius, in input pixels, of what an output pixel depends on; the largest over all its positions.

    The convolutions and resamplings of the network are taken to follow one another in the order they were registered,
    as they do where shortcuts go round them. Their kernels are square. What a normalisation of a sample or a Fourier
    transform carries across the whole picture is not counted.

    multiple: after so many input pixels the pattern of strides repeats; scale: output pixels for an input pixel.
    """
    steps = [step for module in network.modules() if (step := _step(module)) is not None]
    radius = 0
    for position in range(multiple * scale):
        low = high = position
        for step in reversed(steps):
            low, high = step.back(low, high)
        radius = max(radius, position // scale - low, high - position // scale)
    return radius


def _step(module: nn.Module) -> _Step | None:
    step: _Step | None = None
    match module:
        case nn.Conv2d() | nn.ConvTranspose2d():
            kernel = (module.kernel_size[0] - 1) * module.dilation[0] + 1
            padding = module.padding[0]
            assert isinstance(padding, int)
            step = _Step(kernel, module.stride[0], padding, isinstance(module, nn.ConvTranspose2d))
        case Downsample():
            step = _Step(4, 2, 1)
        case Upsample():  # each new pixel lies between two old ones
            step = _Step(4, 2, 1, spreads=True)
        case nn.Upsample():
            assert module.mode == "nearest"
            factor = round(float(str(module.scale_factor)))
            step = _Step(factor, factor, 0, spreads=True)
        case nn.PixelShuffle():
            step = _Step(module.upscale_factor, module.upscale_factor, 0, spreads=True)
        case nn.PixelUnshuffle():
            step = _Step(module.downscale_factor, module.downscale_factor, 0)
    return step
