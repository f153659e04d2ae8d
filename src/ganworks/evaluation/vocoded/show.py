"""What can be heard and looked at: recordings with what was made of them, one above the other."""

import io
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from torch import Tensor

from ...domains.vocoder import spectrogram, wav
from ...spectra import Mel, log_mel
from ...training.folder import write_atomic

LONGEST = 90_000
"""Samples of a clip that is played: a report holds them all."""
HEIGHT, GAP, WIDEN = 120, 6, 3
"""Pixels."""


def shown(folder: Path, sounds: dict[str, list[Tensor]], mel: Mel) -> dict[str, Any]:
    """Files of sound and a sheet of spectrograms, under the names that a report reads. sounds: of each method (T,)."""
    folder.mkdir(parents=True, exist_ok=True)
    played = []
    names = list(sounds)
    for clip in range(len(sounds[names[0]])):
        for name in names:
            file = f"clip-{clip}-{'-'.join(name.replace(',', '').lower().split())}.wav"
            write_atomic(folder / file, wav(sounds[name][clip][:LONGEST], mel.rate))
            played.append({"title": f"{name}, clip {clip + 1}", "file": file, "caption": ""})
    write_atomic(folder / "spectrograms.png", _sheet(sounds, mel))
    caption = (
        f"From the top: {', '.join(names)}. Time to the right, low sounds below; 78 dB from black to the brightest."
    )
    return {"sounds": played, "pictures": [{"title": "Spectrograms", "file": "spectrograms.png", "caption": caption}]}


def _sheet(sounds: dict[str, list[Tensor]], mel: Mel) -> bytes:
    """A column a clip, a row a method; a column shares what counts as loud."""
    columns = []
    for clips in zip(*sounds.values(), strict=True):
        top = float(log_mel(clips[0][None], mel).max())
        column = [np.repeat(spectrogram(each, mel, HEIGHT, top), WIDEN, axis=1) for each in clips]
        framed = [np.pad(each, ((0, GAP), (0, GAP), (0, 0)), constant_values=255) for each in column]
        columns.append(np.concatenate(framed))
    held = io.BytesIO()
    Image.fromarray(np.concatenate(columns, axis=1)).save(held, "PNG")
    return held.getvalue()
