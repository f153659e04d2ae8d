"""Shapes at random places: a picture set whose four classes are known exactly."""

import hashlib

import numpy as np

from ..base import Dataset, Raw, Stored
from .decode import content_hash
from .splits import assigned

CLASSES = ("disc", "square", "bar", "cross")
SIDE = 16
_COUNT = 256


def shapes(seed: int, count: int = _COUNT) -> Dataset:
    """White shapes of 5 to 7 pixels on black, 16 x 16; classes and places are uniform, the three splits as usual."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(len(CLASSES), size=count)
    pictures = np.stack([_shape(int(label), rng) for label in labels])
    hashes = np.frombuffer(b"".join(content_hash(each) for each in pictures), np.uint8).reshape(-1, 16)
    splits = assigned(hashes, np.full(count, -1, np.int8), validation=0.1, test=0.1)
    train, validation, test = (Stored(pictures, np.flatnonzero(splits == each), labels) for each in range(3))
    facts = {"height": SIDE, "width": SIDE, "channels": 1, "bits": 8, "mode": "L", "records": count, "endless": False}
    fingerprint = hashlib.sha256(pictures.tobytes() + labels.tobytes()).hexdigest()
    return Dataset(train, validation, test, fingerprint, classes=CLASSES, facts=facts)


def _shape(label: int, rng: np.random.Generator) -> Raw:
    radius = int(rng.integers(2, 4))
    y, x = rng.integers(radius, SIDE - radius, size=2)
    down, across = np.indices((SIDE, SIDE)) - np.array([y, x])[:, None, None]
    near = np.maximum(abs(down), abs(across)) <= radius
    inside: Raw = (
        down**2 + across**2 <= radius**2 + 1,
        near,
        near & (abs(across) <= radius // 3),
        near & ((down == 0) | (across == 0)),
    )[label]
    picture: Raw = (inside * 255).astype(np.uint8)[..., None]
    return picture
