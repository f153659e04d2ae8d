"""Model: what a user keeps of a run: generate, interpolate, write, save."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

import numpy as np
import safetensors.torch
import torch
from PIL import Image
from torch import Tensor, nn

from . import __version__, writing
from .domains import Codec
from .domains.base import Notify, Raw
from .domains.image.shards.fill import PER_SHARD, Made, Piece
from .domains.image.shards.index import ShardIndex
from .domains.translations import Translations
from .loading import artefact_of, network_of
from .provenance import Mark, Marking, mark_records, now, stamp
from .settings import CheckpointError, ConfigError, printable
from .training import artefact, devices, sampling
from .training.engines import FAST, FOREVER, Sampler
from .training.run import Run
from .training.session import Session

A_FEW = 4
"""Samples that are sooner drawn one by one than as a batch of 64."""


class Model:
    """A trained generator with the codec that turns its samples into records."""

    path: Path | None = None
    """Where it was loaded from."""
    privacy: dict[str, Any] | None = None
    """What the run promised, where it was a private one."""
    marking: Marking = Marking()
    """What goes into written files beside the mark that all of them carry."""

    def __init__(self, run: Run, codec: Codec, network: nn.Module, samples: int):
        self.run, self.codec, self.network, self.samples = run, codec, network.eval().requires_grad_(False), samples
        self.made = now()
        self._hashed: tuple[object, str] | None = None

    @classmethod
    def of(cls, session: Session, made: str | None = None) -> Self:
        """The model of a session as it stands: at its end, the best that was judged. `made` says when; now."""
        model = cls(session.run, session.codec, *session.model)
        model.privacy, model.made = session.privacy, made or model.made
        return model

    @classmethod
    def load(cls, path: str | Path, device: str = "cpu") -> Self:
        """Load a run directory or a model directory; of a run that is not finished, its newest checkpoint.

        Raises CheckpointError when there is none or it was altered.
        """
        path = Path(path)
        if not path.is_dir():
            raise CheckpointError(f"{path}: wanted a run or a model directory, there is none")
        loaded = artefact_of(path)
        network = network_of(loaded, str(path))
        layout = torch.channels_last
        network = network.to(devices.pick(device), memory_format=layout)  # type: ignore[call-overload]
        model = cls(loaded.run, loaded.codec, network, loaded.samples)
        model.path, model.privacy, model.made = path, loaded.privacy, loaded.made
        return model

    def generate(
        self, count: int, seed: int = 0, first: int = 0, engine: str = "exact", condition: str | None = None
    ) -> Raw:
        """Records (count, ...) in the data's own form: for pictures uint8 (count, H, W, C).

        `condition` is what all of them shall be, such as the name of a class; left out, a model with conditions draws
        them as often as its training data had them. The i-th sample of a seed is the same bytes whatever the count;
        `first` skips that many. `engine` is `exact`, or `fast` for whichever is the fastest here, or an engine's name:
        other bytes, and the same picture to the eye.
        Raises ConfigError when count is below 1 or seed or first below 0, or the engine cannot be had here.
        """
        _check(count=(count, 1), seed=(seed, 0), first=(first, 0))
        return self._records(self.sampler(engine, count), count, seed, first, condition)

    def frame(self, count: int, seed: int = 0, condition: str | None = None) -> Any:
        """As `generate`, as a pandas data frame. Raises ConfigError where records are no rows of a table."""
        return self.codec.frame(self.generate(count, seed, condition=condition))

    def stream(
        self,
        count: int,
        seed: int = 0,
        first: int = 0,
        at_once: int = writing.AT_ONCE,
        engine: str = "exact",
        condition: str | None = None,
    ) -> Iterator[Raw]:
        """The records of `generate`, up to `at_once` of them at a time, so that memory does not grow with the count."""
        _check(count=(count, 1), seed=(seed, 0), first=(first, 0), at_once=(at_once, 1))
        sampler, end = self.sampler(engine, count), first + count
        starts = range(first, end, at_once)
        return (self._records(sampler, min(at_once, end - start), seed, start, condition) for start in starts)

    def sampler(
        self, engine: str = FAST, count: int = FOREVER, batch: int | None = None, say: Notify = lambda line: None
    ) -> Sampler:
        """What draws samples (N, *shape) for latents: by the engine that is the fastest for `count`, or by one named.

        A `batch` is what each call of the engine computes; left out, it is one for a few samples and 64 for many (1,024
        rows of a table), and that for every named engine, so that a sample does not depend on the count. `say` hears
        what cannot be had here.
        """
        if batch is None:
            batch = 1 if engine == FAST and count <= A_FEW else sampling.batch_of(self.codec.spec)
        z = self.inputs(batch, 0)
        return Sampler.of(self.network, z, engine, count, say)

    def interpolate(self, steps: int = 8, seed: int = 0, pairs: int = 1, condition: str | None = None) -> Raw:
        """Records on the way between pairs of latents, (pairs * steps, ...); a pair's run from one end to the other.

        Normal latents are followed along the great circle, since their length is what a generator knows (White, 2016).
        """
        if steps < 2 or pairs < 1:
            raise ConfigError(f"steps must be at least 2 and pairs at least 1, got {steps} and {pairs}")
        ends = sampling.latents(self.run.latents, self.run.generator.latent, 2 * pairs, seed)
        share = torch.linspace(0, 1, steps)[:, None]
        ways = torch.cat([_slerp(a, b, share) for a, b in zip(ends[::2], ends[1::2], strict=True)])
        conditions = self.inputs(pairs, seed, 0, condition)[:, ends.shape[1] :]
        return self.decode(sampling.joined(ways, conditions.repeat_interleave(steps, 0)))

    def inputs(self, count: int, seed: int, first: int = 0, condition: str | None = None) -> Tensor:
        """What the generator draws samples from, (count, L + R): latents, with conditions beside them if it takes some.

        Raises ConfigError for a condition that is not known, or where pictures are made from pictures.
        """
        if isinstance(self.codec, Translations):
            raise ConfigError("this run makes pictures from pictures, not from latents; use ganworks apply")
        z = sampling.latents(self.run.latents, self.run.generator.latent, count, seed, first)
        drawn = sampling.classes(self.codec, count, seed, first)
        if condition is None:
            return sampling.joined(z, drawn)
        return sampling.joined(z, self.codec.conditions([condition], drawn).expand(count, -1))

    def translate(self, c: Tensor) -> Raw:
        """Outputs (N, H, W, C) for inputs c (N, C, H, W), as the codec's `condition` or `encode` made them."""
        if not isinstance(self.codec, Translations):
            raise ConfigError("this run makes pictures from latents, not from pictures; use ganworks sample")
        return np.concatenate([self.codec.decode(x) for x in sampling.translate(self.network, self.codec, c)])

    def _records(self, sampler: Sampler, count: int, seed: int, first: int, condition: str | None) -> Raw:
        z = self.inputs(count, seed, first, condition)
        return sampling.decoded(self.codec, sampler.parts(z))

    def decode(self, z: Tensor) -> Raw:
        """Records for latents z (N, L), with their conditions beside them, (N, L + R), where the model takes some."""
        return sampling.records(self.network, self.codec, z)

    def write(
        self,
        records: Raw,
        folder: str | Path,
        first: int = 0,
        seed: int | None = None,
        condition: str | None = None,
        **asked: str,
    ) -> list[Path]:
        """Write records as files of the data's own kind, numbered from `first`. Returns their paths.

        Every file carries a mark, in itself or beside it: synthetic, and by which model. Give the `seed`, and what else
        was asked for, so that it says how to make them again. Raises ConfigError when they cannot be written there.
        """
        folder, mark = Path(folder), self.mark(seed, first, condition, **asked)
        records = writing.altered(self, records)
        with writing.guarded(folder):
            folder.mkdir(parents=True, exist_ok=True)
            paths = self.codec.write(records, folder, first)
            mark_records(paths, len(records), mark, self.marking.producer)
        return paths

    def mark(self, seed: int | None, index: int | None, condition: str | None = None, **asked: str) -> Mark:
        """What a file that holds the sample `index` of a seed is to say of itself. Raises ConfigError for too much."""
        said = {
            "maker": f"ganworks {__version__}", "model": self.sha256, "run": printable(writing.named(self)),
            "seed": seed, "index": index, "condition": None if condition is None else printable(condition),
            "asked": {key: printable(each) for key, each in {**asked, **self.marking.asked()}.items()},
            "time": self.marking.time or self.made,
        }  # fmt: skip
        return Mark.from_tree(said, "the mark")

    def shards(
        self,
        folder: str | Path,
        count: int,
        seed: int = 0,
        processes: int = 1,
        per_shard: int = PER_SHARD,
        notify: Notify = lambda line: None,
    ) -> ShardIndex:
        """Write so many samples into a folder of tar shards, in constant memory; called again it goes on.

        The i-th sample is the one that `generate` gives. Several processes load what this model was loaded from.
        Raises ConfigError when count is below 1, or the folder holds other shards or cannot be written.
        """
        _check(count=(count, 1), seed=(seed, 0), processes=(processes, 1), per_shard=(per_shard, 1))
        return writing.shards(self, Path(folder), count, seed, processes, per_shard, notify)

    def piece(self, folder: Path, piece: Piece, seed: int) -> Made:
        """Write one shard of samples. Raises ConfigError when that cannot be done."""
        return writing.piece(self, folder, piece, seed)

    @property
    def sha256(self) -> str:
        """Of the weights, as the file of the model has it."""
        tensors = self.network.state_dict()
        now_held = tuple((each.data_ptr(), each._version) for each in tensors.values())
        if self._hashed is None or self._hashed[0] != now_held:
            state = {name: each.cpu().contiguous() for name, each in tensors.items()}
            self._hashed = now_held, hashlib.sha256(safetensors.torch.save(state)).hexdigest()
        return self._hashed[1]

    def grid(
        self,
        records: Raw,
        path: str | Path,
        columns: int | None = None,
        seed: int | None = None,
        condition: str | None = None,
        **asked: str,
    ) -> Path:
        """Write one picture that shows all the records, marked as `write` does. Raises ConfigError when it cannot."""
        path = Path(path)
        asked = {"grid": str(len(records)), **({"columns": str(columns)} if columns else {}), **asked}
        with writing.guarded(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            sheet = self.marking.drawn(self.codec.preview(records, columns), self.sha256)
            Image.fromarray(sheet).save(path)
            stamp(path, self.mark(seed, 0, condition, **asked), self.marking.producer)
        return path

    def save(self, path: str | Path) -> Path:
        """Write the model alone, weights and page, into a directory that `load` reads."""
        artefact.write(
            Path(path), self.run, self.codec, self.network, self.samples, privacy=self.privacy, made=self.made
        )
        return Path(path)


def _check(**values: tuple[int, int]) -> None:
    for name, (value, least) in values.items():
        if value < least:
            raise ConfigError(f"{name} must be at least {least}, got {value}")


def load(path: str | Path, device: str = "cpu") -> Model:
    """The model of a run directory, finished or not, or of a directory that `Model.save` wrote."""
    return Model.load(path, device)


def _slerp(a: Tensor, b: Tensor, share: Tensor) -> Tensor:
    angle = torch.arccos(torch.clamp(torch.dot(a, b) / (a.norm() * b.norm()), -1, 1))
    if angle.abs() < 1e-4:
        return torch.lerp(a, b, share)
    return (torch.sin((1 - share) * angle) * a + torch.sin(share * angle) * b) / torch.sin(angle)
