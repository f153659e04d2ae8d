"""Which engine draws fastest here: measured once in a second or two, and remembered.

What is remembered is what was measured, not who won: whether preparing an engine is worth it depends on how many
samples are wanted, so the same memory answers every count, and answers it the same way each time.
"""

import hashlib
import json
import os
import platform
import secrets
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from importlib import metadata
from pathlib import Path
from typing import Any

import torch
from pydantic import TypeAdapter, ValidationError
from torch import Tensor, nn

from ...domains.image.cache import cache_folder
from ...networks.layers import Activate
from ...settings import ConfigError, Settings
from .kinds import KINDS, Draw

VERSION = 1
"""Of the engines and of how they are measured; raised when either changes."""
SECONDS, ROUNDS = 1.0, 3
"""What measuring may take once everything is prepared, and the rounds it takes at least."""
WORTH = 5
"""An engine that is slow to prepare is tried where drawing takes so many times as long as trying it."""
ABSOLUTE, SHARE = 1e-4, 1 / 255
"""How far an engine may be from the exact one: at most, in float32; as a mean share of the range, in bfloat16."""

Say = Callable[[str], None]


class Measured(Settings):
    """What one engine did on this machine."""

    seconds: float = 0.0
    """For a batch: the best of some, since whatever else the machine does only adds."""
    ready: float = 0.0
    """Seconds that preparing it took."""
    difference: float = 0.0
    """From the exact samples: largest in float32; in bfloat16 the mean as a share of the range."""
    refused: str = ""
    """Why it is not used."""


Table = dict[str, Measured]
_TABLE = TypeAdapter(Table)
_SAID: set[str] = set()
"""What was said already in this process."""


def choose(network: nn.Module, z: Tensor, count: int, say: Say = lambda line: None) -> str:
    """The name of the engine that draws `count` samples soonest, in batches of the size of z (B, L).

    The network is in evaluation mode and z lies on its device. `say` hears, once a process, of engines that cannot be
    had here.
    """
    device, batches = z.device, -(-count // len(z))
    if any(span.kind == "softmax" for each in network.modules() if isinstance(each, Activate) for span in each.spans):
        return "exact"  # such spans are drawn by lot, so no two engines could be compared
    had = {name: kind for name, kind in KINDS.items() if _had(name, device, say)}
    path = cache_folder() / "sampling" / f"{_key(network, z)}.json"
    table = _recalled(path)
    quick = [name for name, kind in had.items() if not kind.seconds]
    if not table.keys() >= set(quick):
        table |= _measure(network, z, quick)
        _remember(path, table)
    best = _best(table, had, batches)
    worth = _worth([name for name in had if name not in table], batches * table[best].seconds)
    if worth:
        table |= _measure(network, z, [best, *worth])
        _remember(path, table)
    return _best(table, had, batches)


def prepared(name: str, network: nn.Module, z: Tensor) -> Draw:
    """An engine, ready for batches of the size of z, trusted to draw what the network does.

    Torch's own generator is left as it was. Raises ConfigError when preparing it fails.
    """
    try:
        with torch.random.fork_rng(devices=[]), torch.no_grad():
            draw = KINDS[name].prepare(network, z)
            if name != "exact":
                draw(z)  # compilers wait for the first call
    except Exception as error:  # exporters, compilers and runtimes raise classes of their own
        raise ConfigError(f"engine '{name}' fails here: {_line(error)}; take engine=exact or another") from error
    return draw


@torch.no_grad()
def checked(name: str, network: nn.Module, z: Tensor, exact: Tensor) -> tuple[Draw, float]:
    """An engine that was compared with the exact samples (B, *shape) of z, and how far it is from them.

    Raises ConfigError when it is too far, or cannot be prepared.
    """
    draw = prepared(name, network, z)
    apart, bound = difference(name, draw(z), exact), SHARE if KINDS[name].bfloat16 else ABSOLUTE
    if not apart <= bound:
        what = "on average, as a share of the range" if KINDS[name].bfloat16 else "at most"
        raise ConfigError(
            f"engine '{name}' must agree with the exact one to {bound:.1g} {what}, it differs by {apart:.2g} for this "
            "model; take engine=exact or another"
        )
    return draw, apart


def difference(name: str, drawn: Tensor, exact: Tensor) -> float:
    """How far samples are from the exact ones: the most in float32, the mean as a share of the range in bfloat16."""
    apart = (drawn.float() - exact.float()).abs()
    if not KINDS[name].bfloat16:
        return apart.max().item()
    return (apart.mean() / (exact.max() - exact.min()).clamp(min=1e-6)).item()


def _had(name: str, device: torch.device, say: Say) -> bool:
    reason = KINDS[name].missing(device)
    if reason and reason not in _SAID:
        _SAID.add(reason)
        say(f"sampling without {name}: {reason}")
    return reason is None


def _worth(names: Iterable[str], drawing: float) -> list[str]:
    """The slow ones to try where drawing takes so many seconds, the quickest to prepare first."""
    worth, spent = [], 0.0
    for name in sorted(names, key=lambda name: KINDS[name].seconds):
        spent += KINDS[name].seconds
        if drawing > WORTH * spent:
            worth.append(name)
    return worth


def _best(table: Table, names: Iterable[str], batches: int) -> str:
    usable = [name for name in names if name in table and not table[name].refused]
    return min(usable, key=lambda name: table[name].ready + batches * table[name].seconds)


@torch.no_grad()
def _measure(network: nn.Module, z: Tensor, names: list[str]) -> Table:
    """Prepare each engine, compare it with the exact one, and time them by turns."""
    exact, table, draws = network(z), {}, {}
    for name in names:
        begun = time.perf_counter()
        try:
            draws[name], apart = checked(name, network, z, exact)
            ready = time.perf_counter() - begun if name != "exact" else 0.0
            table[name] = Measured(ready=ready, difference=apart)
        except ConfigError as error:
            table[name] = Measured(refused=str(error))
    for name, seconds in _times(draws, z).items():
        table[name] = table[name].model_copy(update={"seconds": seconds})
    return table


def _times(draws: dict[str, Draw], z: Tensor) -> dict[str, float]:
    """Seconds for a batch, the best of at least three rounds, in which the engines take turns of some milliseconds."""
    best = dict.fromkeys(draws, float("inf"))
    repeats = dict.fromkeys(draws, 1)
    begun, rounds = time.perf_counter(), 0
    while rounds < ROUNDS or time.perf_counter() - begun < SECONDS:
        for name, draw in draws.items():
            _wait(z.device)
            start = time.perf_counter()
            for _ in range(repeats[name]):
                draw(z)
            _wait(z.device)
            best[name] = min(best[name], (time.perf_counter() - start) / repeats[name])
            repeats[name] = max(1, min(50, int(0.02 / max(best[name], 1e-9))))
        rounds += 1
    return best


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def _key(network: nn.Module, z: Tensor) -> str:
    """SHA-256 over all that a measurement depends on: the weights, the versions, the machine, threads, batch."""
    device = torch.cuda.get_device_name(z.device) if z.device.type == "cuda" else z.device.type
    machine = [platform.node(), platform.machine(), torch.backends.cpu.get_cpu_capability(), os.cpu_count(), device]
    versions = [VERSION, torch.__version__, _version("onnxruntime"), _version("onnxscript")]
    digest = hashlib.sha256(json.dumps([versions, machine, torch.get_num_threads(), len(z), repr(network)]).encode())
    for name, tensor in network.state_dict().items():
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
        digest.update(tensor.detach().cpu().contiguous().flatten().view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()


def _line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return ""


def _recalled(path: Path) -> Table:
    """What was measured before; nothing when there is no memory, or it is damaged."""
    try:
        table = _TABLE.validate_json(path.read_bytes())
    except (OSError, ValidationError):
        return {}
    return table if not table.get("exact", Measured(refused="not measured")).refused else {}


def _remember(path: Path, table: Table) -> None:
    plain: dict[str, Any] = {name: each.tree() for name, each in table.items()}
    with suppress(OSError):  # without it the next call only measures again
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_suffix(f".{secrets.token_hex(4)}")
        temporary.write_text(json.dumps(plain, indent=1), encoding="ascii")
        temporary.replace(path)
