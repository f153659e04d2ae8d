"""Two kinds of sound whose difference is known: chirps that are low and plain, and chirps that are high and rich."""

import numpy as np

from ..audio.wav import Samples

LOW, HIGH = (110.0, 160.0), (260.0, 380.0)
"""Hz between which a chirp begins."""


def chirps(seed: int, high: bool, rate: int, count: int = 60) -> list[Samples]:
    """Sounds (T,), one or two swells of loudness each: what is said, whoever says it."""
    draw = np.random.default_rng([seed, high])
    found: list[Samples] = []
    for _ in range(count):
        time = np.arange(round(rate * draw.uniform(0.3, 0.5))) / rate
        pitch, slide = draw.uniform(*(HIGH if high else LOW)), draw.uniform(-40, 80)
        phase = 2 * np.pi * (pitch * time + slide * time**2 / 2)
        partials = range(1, 9) if high else range(1, 3)
        swell = np.abs(np.sin(np.pi * draw.integers(1, 3) * time / time[-1]))
        found.append(np.asarray(sum(np.sin(k * phase) / k for k in partials) * swell, np.float32))
    return found
