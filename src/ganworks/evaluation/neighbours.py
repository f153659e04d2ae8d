"""Neighbours: generated samples beside the training records that they resemble most, for people to look at."""

import io
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image
from torch import Tensor

from ..domains import Codec
from ..domains.base import Indices, Raw
from ..metrics import memorisation
from ..training.folder import write_atomic
from .subject import Subject
from .views import encoded

SHOWN, COLUMNS = 16, 8


def write(subject: Subject, fake: Tensor, train: Tensor, rows: Indices) -> dict[str, Any]:
    """Draw samples/neighbours.png from the first samples of seed 0. fake (N, F) are their features, train (T, F)
    those of the training records at `rows`. Returns which were found.

    Raises CheckpointError when the picture cannot be written.
    """
    count = min(SHOWN, len(fake))
    distances, indices = memorisation.nearest(train, fake[:count], 1)
    found = rows[indices[:, 0].numpy()]
    codec = subject.codec
    near = subject.dataset.train.fetch(found).x
    # In the user's form, at the size that is generated; what is judged by counts alone is in it already.
    records = codec.decode(encoded(near, codec)) if codec.output is codec else near
    path = subject.folder / "samples" / "neighbours.png"
    path.parent.mkdir(exist_ok=True)
    data = io.BytesIO()
    Image.fromarray(panel(codec, subject.model.generate(count), records)).save(data, "PNG")
    write_atomic(path, data.getvalue())
    return {
        "fake": list(range(count)),
        "train": [int(each) for each in found],
        "distance": [float(each) for each in distances[:, 0]],
    }


def panel(codec: Codec, fake: Raw, train: Raw) -> npt.NDArray[np.uint8]:
    """Pictures in pairs, the generated one on the left and its neighbour on its right; other records as two sheets."""
    if len(codec.spec.axes) == 2:
        pairs = np.stack([fake, train], axis=1).reshape(-1, *fake.shape[1:])
        return codec.preview(pairs, columns=COLUMNS)
    sides = [np.pad(codec.preview(each), ((0, 0), (8, 8), (0, 0)), constant_values=255) for each in (fake, train)]
    height = max(len(each) for each in sides)
    sides = [np.pad(each, ((0, height - len(each)), (0, 0), (0, 0)), constant_values=255) for each in sides]
    return np.concatenate(sides, axis=1)
