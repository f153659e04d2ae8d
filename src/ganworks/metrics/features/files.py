"""Published weights: read from a file, fetched where there is a network, and fitted to a network that must agree."""

import hashlib
import http.client
import os
import secrets
import struct
import urllib.error
import urllib.request
import warnings
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from pickle import UnpicklingError  # what torch raises; nothing is unpickled but tensors
from typing import NamedTuple, TypeVar

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor, nn

from ...settings import CheckpointError, DataError

_TIMEOUT_SECONDS = 30
_NAMED = 3
_COUNTER = "num_batches_tracked"
"""A counter that old files lack and that no feature depends on."""
# All that torch was seen to raise for files that are cut short or are something else.
_BROKEN = (
    *(RuntimeError, UnpicklingError, EOFError, ValueError, LookupError, TypeError, AttributeError),
    *(OSError, AssertionError, ArithmeticError, MemoryError, struct.error),
)

Network = TypeVar("Network", bound=nn.Module)


class Weights(NamedTuple):
    """Tensors by name, on the CPU, and the SHA-256 of the file they came from."""

    tensors: dict[str, Tensor]
    sha256: str
    path: Path


def read_weights(path: Path) -> Weights:
    """Weights from a .safetensors file, or from one that torch saved (only tensors are read, never code).

    What lies under `state_dict` is unwrapped, and a leading `module.` is cut from every name.
    Raises DataError when there is no such file, CheckpointError when it holds no weights.
    """
    if not path.is_file():
        raise DataError(f"{path}: wanted a file of weights (.safetensors, .pth), there is none")
    try:
        sha256 = sha256_of(path)
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror or error}") from None
    try:
        tensors = _safetensors(path) if path.suffix == ".safetensors" else _torch(path)
    except (SafetensorError, *_BROKEN) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0][:120]
        raise CheckpointError(f"{path}: no readable file of weights ({reason}); fetch it again") from None
    return Weights({name.removeprefix("module."): each for name, each in tensors.items()}, sha256, path)


def fitted(build: Callable[[], Network], weights: Weights, what: str) -> Network:
    """The network with these weights in float32, frozen. Its own first values are never drawn.

    Raises CheckpointError naming up to three tensors that are missing, too many, or of another shape.
    """
    with torch.device("meta"):
        network = build()
    wanted = {name: each for name, each in network.state_dict().items() if not name.endswith(_COUNTER)}
    tensors = {name: each for name, each in weights.tensors.items() if not name.endswith(_COUNTER)}
    if wrong := _disagreements(wanted, tensors):
        more = f" and {len(wrong) - _NAMED} more" if len(wrong) > _NAMED else ""
        raise CheckpointError(f"{weights.path}: these are no weights of {what}: {', '.join(wrong[:_NAMED])}{more}")
    counters = {name: torch.tensor(0) for name in network.state_dict() if name.endswith(_COUNTER)}
    network.load_state_dict({name: each.float() for name, each in tensors.items()} | counters, assign=True)
    return network.eval().requires_grad_(False)


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def fetched(url: str, folder: Path, sha256: str, ways_out: str) -> Path:
    """The file at `url`, kept in `folder`, whose SHA-256 begins with `sha256`.

    Raises DataError in one line, ending with `ways_out`, when it cannot be had or is another file.
    """
    path = folder / url.rpartition("/")[2]
    if path.is_file() and sha256_of(path).startswith(sha256):
        return path
    partial = path.with_name(f"{path.name}.{secrets.token_hex(4)}.part")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with urllib.request.urlopen(url, timeout=_TIMEOUT_SECONDS) as answer, partial.open("wb") as file:
            while block := answer.read(1 << 20):
                file.write(block)
            file.flush()
            os.fsync(file.fileno())
        if not (got := sha256_of(partial)).startswith(sha256):
            raise DataError(f"{url}: the SHA-256 begins with {got[:8]}, wanted {sha256}; {ways_out}")
        partial.replace(path)
    except (OSError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", None) or getattr(error, "strerror", None) or error
        raise DataError(f"{url}: cannot be fetched ({reason}); {ways_out}") from None
    finally:
        with suppress(OSError):
            partial.unlink()
    return path


def _safetensors(path: Path) -> dict[str, Tensor]:
    with safe_open(path, framework="pt", device="cpu") as file:
        return {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  it is no mapping


def _torch(path: Path) -> dict[str, Tensor]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about bytes that are refused a moment later
        held = torch.load(path, map_location="cpu", weights_only=True, mmap=False)
    held = held.get("state_dict", held) if isinstance(held, Mapping) else held
    table = isinstance(held, Mapping) and all(isinstance(a, str) and isinstance(b, Tensor) for a, b in held.items())
    if not table or not held:
        raise ValueError("it holds no table of tensors")
    return dict(held)


def _disagreements(wanted: Mapping[str, Tensor], got: Mapping[str, Tensor]) -> list[str]:
    return [
        *(f"{name} is missing" for name in wanted if name not in got),
        *(
            f"{name} is {_by(got[name])}, wanted {_by(each)}"
            for name, each in wanted.items()
            if name in got and got[name].shape != each.shape
        ),
        *(f"{name} is not known" for name in got if name not in wanted),
    ]


def _by(tensor: Tensor) -> str:
    return "x".join(map(str, tensor.shape)) or "one number"
