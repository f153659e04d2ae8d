"""Model: what a user keeps of a run: generate, interpolate, write, save."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Self

import torch
from PIL import Image
from torch import Tensor, nn

from .adversarial.player import load_exactly
from .domains import Codec
from .domains.base import Raw
from .settings import CheckpointError, ConfigError, read_toml
from .training import artefact, devices, sampling
from .training.artefact import Artefact
from .training.checkpoint import Checkpoints
from .training.run import Run
from .training.session import Session


class Model:
    """A trained generator with the codec that turns its samples into records."""

    def __init__(self, run: Run, codec: Codec, network: nn.Module, samples: int):
        self.run, self.codec, self.network, self.samples = run, codec, network.eval().requires_grad_(False), samples

    @classmethod
    def of(cls, session: Session) -> Self:
        """The model of a session as it stands: at its end, the best that was judged."""
        return cls(session.run, session.codec, *session.model)

    @classmethod
    def load(cls, path: str | Path, device: str = "cpu") -> Self:
        """Load a run directory or a model directory; of a run that is not finished, its newest checkpoint.

        Raises CheckpointError when there is none or it was altered.
        """
        path = Path(path)
        if not path.is_dir():
            raise CheckpointError(f"{path}: wanted a run or a model directory, there is none")
        loaded = _loaded(path)
        network = loaded.run.generator.build(loaded.codec.spec)
        load_exactly(network, loaded.weights, str(path))
        layout = torch.channels_last
        network = network.to(devices.pick(device), memory_format=layout)  # type: ignore[call-overload]
        return cls(loaded.run, loaded.codec, network, loaded.samples)

    def generate(self, count: int, seed: int = 0, first: int = 0) -> Raw:
        """Records (count, ...) in the data's own form: for pictures uint8 (count, H, W, C).

        The i-th sample of a seed is the same bytes whatever the count; `first` skips that many.
        Raises ConfigError when count is below 1 or seed or first below 0.
        """
        for name, value, least in (("count", count, 1), ("seed", seed, 0), ("first", first, 0)):
            if value < least:
                raise ConfigError(f"{name} must be at least {least}, got {value}")
        return self.decode(sampling.latents(self.run.latents, self.run.generator.latent, count, seed, first))

    def interpolate(self, steps: int = 8, seed: int = 0, pairs: int = 1) -> Raw:
        """Records on the way between pairs of latents, (pairs * steps, ...); a pair's run from one end to the other.

        Normal latents are followed along the great circle, since their length is what a generator knows (White, 2016).
        """
        if steps < 2 or pairs < 1:
            raise ConfigError(f"steps must be at least 2 and pairs at least 1, got {steps} and {pairs}")
        ends = sampling.latents(self.run.latents, self.run.generator.latent, 2 * pairs, seed)
        share = torch.linspace(0, 1, steps)[:, None]
        ways = [_slerp(a, b, share) for a, b in zip(ends[::2], ends[1::2], strict=True)]
        return self.decode(torch.cat(ways))

    def decode(self, z: Tensor) -> Raw:
        """Records for latents z (N, L)."""
        return sampling.records(self.network, self.codec, z)

    def write(self, records: Raw, folder: str | Path, first: int = 0) -> list[Path]:
        """Write records as files of the data's own kind, numbered from `first`. Returns their paths.

        Raises ConfigError when they cannot be written there.
        """
        folder = Path(folder)
        with _writing(folder):
            folder.mkdir(parents=True, exist_ok=True)
            return self.codec.write(records, folder, first)

    def grid(self, records: Raw, path: str | Path, columns: int | None = None) -> Path:
        """Write one picture that shows all the records. Raises ConfigError when it cannot be written there."""
        path = Path(path)
        with _writing(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(self.codec.preview(records, columns)).save(path)
        return path

    def save(self, path: str | Path) -> Path:
        """Write the model alone, weights and page, into a directory that `load` reads."""
        artefact.write(Path(path), self.run, self.codec, self.network, self.samples)
        return Path(path)


def load(path: str | Path, device: str = "cpu") -> Model:
    """The model of a run directory, finished or not, or of a directory that `Model.save` wrote."""
    return Model.load(path, device)


def _place(path: Path) -> Path | None:
    for place in (path / "model", path):
        if (place / artefact.PAGE).exists():
            return place
    return None


def _loaded(path: Path) -> Artefact:
    place = _place(path)
    if place is None:
        return _from_checkpoint(path)
    shipped = artefact.read(place)
    # A finished run that was given a larger budget has gone on since its model was written.
    newest = Checkpoints(path / "checkpoints").paths()[-1:]
    gone_on = any(int(each.name.partition("-")[0]) > shipped.of for each in newest)
    return _from_checkpoint(path) if gone_on else shipped


def _from_checkpoint(path: Path) -> Artefact:
    settings = path / "run.toml"
    saved = Checkpoints(path / "checkpoints").latest() if settings.exists() else None
    if saved is None:
        raise CheckpointError(f"{path}: neither a model nor a whole checkpoint here; train one with --run {path}")
    run = Run.from_tree(read_toml(settings), str(settings))
    state = saved.parts["generator"]
    prefix = "average." if any(name.startswith("average.") for name in state) else "network."
    weights = {name.removeprefix(prefix): value for name, value in state.items() if name.startswith(prefix)}
    return Artefact(run, artefact.codec_of(run, saved.values["codec"]), weights, saved.samples)


@contextlib.contextmanager
def _writing(path: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, ValueError) as error:  # Pillow's word for a suffix it does not know is ValueError
        reason = error.strerror if isinstance(error, OSError) else None
        raise ConfigError(f"{path} cannot be written: {reason or error}; choose another place") from error


def _slerp(a: Tensor, b: Tensor, share: Tensor) -> Tensor:
    angle = torch.arccos(torch.clamp(torch.dot(a, b) / (a.norm() * b.norm()), -1, 1))
    if angle.abs() < 1e-4:
        return torch.lerp(a, b, share)
    return (torch.sin((1 - share) * angle) * a + torch.sin(share * angle) * b) / torch.sin(angle)
