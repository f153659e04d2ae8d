"""VGG16 and VGG19 up to their last rectifier, in the names and shapes of the public files.

Source: Simonyan and Zisserman (2015), configurations D and E.
"""

from itertools import accumulate

from torch import nn

WIDTHS = (64, 128, 256, 512, 512)
DEPTHS = {"vgg16": (2, 2, 3, 3, 3), "vgg19": (2, 2, 4, 4, 4)}
"""Convolutions in each of the five blocks."""


def vgg(kind: str, share: int = 1) -> nn.Sequential:
    """share: one in so many channels."""
    layers: list[nn.Module] = []
    channels = 3
    for block, depth in enumerate(DEPTHS[kind]):
        if block:
            layers.append(nn.MaxPool2d(2, 2))
        for _ in range(depth):
            layers += [nn.Conv2d(channels, WIDTHS[block] // share, 3, padding=1), nn.ReLU()]
            channels = WIDTHS[block] // share
    return nn.Sequential(*layers)


def vgg_taps(kind: str) -> tuple[int, ...]:
    """Numbers of the rectifiers that end a block: `relu1_2`, `relu2_2` and so on."""
    ends = accumulate(2 * depth + 1 for depth in DEPTHS[kind])  # a pool between blocks
    return tuple(end - 2 for end in ends)
