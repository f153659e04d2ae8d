"""Previews: grids of samples from fixed latents, drawn while the run goes on."""

import io
from collections.abc import Callable

import numpy as np
import torch
from PIL import Image

from ..domains.base import Raw
from ..settings import CheckpointError
from . import sampling
from .feed import encode
from .folder import RunFolder, write_atomic
from .session import Session


class Previews:
    """Writes `samples/<samples>.png` and `samples/latest.png`; drawing moves no random generator of the run."""

    def __init__(self, session: Session, folder: RunFolder, notify: Callable[[str], None]):
        self.session, self.folder, self.notify = session, folder, notify
        run = session.run
        count = session.codec.preview_count
        self._z = sampling.latents(run.latents, run.generator.latent, count, run.seed)
        train = session.dataset.train
        self._real = train.fetch(train.spread(count))

    def draw(self) -> None:
        grid = self.session.codec.preview(self._fake())
        if self._write(f"{self.session.samples:012d}.png", grid):
            self._write("latest.png", grid)

    def finish(self) -> None:
        """The last samples with real ones on their left, as the reader's own test."""
        codec = self.session.codec
        real, fake = (codec.preview(records) for records in (self._decoded_real(), self._fake()))
        height = max(len(real), len(fake))
        sides = [np.pad(side, ((0, height - len(side)), (8, 8), (0, 0)), constant_values=255) for side in (real, fake)]
        self._write("real-beside-fake.png", np.concatenate(sides, axis=1))

    def _fake(self) -> Raw:
        return sampling.records(self.session.model[0], self.session.codec, self._z)

    def _decoded_real(self) -> Raw:
        batch = encode(self._real.x, self._real.labels, self.session.codec, torch.device("cpu"))
        return self.session.codec.decode(batch.x)

    def _write(self, name: str, grid: Raw) -> bool:
        data = io.BytesIO()
        Image.fromarray(grid).save(data, "PNG")
        try:
            write_atomic(self.folder.samples / name, data.getvalue())
        except CheckpointError as error:
            if not self.folder.path.is_dir():  # the run was removed: nothing of it could be kept
                raise
            self.notify(f"no preview written: {error}")
            return False
        return True
