"""Features learnt from the user's own data, kept in a cache under the content they were learnt from.

<folder>/own/<key>.safetensors   the weights
             <key>.json          what they were learnt from and by, and their SHA-256
"""

import hashlib
import json
import os
import secrets
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any, ClassVar

import safetensors.torch
import torch
from torch import Tensor

from ...settings import CheckpointError, ConfigError, DataError
from .base import Extractor
from .files import Weights, fitted, read_weights
from .learning import Named, Notify, Task, learnt, prepared

VERSION = 1
"""Of the networks and of how they learn; raised when either changes."""
STEPS, MOST_SAMPLES, LEAST_SAMPLES, MOST_CLASSES = 1000, 20_000, 32, 1000
_HELD_OUT = 10
"""One in so many labelled samples is not learnt from, and tells the accuracy."""


class Own(Extractor):
    """Features that a small network learnt from the user's own data."""

    name = "own"
    licence: ClassVar[str] = "that of the data it was trained on"
    reads: ClassVar[str] = "samples like those it was trained on"

    def __init__(self, weights: Weights, page: dict[str, Any]):
        self.page = page
        self.shape: tuple[int, ...] = tuple(page["shape"])
        self.classes = tuple(page["classes"])
        seen = tuple(page["prepared"])
        self.network = fitted(lambda: Named(seen, len(self.classes)), weights, "this extractor")
        self.sha256 = weights.sha256

    @classmethod
    def open(cls, path: Path | None, cache: Path | None = None) -> "Own":
        """What `train` kept. Raises CheckpointError when it is damaged, DataError when it is not there."""
        if path is None:
            raise ConfigError(
                "own is trained on your data first; write own:FILE for one that was (a .safetensors file)"
            )
        weights = read_weights(path)
        beside = path.with_suffix(".json")
        try:
            page = json.loads(beside.read_text("utf-8"))
            if page["sha256"] != weights.sha256:
                raise CheckpointError(f"{path}: altered since it was written (its SHA-256 differs); train it anew")
            return cls(weights, page)
        except OSError as error:
            raise DataError(f"{beside}: wanted beside the weights, {error.strerror or error}") from None
        except (KeyError, TypeError, AttributeError, RuntimeError, UnicodeDecodeError, json.JSONDecodeError):
            raise CheckpointError(f"{beside}: does not describe the weights beside it; train them anew") from None

    def check(self, shape: tuple[int, ...]) -> None:
        if tuple(shape) != self.shape:
            raise DataError(f"own was trained on samples of shape {self.shape}, got {tuple(shape)}; train it anew")

    @torch.no_grad()
    def __call__(self, x: Tensor) -> Tensor:
        self.check(tuple(x.shape[1:]))
        encoder = self.network.to(x.device).encoder
        features: Tensor = encoder(encoder.standard(prepared(x.float())))
        return features

    @torch.no_grad()
    def probabilities(self, x: Tensor) -> Tensor:
        features = self(x)
        if self.network.answer is None:
            return super().probabilities(x)
        scores: Tensor = self.network.answer(features)
        return scores.softmax(1)

    def record(self) -> dict[str, Any]:
        learnt_by = {name: self.page.get(name) for name in ("task", "samples", "steps", "seed", "accuracy", "data")}
        return {**super().record(), **learnt_by}


def train(
    parts: Iterable[Tensor],
    shape: tuple[int, ...],
    labels: Tensor | None = None,
    classes: tuple[str, ...] = (),
    steps: int = STEPS,
    seed: int = 0,
    folder: Path | None = None,
    notify: Notify = lambda line: None,
) -> Own:
    """An extractor learnt from encoded samples, parts of (B, *shape) in any number; labels (N,) number the classes.

    At most 20,000 samples are learnt from, drawn at random. What was learnt before from the same samples with the same
    settings is read from `folder`; a folder that cannot be written only costs the time again.
    Raises DataError when there are fewer than 32 samples, or labels that fit neither samples nor classes.
    """
    x, chosen, count, digest = _gathered(parts, shape, seed)
    task: Task = "noise" if len(shape) != 3 else "views"
    known = None
    if labels is not None and classes:
        _check_labels(labels, count, classes)
        task, known = "classes", labels.long().cpu()
        digest.update(known.numpy().tobytes())
    about: dict[str, Any] = {"version": VERSION, "task": task, "shape": list(shape)}
    about |= {"classes": list(classes) if known is not None else [], "steps": steps, "seed": seed}
    about |= {"samples": count, "data": digest.hexdigest()}
    key = hashlib.sha256(json.dumps(about, sort_keys=True).encode()).hexdigest()
    path = Path("own") if folder is None else folder / "own" / f"{key}.safetensors"
    if folder is not None and path.is_file():
        with suppress(CheckpointError, DataError):
            return Own.open(path)
    network, accuracy = _learn(x, task, None if known is None else known[chosen], len(classes), steps, seed, notify)
    data = safetensors.torch.save({name: each.contiguous() for name, each in network.state_dict().items()})
    sha256 = hashlib.sha256(data).hexdigest()
    page = {**about, "prepared": list(x.shape[1:]), "accuracy": accuracy, "made_by": "ganworks", "sha256": sha256}
    if folder is not None:
        try:
            keep(path, data, json.dumps(page, indent=1))
        except OSError as error:
            notify(f"{path.parent}: cannot be written ({error.strerror or error}); the features are not kept")
    return Own(Weights(safetensors.torch.load(data), sha256, path), page)


def _learn(
    x: Tensor, task: Task, labels: Tensor | None, classes: int, steps: int, seed: int, notify: Notify
) -> tuple[Named, float | None]:
    """The network, and for classes its accuracy on samples it did not learn from."""
    held = 0 if labels is None else len(x) // _HELD_OUT
    network = learnt(x[held:], task, None if labels is None else labels[held:], classes, steps, seed, notify)
    if network.answer is None or labels is None:
        return network, None
    encoder, right = network.encoder, 0
    with torch.no_grad():
        for first in range(0, held, 256):
            rows = slice(first, min(first + 256, held))
            scores = network.answer(encoder(encoder.standard(x[rows])))
            right += int((scores.argmax(1) == labels[rows]).sum())
    notify(f"learnt features: {right / held:.1%} of {held:,} samples not learnt from are named rightly")
    return network, right / held


def _gathered(
    parts: Iterable[Tensor], shape: tuple[int, ...], seed: int
) -> tuple[Tensor, Tensor, int, "hashlib._Hash"]:
    """Prepared samples, at most 20,000 in an order of chance; their numbers; how many there were; their hash."""
    generator = torch.Generator().manual_seed(seed)
    digest = hashlib.sha256()
    kept, ranks, numbers, count = [], torch.zeros(0), torch.zeros(0, dtype=torch.int64), 0
    for given in parts:
        part = given.detach().float().cpu()
        if tuple(part.shape[1:]) != tuple(shape):
            raise DataError(f"own: wanted samples of shape {tuple(shape)}, got {tuple(part.shape[1:])}")
        if not part.isfinite().all():
            raise DataError("own: samples to learn from hold numbers that are not finite; mend the data")
        digest.update(part.numpy().tobytes())
        kept.append(prepared(part))
        ranks = torch.cat([ranks, torch.rand(len(part), generator=generator)])
        numbers = torch.cat([numbers, torch.arange(count, count + len(part))])
        count += len(part)
        if len(ranks) > 2 * MOST_SAMPLES:
            kept, ranks, numbers = _lowest(kept, ranks, numbers)
    if count < LEAST_SAMPLES:
        raise DataError(
            f"own: at least {LEAST_SAMPLES} samples are needed to learn from, got {count}; use random or pixels"
        )
    (x,), _, numbers = _lowest(kept, ranks, numbers)
    return x, numbers, count, digest


def _lowest(kept: list[Tensor], ranks: Tensor, numbers: Tensor) -> tuple[list[Tensor], Tensor, Tensor]:
    order = ranks.argsort(stable=True)[:MOST_SAMPLES]
    return [torch.cat(kept)[order]], ranks[order], numbers[order]


def _check_labels(labels: Tensor, count: int, classes: tuple[str, ...]) -> None:
    if len(labels) != count:
        raise DataError(f"own: {count:,} samples have {len(labels):,} labels; give one a sample")
    if not 2 <= len(classes) <= MOST_CLASSES or int(labels.min()) < 0 or int(labels.max()) >= len(classes):
        raise DataError(
            f"own: wanted labels from 0 to {len(classes) - 1} of 2 to {MOST_CLASSES} classes, got "
            f"{int(labels.min())} to {int(labels.max())}; leave the labels out"
        )


def keep(path: Path, data: bytes, page: str) -> None:
    """The page last: without it the weights count for nothing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    for target, content in ((path, data), (path.with_suffix(".json"), page.encode())):
        partial = target.with_name(f"{target.name}.{secrets.token_hex(4)}.part")
        try:
            with partial.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            partial.replace(target)
        finally:
            with suppress(OSError):
                partial.unlink()
