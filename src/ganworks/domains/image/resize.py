"""Pictures of any size and kind -> one size and kind, chosen from what the data has."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

import numpy as np
from PIL import Image as PILImage
from PIL import ImageColor

from ...settings import DataError, Settings
from ..base import Raw
from .decode import SMALLEST, Decoded, Header

if TYPE_CHECKING:
    from .domain import Image

Reshape = Literal["crop", "pad", "stretch"]
MODES = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}


class Plan(Settings):
    """What every stored picture is: its size before the grid is cut, its size stored, its channels and depth."""

    fitted: tuple[int, int]
    height: int
    width: int
    channels: int
    bits: int
    mode: str
    """Pillow's name of the channels, `n` when they are not grey or colour."""


def plan(image: "Image", headers: Sequence[Header], own_channels: int | None = None) -> tuple[Plan, list[str]]:
    """What all pictures with these headers become, and what the user should know about it.

    `own_channels` are those of an array, which may be any number.
    Raises DataError when the channels asked for cannot be had.
    """
    notes: list[str] = []
    fitted = image.size or _chosen_size(image, headers, notes)
    height, width = cropped(*fitted) if image.grid == "crop" else fitted
    if (height, width) != fitted:
        notes.append(f"cut from {_by(*fitted)} to {_by(height, width)} so that the sides fit the networks (grid=crop)")
    channels = image.channels or own_channels or _chosen_channels(image, headers, notes)
    if not own_channels and channels not in MODES:
        raise DataError(f"channels={channels}: pictures have 1, 2, 3 or 4 channels; more come only in arrays (.npy)")
    deep = sum(header.deep for header in headers)
    if 0 < deep < len(headers):
        notes.append(
            f"{deep} of {len(headers)} pictures have 16 bits a channel; the others were scaled by 257 to 16 bits"
        )
    bits = 16 if deep else 8
    mode = MODES.get(channels, "n")
    return Plan(fitted=fitted, height=height, width=width, channels=channels, bits=bits, mode=mode), notes


def step(height: int, width: int) -> int:
    """Sides must be multiples of this 2**k for k halvings to end at 4 or more: k = floor(log2(min(H, W) / 4))."""
    return 1 << max(0, int(math.log2(min(height, width) / 4)))


def cropped(height: int, width: int) -> tuple[int, int]:
    """The largest sides, at most these, that a network can reach by doublings."""
    grid = step(height, width)
    return height // grid * grid, width // grid * grid


def padded(height: int, width: int) -> tuple[int, int]:
    """The smallest sides, at least these, that a network can reach by doublings."""
    grid = step(height, width)
    larger = -(-height // grid) * grid, -(-width // grid) * grid
    # Padding may carry the shorter side over a power of two, which asks for one halving more.
    return larger if larger == (height, width) else padded(*larger)


def conform(picture: Decoded, target: Plan, background: tuple[int, int, int]) -> Raw:
    """Pixels with the channels and depth of the plan, still at their own size.

    Raises DataError when an array's channels cannot become those asked for.
    """
    pixels, alpha = picture
    keeps_alpha = alpha and target.channels in (2, 4)
    if alpha and not keeps_alpha:
        pixels = _composite(pixels, background)
    if target.channels != pixels.shape[-1]:
        pixels = _with_channels(pixels, target.channels, alpha=keeps_alpha)
    if target.bits == 16 and pixels.dtype == np.uint8:
        pixels = pixels.astype(np.uint16) * 257
    return pixels


def resized(pixels: Raw, target: Plan, how: Reshape, alpha: bool) -> Raw:
    """Pixels (H, W, C) at the plan's size, antialiased (Lanczos), then cut to the grid."""
    height, width = target.fitted
    if pixels.shape[:2] != (height, width):
        pixels = _resample(pixels, height, width, how, alpha)
    top, left = (height - target.height) // 2, (width - target.width) // 2
    return pixels[top : top + target.height, left : left + target.width]


def background_colour(background: str | tuple[int, ...]) -> tuple[int, int, int]:
    """(R, G, B), 0 to 255. Raises ValueError for a colour that does not exist."""
    colour = ImageColor.getrgb(background) if isinstance(background, str) else background
    if len(colour) == 1:
        colour = colour * 3
    if len(colour) < 3 or not all(0 <= value <= 255 for value in colour):
        raise ValueError(f"wanted a colour name, '#rrggbb', or 1 or 3 numbers from 0 to 255, got {background}")
    return colour[0], colour[1], colour[2]


def _resample(pixels: Raw, height: int, width: int, how: Reshape, alpha: bool) -> Raw:
    own_height, own_width = pixels.shape[:2]
    if how == "pad":
        scale = min(height / own_height, width / own_width)
        inner = (max(1, round(own_height * scale)), max(1, round(own_width * scale)))
        small = _lanczos(pixels, *inner, (0, 0, own_width, own_height), alpha)
        top, left = (height - inner[0]) // 2, (width - inner[1]) // 2
        around = ((top, height - inner[0] - top), (left, width - inner[1] - left), (0, 0))
        return np.pad(small, around, mode="edge")
    box: tuple[float, float, float, float] = (0, 0, own_width, own_height)
    if how == "crop":
        scale = max(height / own_height, width / own_width)
        x, y = (own_width - width / scale) / 2, (own_height - height / scale) / 2
        box = (max(0, x), max(0, y), min(own_width, own_width - x), min(own_height, own_height - y))
    return _lanczos(pixels, height, width, box, alpha)


def _lanczos(pixels: Raw, height: int, width: int, box: tuple[float, float, float, float], alpha: bool) -> Raw:
    channels = pixels.shape[-1]
    # Pillow weighs colours by their opacity, which is right only where the last channel is one.
    if pixels.dtype == np.uint8 and (alpha or channels in (1, 3)):
        whole = PILImage.fromarray(np.ascontiguousarray(pixels[..., 0] if channels == 1 else pixels))
        eight = np.asarray(whole.resize((width, height), PILImage.Resampling.LANCZOS, box=box))
        return eight.reshape(height, width, channels)
    planes = [
        np.asarray(
            PILImage.fromarray(plane.astype(np.float32)).resize((width, height), PILImage.Resampling.LANCZOS, box=box)
        )
        for plane in np.moveaxis(pixels, -1, 0)
    ]
    limit = np.iinfo(pixels.dtype).max
    small: Raw = np.clip(np.rint(np.stack(planes, -1)), 0, limit).astype(pixels.dtype)
    return small


def _composite(pixels: Raw, background: tuple[int, int, int]) -> Raw:
    colours, opacity = pixels[..., :-1].astype(np.int32), pixels[..., -1:].astype(np.int32)
    behind = np.array(background[:1] if colours.shape[-1] == 1 and _grey(background) else background, np.int32)
    mixed: Raw = ((colours * opacity + behind * (255 - opacity) + 127) // 255).astype(np.uint8)
    return mixed


def _with_channels(pixels: Raw, channels: int, alpha: bool) -> Raw:
    own = pixels.shape[-1]
    if own > 4 or channels > 4:
        raise DataError(f"channels={channels}: the data has {own} channels, which cannot become {channels}")
    opaque = np.full_like(pixels[..., :1], np.iinfo(pixels.dtype).max)
    colours, opacity = (pixels[..., :-1], pixels[..., -1:]) if alpha or own in (2, 4) else (pixels, opaque)
    if channels >= 3 and colours.shape[-1] == 1:
        colours = np.repeat(colours, 3, axis=-1)
    if channels < 3 and colours.shape[-1] == 3:
        # ITU-R BT.601 in fixed point, the weights Pillow uses.
        weights = np.array([19595, 38470, 7471], np.int64)
        colours = ((colours.astype(np.int64) @ weights + 0x8000) >> 16)[..., None].astype(pixels.dtype)
    return colours if channels in (1, 3) else np.concatenate([colours, opacity], axis=-1)


def _chosen_size(image: "Image", headers: Sequence[Header], notes: list[str]) -> tuple[int, int]:
    sides = {(header.height, header.width) for header in headers}
    height, width = next(iter(sides))
    if len(sides) == 1 and max(height, width) <= image.longest:
        return height, width
    aspect = float(np.median([header.width / header.height for header in headers]))
    exact = (image.longest / max(aspect, 1), image.longest * min(aspect, 1))
    rough = (max(SMALLEST, round(exact[0])), max(SMALLEST, round(exact[1])))
    grid = step(*rough)
    # A size we choose ourselves may as well be one that networks can draw without padding.
    height, width = (max(SMALLEST, round(side / grid) * grid) for side in exact)
    was = f"all {_by(*next(iter(sides)))}" if len(sides) == 1 else f"of {len(sides)} sizes"
    notes.append(f"pictures are {was} (height x width); read at {_by(height, width)}, see size and longest")
    return height, width


def _chosen_channels(image: "Image", headers: Sequence[Header], notes: list[str]) -> int:
    alpha = sum(header.alpha for header in headers)
    keeps_alpha = alpha > 0 and image.alpha == "keep"
    coloured = sum(header.colour for header in headers)
    if alpha and not keeps_alpha:
        notes.append(f"{alpha} of {len(headers)} pictures have an alpha channel; composited on {image.background}")
    colour = coloured > 0 or (alpha > 0 and not keeps_alpha and not _grey(background_colour(image.background)))
    if 0 < coloured < len(headers):
        notes.append(f"{len(headers) - coloured} of {len(headers)} pictures are grey; converted to RGB")
    return (3 if colour else 1) + keeps_alpha


def _grey(colour: tuple[int, int, int]) -> bool:
    return len(set(colour)) == 1


def _by(height: int, width: int) -> str:
    return f"{height}x{width}"
