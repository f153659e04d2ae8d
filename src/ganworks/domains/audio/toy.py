"""Sounds whose law is known: notes of three kinds, of known pitch, that fade."""

import hashlib

import numpy as np

from ..base import Dataset, Stored
from .wav import sixteen

RATE, LENGTH, COUNT = 8000, 1024, 96
KINDS = ("pure", "hollow", "bright")
HARMONICS = ((1.0,), (1.0, 0.0, 1 / 3, 0.0, 1 / 5), (1.0, 1 / 2, 1 / 3, 1 / 4, 1 / 5))
LOWEST, HIGHEST = 200.0, 700.0
"""Hz; pitches are uniform in their logarithm."""


def notes(seed: int) -> Dataset:
    """96 notes of 1,024 samples at 8 kHz, as many of each kind."""
    rng = np.random.default_rng(seed)
    labels = np.arange(COUNT) % len(KINDS)
    pitch = np.exp(rng.uniform(np.log(LOWEST), np.log(HIGHEST), COUNT))
    fading = rng.uniform(10, 40, COUNT)
    time = np.arange(LENGTH) / RATE
    sounds = np.zeros((COUNT, LENGTH))
    for i, label in enumerate(labels):
        for order, strength in enumerate(HARMONICS[label], 1):
            sounds[i] += strength * np.sin(2 * np.pi * order * pitch[i] * time)
    sounds *= 0.4 * np.exp(-fading[:, None] * time) * np.minimum(1, time * 500)
    array, rows = sixteen(sounds)[:, None], np.arange(COUNT, dtype=np.int64)
    numbers = labels.astype(np.int64)
    train, validation, test = (Stored(array, part, numbers) for part in (rows[rows % 8 > 1], rows[::8], rows[1::8]))
    digest = hashlib.sha256(array.tobytes()).hexdigest()
    facts = {"rate": RATE, "length": LENGTH, "channels": 1}
    return Dataset(train, validation, test, digest, classes=KINDS, facts=facts)
