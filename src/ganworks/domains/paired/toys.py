"""Two sets with a known answer: outlines that become coloured shapes, blue shapes that become striped red ones."""

import hashlib
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ..base import Dataset, Indices, Raw, Stored
from ..image.decode import content_hash
from ..image.resize import Plan
from ..image.splits import assigned
from .sided import facts
from .sources import Unrelated, paired

SIDE = 32
COLOURS = np.array([(220, 60, 50), (60, 180, 75), (60, 90, 220), (240, 200, 40)], np.uint8)
"""Of a disc, a square, a bar and a cross."""
GROUND = 40
"""Grey behind the coloured shapes."""
BLUE, RED = np.array((40, 80, 220), np.uint8), np.array((220, 60, 40), np.uint8)
DARK = 0.45
"""What a dark stripe is to the red beside it. Stripes lie across, two rows bright and two dark."""
_COUNT = 256


class Recovered(NamedTuple):
    """How much of the known mapping from blue to striped red a translator found."""

    error: float
    """Mean absolute difference from the right answer, of 255; 0 is best."""
    colour: float
    """How far the shapes' colour came from blue to red, as a share; 1 is best."""
    stripes: float
    """Depth of the stripes, as a share of the right one; 1 is best."""
    ground: float
    """Mean absolute change outside the shapes, of 255; 0 is best."""


def outlines(seed: int, count: int = _COUNT) -> Dataset:
    """Pairs: the white outline of a shape (1 channel), and the shape filled with the colour of its kind (3)."""
    rng = np.random.default_rng(seed)
    kinds = rng.integers(len(COLOURS), size=count)
    inside = _shapes(kinds, rng)
    inputs: Raw = (inside & ~_shrunk(inside)).astype(np.uint8)[..., None] * 255
    targets = np.where(inside[..., None], COLOURS[kinds][:, None, None], np.uint8(GROUND))
    rows = _rows([each.tobytes() + other.tobytes() for each, other in zip(inputs, targets, strict=True)])
    train, validation, test = (paired(inputs, targets, each) for each in rows)
    found = facts(_plan(1), _plan(3), 1, count)
    return Dataset(train, validation, test, fingerprint=_sum(inputs, targets), facts=found)


def recoloured(seed: int, count: int = _COUNT) -> Dataset:
    """No pairs: blue shapes on greys of any lightness, and others that are red with dark stripes."""
    rng = np.random.default_rng(seed)
    inputs, targets = _blue(rng, count), as_red(_blue(rng, count))
    sides = []
    for pictures in (inputs, targets):
        rows = _rows([content_hash(each) for each in pictures])
        sides.append([Stored(pictures, each) for each in rows])
    train, validation, test = (Unrelated(a, b) for a, b in zip(*sides, strict=True))
    found = facts(_plan(3), _plan(3), 1, count)
    return Dataset(train, validation, test, fingerprint=_sum(inputs, targets), facts=found)


def as_red(pictures: Raw) -> Raw:
    """The right answer for blue shapes (B, H, W, 3) uint8: red in their place, with stripes; the rest unchanged."""
    stripes = np.where(_dark_rows(pictures.shape[1]), DARK, 1.0)[:, None, None]
    red = np.rint(RED * stripes).astype(np.uint8)
    answer: Raw = np.where(_is_shape(pictures)[..., None], red, pictures)
    return answer


def recovered(inputs: Raw, outputs: Raw) -> Recovered:
    """Measure a translator on the toy set `recoloured`.

    inputs (B, H, W, 3) uint8 are blue shapes, outputs (B, H, W, 3) uint8 what became of them.
    """
    inside, dark = _is_shape(inputs), _dark_rows(inputs.shape[1])[None, :, None]
    drawn, right = outputs.astype(np.float64), as_red(inputs).astype(np.float64)
    bright = drawn[inside & ~dark].mean(0)
    way = RED.astype(np.float64) - BLUE
    depth = [each[inside & ~dark, 0].mean() - each[inside & dark, 0].mean() for each in (drawn, right)]
    return Recovered(
        error=float(abs(drawn - right).mean()),
        colour=float((bright - BLUE) @ way / (way @ way)),
        stripes=float(depth[0] / depth[1]),
        ground=float(abs(drawn - inputs)[~inside].mean()),
    )


def coloured(inputs: Raw, outputs: Raw, targets: Raw) -> float:
    """Share of outlines whose shape was filled with the colour of its kind, nearer than to any other colour.

    inputs (B, H, W, 1), outputs and targets (B, H, W, 3), uint8, of the toy set `outlines`.
    """
    palette = np.concatenate([COLOURS, np.full((1, 3), GROUND, np.uint8)]).astype(np.float64)
    right = 0
    for line, drawn, wanted in zip(inputs, outputs, targets, strict=True):
        inner = (wanted != GROUND).any(-1) & (line[..., 0] == 0)
        mean, own = drawn[inner].mean(0), wanted[inner].mean(0)
        nearest = palette[((palette - mean) ** 2).sum(1).argmin()]
        right += bool((nearest == own).all())
    return right / len(inputs)


def _blue(rng: np.random.Generator, count: int) -> Raw:
    inside = _shapes(rng.integers(len(COLOURS), size=count), rng)
    ground = rng.integers(90, 231, size=(count, 1, 1, 1), dtype=np.uint8)
    return np.where(inside[..., None], BLUE, ground)


def _is_shape(pictures: Raw) -> npt.NDArray[np.bool_]:
    """What of blue shapes on grey is blue."""
    return pictures[..., 2].astype(np.int16) - pictures[..., 0] > 60


def _dark_rows(height: int) -> npt.NDArray[np.bool_]:
    return np.arange(height) % 4 >= 2


def _shapes(kinds: Indices, rng: np.random.Generator) -> npt.NDArray[np.bool_]:
    """Which pixels (B, SIDE, SIDE) a shape covers; its size is 7 to 11 pixels from middle to edge, its place any."""
    radius = rng.integers(7, 12, size=(len(kinds), 1, 1))
    y, x = (rng.integers(radius, SIDE - radius) for _ in range(2))
    down, across = abs(np.arange(SIDE)[None, :, None] - y), abs(np.arange(SIDE)[None, None] - x)
    near = np.maximum(down, across) <= radius
    choices = (
        down**2 + across**2 <= radius**2 + 1,
        near,
        near & (across <= radius // 3),
        near & (np.minimum(down, across) <= radius // 4),
    )
    return np.stack([choices[kind][i] for i, kind in enumerate(kinds)])


def _shrunk(inside: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Without the pixels that touch the outside, by an edge."""
    wide = np.pad(inside, ((0, 0), (1, 1), (1, 1)))
    return inside & wide[:, 2:, 1:-1] & wide[:, :-2, 1:-1] & wide[:, 1:-1, 2:] & wide[:, 1:-1, :-2]


def _rows(contents: list[bytes]) -> list[Indices]:
    hashes = np.stack([np.frombuffer(hashlib.sha256(each).digest()[:16], np.uint8) for each in contents])
    splits = assigned(hashes, np.full(len(hashes), -1, np.int8), validation=0.1, test=0.1)
    return [np.flatnonzero(splits == each) for each in range(3)]


def _plan(channels: int) -> Plan:
    mode = "L" if channels == 1 else "RGB"
    return Plan(fitted=(SIDE, SIDE), height=SIDE, width=SIDE, channels=channels, bits=8, mode=mode)


def _sum(inputs: Raw, targets: Raw) -> str:
    return hashlib.sha256(inputs.tobytes() + targets.tobytes()).hexdigest()
