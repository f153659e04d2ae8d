"""An invisible mark in pictures: weak noise that only who knows the model's hash can look for.

Spread spectrum in the middle frequencies (Cox et al., 1997), which compression and enlargement leave most of. A tile of
SIDE x SIDE pixels repeats over the picture, so that folding the picture onto one tile makes the mark stand out and a
crop merely shifts it; looking for it compares phases at every shift by Fourier transforms. No bits are carried: the
answer is how likely so good an agreement would be by chance. Whoever knows the hash can take the mark out again.
"""

import hashlib
import math
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[Any]
Reals = npt.NDArray[np.float64]
SIDE = 32
BAND = 0.07, 0.26
"""Frequencies that carry the mark, in cycles a pixel."""
PSNR = 39.0
"""Decibels between a picture and the same with the mark, of its brightest value; a little more after rounding."""
ROUGH = 3.0
"""Noise, of 255, that the mark is made to survive."""
SMALLEST = 32
"""Pixels of a side below which no mark is put in, and none looked for."""


def embedded(pixels: Pixels, key: str) -> Pixels:
    """Pixels (..., H, W, C), uint8 or uint16, with the mark of a key in all colours; opacity is as it was."""
    height, width, channels = pixels.shape[-3:]
    if min(height, width) < SMALLEST:
        return pixels
    colours = channels - 1 if channels in (2, 4) else channels
    white = np.iinfo(pixels.dtype).max
    flat = pixels.reshape(-1, height, width, channels)
    return np.stack([_one(each, key, colours, white) for each in flat]).reshape(pixels.shape)


def chance(pixels: Pixels, key: str) -> float:
    """How likely a picture (H, W, C) without this mark would look as marked as this one does: 1 is not at all.

    Half of the doubt goes to the tile where it was put, half to all other shifts (a crop). For a key drawn by chance
    the agreement is nearly normal, whatever the picture; for one key and pictures that are all alike, alarms clump.
    """
    height, width, channels = pixels.shape
    if min(height, width) < SMALLEST:
        return 1.0
    colours = channels - 1 if channels in (2, 4) else channels
    spectrum = np.where(_band(), np.exp(1j * np.angle(_seen(pixels[..., :colours]))), 0)
    agreement = np.fft.ifft2(spectrum * np.conj(_phases(key))).real
    scores = agreement * SIDE * SIDE / math.sqrt(_band().sum())
    return min(1.0, 2 * _tail(scores[0, 0]), 2 * scores.size * _tail(scores.max()))


def _seen(colours: Pixels) -> npt.NDArray[np.complex128]:
    """The spectrum (SIDE, SIDE) of a picture (H, W, C) folded onto one tile.

    Without its slow changes, whose jumps from tile to tile would drown the mark; no phase is moved by that.
    """
    height, width, _ = colours.shape
    grey = colours.astype(np.float64).mean(2)
    wide = np.pad(grey, 1, mode="edge")
    folded = np.zeros((-(-height // SIDE) * SIDE, -(-width // SIDE) * SIDE))
    folded[:height, :width] = 4 * grey - wide[2:, 1:-1] - wide[:-2, 1:-1] - wide[1:-1, 2:] - wide[1:-1, :-2]
    return np.asarray(np.fft.fft2(folded.reshape(-1, SIDE, folded.shape[1] // SIDE, SIDE).sum((0, 2))))


def _tile(picture: Pixels, key: str, white: int) -> Reals:
    """The tile (SIDE, SIDE) in pixels, variance 1: each frequency as strong as it pays in this picture.

    What counts is how well phases agree with the key's. Where the picture is weak little is enough, where it is strong
    nothing helps, so agreement less its price in energy is made largest, with ROUGH noise to come taken into account.
    """
    phases, band = _phases(key), _band()
    axis = 2 - 2 * np.cos(2 * np.pi * np.fft.fftfreq(SIDE))
    tiles = picture.shape[0] * picture.shape[1] / SIDE**2
    there = _seen(picture)[band] * np.conj(phases[band]) / (axis[:, None] + axis[None])[band] / tiles
    rough = ROUGH * white / 255 * SIDE / math.sqrt(tiles)
    limit = 10 ** (-PSNR / 20) * white * SIDE * SIDE / math.sqrt(band.sum())
    choices = np.linspace(0, 3, 61)[:, None] * limit
    reached = there[None] + choices
    gain = reached.real / np.sqrt(np.abs(reached) ** 2 + rough**2)
    low, high = 0.0, 4.0
    for _ in range(24):
        price = (low + high) / 2
        best = choices[(gain - price * (choices / limit) ** 2).argmax(0), 0]
        low, high = (price, high) if (best**2).mean() > limit**2 else (low, price)
    strengths = np.zeros((SIDE, SIDE))
    strengths[band] = best if best.any() else limit
    tile = np.fft.ifft2(strengths * phases).real
    return np.asarray(tile / tile.std())


def _one(picture: Pixels, key: str, colours: int, white: int) -> Pixels:
    """The mark as strong as it may be. Where pixels are black or white already, some of it is lost: others get more."""
    before = picture[..., :colours].astype(np.float64)
    tile = _tile(before, key, white)
    rows, columns = (-(-side // SIDE) for side in picture.shape[:2])
    noise = np.tile(tile, (rows, columns))[: picture.shape[0], : picture.shape[1], None]
    allowed = white * 10 ** (-PSNR / 20)
    strength = allowed
    for _ in range(4):
        after = np.clip(np.rint(before + strength * noise), 0, white)
        lost = math.sqrt(((after - before) ** 2).mean())
        strength = min(4 * allowed, strength * allowed / lost) if lost else 4 * allowed
    after = np.clip(np.rint(before + strength * noise), 0, white)
    return np.concatenate([after.astype(picture.dtype), picture[..., colours:]], axis=-1)


@lru_cache(maxsize=64)
def _phases(key: str) -> npt.NDArray[np.complex128]:
    """Phases of the tile's frequencies (SIDE, SIDE), 0 outside the band; those of a real picture."""
    drawn = np.frombuffer(hashlib.shake_256(f"invisible {key}".encode()).digest(4 * SIDE * SIDE), "<u4")
    angle = drawn.reshape(SIDE, SIDE).astype(np.float64) / 2**32 * 2 * np.pi
    opposite = np.roll(angle[::-1, ::-1], (1, 1), (0, 1))
    return np.where(_band(), np.exp(1j * (angle - opposite)), 0)


@lru_cache(maxsize=1)
def _band() -> npt.NDArray[np.bool_]:
    axis = np.fft.fftfreq(SIDE)
    radius = np.hypot(axis[:, None], axis[None])
    return np.asarray((radius >= BAND[0]) & (radius <= BAND[1]))


def _tail(score: float) -> float:
    """How often a normal number is larger."""
    return math.erfc(score / math.sqrt(2)) / 2
