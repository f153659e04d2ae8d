"""From a backbone's name to the backbone, or one line that says which names there are: nothing is put in its place."""

from pathlib import Path

from ....settings import CheckpointError, ConfigError
from ..files import Weights, fitted, read_weights
from ..own import Own
from ..squeezenet import SqueezeNet
from .alexnet import TAPS, alexnet
from .base import Backbone, Layered
from .learned import Learned
from .picture import Still
from .untrained import KINDS, untrained
from .vgg import vgg, vgg_taps

WAYS = (
    "there are random:vgg:SEED (needs nothing), self:FILE (learnt from your pictures) "
    "and file:FILE (published weights of VGG16, VGG19, AlexNet or SqueezeNet 1.0)"
)
SQUEEZENET_TAPS = (1, 5, 10, 12)
"""Before each reduction, and the last."""
_FEATURES, _ONLY_VGG19 = "features.", "features.34.weight"


def open_backbone(name: str) -> Backbone:
    """`random:KIND:SEED`, `self:FILE`, `file:FILE` or `picture:FILE`.

    Raises ConfigError, DataError or CheckpointError in one line.
    """
    kind, _, rest = name.strip().partition(":")
    if kind == "random":
        return _random(name, rest)
    if kind not in ("self", "file", "picture") or not rest:
        raise ConfigError(f"no backbone '{name}'; {WAYS}")
    path = Path(rest).expanduser()
    if kind == "picture":
        return Still(name, path)
    if not path.is_file():
        raise ConfigError(f"{name}: there is no such file; {WAYS}")
    return Learned(name, Own.open(path)) if kind == "self" else _published(name, read_weights(path))


def _random(name: str, rest: str) -> Backbone:
    kind, _, seed = rest.partition(":")
    if kind not in KINDS or not (seed.isascii() and seed.isdigit()) or len(seed) > 18:
        raise ConfigError(f"no backbone '{name}'; random ones are {', '.join(f'random:{each}:0' for each in KINDS)}")
    return untrained(kind, int(seed))


def _published(name: str, weights: Weights) -> Backbone:
    """Which network they belong to is told by their names and shapes."""
    names = weights.tensors
    if "features.3.squeeze.weight" in names:
        layers = fitted(SqueezeNet, weights, "SqueezeNet 1.0").features
        return Layered(name, layers, SQUEEZENET_TAPS, weights.sha256, trained=True)
    first = names.get("features.0.weight")
    shape = () if first is None else tuple(first.shape)
    cut = {key.removeprefix(_FEATURES): each for key, each in names.items() if key.startswith(_FEATURES)}
    inner = Weights(cut, weights.sha256, weights.path)
    if shape == (64, 3, 11, 11):
        return Layered(name, fitted(alexnet, inner, "AlexNet"), TAPS, weights.sha256, trained=True)
    if shape == (64, 3, 3, 3):
        kind = "vgg19" if _ONLY_VGG19 in names else "vgg16"
        layers, taps = fitted(lambda: vgg(kind), inner, kind.upper()), vgg_taps(kind)
        return Layered(name, layers, taps, weights.sha256, trained=True)
    raise CheckpointError(f"{weights.path}: weights of none of VGG16, VGG19, AlexNet and SqueezeNet 1.0; {WAYS}")
