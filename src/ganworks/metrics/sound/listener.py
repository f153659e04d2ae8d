"""Listener: a small network that learns to name the classes of recordings, and says whether samples are as asked."""

import hashlib
import json
import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple, Self

import safetensors.torch
import torch
from torch import Tensor, nn
from torch.nn import functional

from ...settings import DataError
from ...spectra import Mel, log_mel
from ..features.files import Weights
from ..features.own import keep

Notify = Callable[[str], None]
VERSION = 1
"""Of the network and how it learns; raised when either changes."""
BANDS, FRAMES, FEATURES = 32, 64, 64
FLOOR = 1e-3
"""Magnitude of a band that counts as silence, under windows whose squares sum to one: faint noise is not heard."""
ROUNDS, BATCH, RATE = 24, 64, 3e-3
LEAST = 4
"""Recordings of each class at least."""


class _Ear(nn.Module):
    """Log-mel pictures (B, 1, bands, frames) -> features (B, 64), which a linear layer names."""

    def __init__(self, classes: int):
        super().__init__()
        layers: list[nn.Module] = [nn.BatchNorm2d(1)]
        for inputs, outputs in ((1, 16), (16, 32), (32, 64)):
            layers += [nn.Conv2d(inputs, outputs, 3, 2, 1), nn.BatchNorm2d(outputs), nn.ReLU()]
        self.body = nn.Sequential(*layers, nn.Flatten(), nn.Dropout(0.3))
        self.last = nn.Linear(64 * (BANDS // 8) * (FRAMES // 8), FEATURES)
        self.answer = nn.Linear(FEATURES, classes)

    def features(self, x: Tensor) -> Tensor:
        found: Tensor = self.last(self.body(x))
        return found


class Heard(NamedTuple):
    features: Tensor
    """(N, 64)."""
    probabilities: Tensor
    """(N, classes)."""


class Listener:
    """A network that has learnt, and how well it does on recordings it did not learn from."""

    def __init__(self, network: _Ear, rate: int, weights: Weights):
        self.network, self.rate, self.weights = network.eval(), rate, weights

    @property
    def name(self) -> str:
        return f"listener {self.weights.sha256[:8]}"

    @torch.no_grad()
    def __call__(self, x: Tensor) -> Heard:
        """Sounds (N, T) at the rate it learnt at."""
        features = torch.cat([self.network.features(pictures(part, self.rate)) for part in torch.split(x, BATCH)])
        return Heard(features, self.network.answer(features.relu()).softmax(1))

    def share(self, x: Tensor, labels: Tensor) -> float:
        """Share of sounds that it names as the labels do."""
        return float((self(x).probabilities.argmax(1) == labels).double().mean())

    @classmethod
    def learn(
        cls,
        x: Tensor,
        labels: Tensor,
        classes: int,
        rate: int,
        folder: Path | None = None,
        seed: int = 0,
        notify: Notify = lambda line: None,
    ) -> Self:
        """From sounds (N, T) and their classes (N,), about half a minute; what is known already is read from `folder`.

        Raises DataError for fewer than 4 recordings of some class.
        """
        if classes < 2 or int(labels.bincount(minlength=classes).amin()) < LEAST:
            raise DataError(f"a listener wants at least two classes and {LEAST} recordings of each to learn from")
        path = (folder or Path()) / "listener" / f"{_key(x, labels, classes, rate, seed)}.safetensors"
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            network = _Ear(classes)
            if folder is None or not _known(network, path):
                notify("a listener learns to name the classes: half a minute or so")
                _learn(network, x, labels, rate)
                if folder is not None:
                    _keep(network, path, notify)
        data = safetensors.torch.save(network.state_dict())
        return cls(network, rate, Weights(network.state_dict(), hashlib.sha256(data).hexdigest(), path))

    @staticmethod
    def at_hand(x: Tensor, labels: Tensor, classes: int, rate: int, folder: Path, seed: int = 0) -> bool:
        """Whether it was learnt before."""
        return (folder / "listener" / f"{_key(x, labels, classes, rate, seed)}.safetensors").is_file()


def pictures(x: Tensor, rate: int) -> Tensor:
    """Sounds (B, T) as pictures of 32 bands and 64 frames, all as loud as each other: what is said counts."""
    hop = max(2, 2 * math.ceil(x.shape[1] / FRAMES / 2))
    mel = Mel(rate=rate, window=4 * hop, hop=hop, bands=BANDS, floor=FLOOR * math.sqrt(4 * hop))
    level = x.abs().amax(1, keepdim=True).clamp_min(1e-4)
    bands = functional.pad(log_mel(x / level, mel), (0, FRAMES), value=math.log(mel.floor))
    return bands[:, None, :, :FRAMES]


def _learn(network: _Ear, x: Tensor, labels: Tensor, rate: int) -> None:
    seen = torch.cat([pictures(part, rate) for part in torch.split(x, BATCH)])
    quiet = float(seen.amin())
    steps = ROUNDS * math.ceil(len(seen) / BATCH)
    optimiser = torch.optim.AdamW(network.parameters(), RATE, weight_decay=0.02)
    pace = torch.optim.lr_scheduler.OneCycleLR(optimiser, RATE, total_steps=steps, pct_start=0.2)
    network.train()
    step = 0
    while step < steps:
        for part in torch.split(torch.randperm(len(seen)), BATCH):
            if step == steps or len(part) < 2:
                break
            logits = network.answer(network.features(_varied(seen[part], quiet)).relu())
            loss = functional.cross_entropy(logits, labels[part], label_smoothing=0.05)
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
            pace.step()
            step += 1
    network.eval()


def _varied(x: Tensor, quiet: float) -> Tensor:
    """A little later or earlier, a little higher or lower, and with a little noise: as another take would be."""
    later, higher = (int(each) for each in (torch.randint(-6, 7, ()), torch.randint(-1, 2, ())))
    moved = functional.pad(x, (max(later, 0), max(-later, 0), max(higher, 0), max(-higher, 0)), value=quiet)
    bands, frames = x.shape[2:]
    moved = moved[:, :, max(-higher, 0) : max(-higher, 0) + bands, max(-later, 0) : max(-later, 0) + frames]
    return moved + 0.2 * torch.randn_like(x)


def _key(x: Tensor, labels: Tensor, classes: int, rate: int, seed: int) -> str:
    about = json.dumps([VERSION, list(x.shape), classes, rate, seed])
    digest = hashlib.sha256(about.encode())
    digest.update(x.float().numpy().tobytes())
    digest.update(labels.long().numpy().tobytes())
    return digest.hexdigest()


def _known(network: _Ear, path: Path) -> bool:
    try:
        network.load_state_dict(safetensors.torch.load(path.read_bytes()))
    except (OSError, ValueError, RuntimeError, safetensors.SafetensorError):
        return False
    network.eval()
    return True


def _keep(network: _Ear, path: Path, notify: Notify) -> None:
    data = safetensors.torch.save({name: each.contiguous() for name, each in network.state_dict().items()})
    page: dict[str, str | Sequence[str]] = {"made_by": "ganworks", "sha256": hashlib.sha256(data).hexdigest()}
    try:
        keep(path, data, json.dumps(page))
    except OSError as error:
        notify(f"{path.parent}: cannot be written ({error.strerror or error}); the listener is not kept")
