"""Frozen feature extractors, each with a name and a hash, and the choice among them."""

import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ...settings import ConfigError, DataError, no_such
from .base import Extractor
from .cifar import CifarResNet
from .digits import SIDE, Digits
from .dinov2 import DINOv2
from .inception import Inception
from .own import Own
from .simple import Pixels, RandomConvolutions
from .squeezenet import SqueezeNetFeatures

AUTO = "auto"
_PART = 128
"""Samples whose features are computed at once: as many as stay near the core."""
_SELF_CONTAINED = ("digits", "pixels", "random")


def pick(text: str, shape: tuple[int, ...], data: str = "", cache: Path | None = None) -> Extractor:
    """The extractor that `text` names: `auto`, a name, or `name:FILE` with a file of weights.

    For samples of this shape; `auto` also looks at `data`, what the user called the data. `cache` is where weights are
    fetched to.
    Raises ConfigError, DataError or CheckpointError in one line that says what can be chosen instead.
    """
    name, colon, file = text.strip().partition(":")
    if name == AUTO and not colon:
        name = chosen(shape, data)
    if name not in EXTRACTORS:
        raise ConfigError(no_such("extractor", name, [AUTO, *EXTRACTORS]))
    if colon and (not file or name in _SELF_CONTAINED):
        raise ConfigError(
            f"an extractor is written NAME or NAME:FILE, and {name} reads no file, got '{text}'"
            if file
            else f"a file is wanted after the colon of '{text}'"
        )
    extractor = EXTRACTORS[name](shape, Path(file).expanduser() if file else None, cache)
    extractor.check(shape)
    return extractor


def chosen(shape: tuple[int, ...], data: str = "") -> str:
    """The name that `auto` stands for: `digits` for MNIST, `random` for other pictures and for clips, else `pixels`."""
    if len(shape) == 4:  # a clip has too many values to be its own features
        return "random"
    if len(shape) != 3:
        return "pixels"
    # A word that begins with mnist: neither pneumoniamnist nor kmnist has these digits.
    of_digits = re.search(r"(?<![a-z])mnist", data.lower()) and "fashion" not in data.lower()
    return "digits" if of_digits and shape == (1, SIDE, SIDE) else "random"


def extract(extractor: Extractor, parts: Iterable[Tensor]) -> Tensor:
    """Features (N, F) float32 on the CPU, of samples in parts of (B, *shape). Raises DataError when there are none."""
    features = [extractor(each).cpu() for part in parts for each in torch.split(part, _PART) if len(each)]
    if not features:
        raise DataError(f"{extractor.name}: no samples to take features of; the split is empty")
    return torch.cat(features)


def same(record: Mapping[str, Any], extractor: Extractor) -> None:
    """Raise DataError when numbers stored under `record` were made with another extractor than the one in hand."""
    stored = str(record.get("name")), str(record.get("sha256"))
    if stored != (extractor.name, extractor.sha256):
        raise DataError(
            f"the stored numbers were made with the extractor {stored[0]} {stored[1][:12]}, in hand is "
            f"{extractor.name} {extractor.sha256[:12]}; evaluate anew, or give the extractor they were made with"
        )


EXTRACTORS: dict[str, Callable[[tuple[int, ...], Path | None, Path | None], Extractor]] = {
    "digits": lambda shape, file, cache: Digits(shape[0]),
    "random": lambda shape, file, cache: RandomConvolutions(shape),
    "pixels": lambda shape, file, cache: Pixels(),
    "own": lambda shape, file, cache: Own.open(file, cache),
    "inception": lambda shape, file, cache: Inception.open(file, cache),
    "dinov2": lambda shape, file, cache: DINOv2.open(file, cache),
    "squeezenet": lambda shape, file, cache: SqueezeNetFeatures.open(file, cache),
    "cifar-resnet": lambda shape, file, cache: CifarResNet.open(file, cache),
}

__all__ = ["AUTO", "EXTRACTORS", "Extractor", "chosen", "extract", "pick", "same"]
