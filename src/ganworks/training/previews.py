"""Previews: grids of samples from fixed latents and conditions, drawn while the run goes on."""

import io
from collections.abc import Callable

import numpy as np
import torch
from PIL import Image

from ..domains.base import Raw
from ..domains.translations import Translations
from ..settings import CheckpointError
from . import sampling
from .feed import again, held
from .folder import RunFolder, write_atomic
from .session import Session

MOST_COLUMNS = 32
"""Classes that are shown each in a column of its own."""


class Previews:
    """Writes `samples/<samples>.png` and `samples/latest.png`; drawing moves no random generator of the run."""

    def __init__(self, session: Session, folder: RunFolder, notify: Callable[[str], None]):
        self.session, self.folder, self.notify = session, folder, notify
        run, codec, data = session.run, session.codec, session.dataset
        count = codec.preview_count
        self._z = sampling.latents(run.latents, run.generator.latent, count, run.seed)
        self._columns: int | None = None
        if isinstance(codec, Translations):
            source = data.validation if len(data.validation) else data.train
            self._real = held(source, source.spread(count), codec)
            self._c = self._real.c
            self._z = self._z[: len(self._real.x)]
        else:
            self._real = held(data.train, data.train.spread(count), codec)
            self._c = self._classes(count)

    def draw(self) -> None:
        with torch.random.fork_rng(devices=[]):
            grid = self._grid(self._fake())
        if self._write(f"{self.session.samples:012d}.png", grid):
            self._write("latest.png", grid)

    def finish(self) -> None:
        """The last samples with real ones on their left, as the reader's own test."""
        codec = self.session.codec
        if isinstance(codec, Translations) or self.session.guard is not None:
            return  # every grid has the targets in it, and a private run shows no record
        real, fake = codec.preview(codec.decode(self._real.x)), self._grid(self._fake())
        height = max(len(real), len(fake))
        sides = [np.pad(side, ((0, height - len(side)), (8, 8), (0, 0)), constant_values=255) for side in (real, fake)]
        self._write("real-beside-fake.png", np.concatenate(sides, axis=1))

    def _classes(self, count: int) -> torch.Tensor | None:
        """A class a column, where there are few enough of them; else as the data has them."""
        spec = self.session.codec.spec.condition
        if spec is None:
            return None
        classes = spec.channels
        if spec.spans[0].kind != "softmax" or not 1 < classes <= MOST_COLUMNS:
            return sampling.classes(self.session.codec, count, self.session.run.seed)
        self._columns = classes * max(1, 8 // classes)
        whole = count - count % self._columns
        self._z = self._z[:whole]
        return torch.eye(classes)[torch.arange(whole) % classes]

    def _fake(self) -> Raw:
        session = self.session
        parts = sampling.drawn(session.model[0], session.codec, self._z, self._c)
        return np.concatenate([session.codec.decode(x) for x in parts])

    def _grid(self, fake: Raw) -> Raw:
        """Samples in a grid; of pictures made from pictures a row each: input, output, target."""
        codec = self.session.codec
        if not isinstance(codec, Translations) or self._c is None:
            return codec.preview(fake, self._columns)
        sides = codec.shown(self._c), fake, codec.output.decode(again(self._real.x, codec))
        # Of a cycle the first direction.
        seen = np.stack([side[..., : codec.output.channels] for side in sides], 1)
        return codec.output.preview(seen.reshape(-1, *seen.shape[2:]), len(sides))

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
