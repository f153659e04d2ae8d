"""Where a run computes: device, precision, and what makes it repeatable."""

import contextlib
import ctypes
import os
import sys

import torch
from torch import nn

from ..adversarial.engines.lean import CONVOLUTIONS
from ..settings import ConfigError


def pick(name: str) -> torch.device:
    """The device a user named, or for `auto` the first there is. Raises ConfigError when it is not there."""
    if name == "auto":
        if torch.cuda.is_available():
            return torch.device("cuda")
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    try:
        device = torch.device(name)
    except RuntimeError:
        raise ConfigError(f"device must be auto, cpu, cuda, cuda:1 or mps, got '{name}'") from None
    there = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if not there.get(device.type, False):
        raise ConfigError(f"device '{name}' was asked for but torch sees none here; use device=auto or device=cpu")
    if device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
        raise ConfigError(f"device '{name}' was asked for but there are {torch.cuda.device_count()}, from cuda:0 on")
    return device


def wants_bf16(precision: str, device: torch.device, *networks: nn.Module) -> bool:
    """Whether activations are bfloat16: where the device computes in it, and on CPUs where networks convolve.

    Dense networks are as fast without, and points in the plane need more than its eight bits.
    """
    if precision != "auto":
        return precision == "bfloat16"
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported())
    convolves = all(any(isinstance(each, CONVOLUTIONS) for each in network.modules()) for network in networks)
    return device.type == "cpu" and convolves and computes_bf16()


def computes_bf16() -> bool:
    """Whether this CPU has instructions for products of bfloat16; without them it is many times slower."""
    known = torch.cpu.get_capabilities() if hasattr(torch.cpu, "get_capabilities") else {}
    return bool(known.get("avx512_bf16") or known.get("amx_bf16"))


def make_repeatable() -> None:
    """Choose algorithms by rule, not by a race between them, so that a resumed run is the same run."""
    torch.backends.cudnn.benchmark = False
    torch.backends.cudnn.deterministic = True
    # Ten bits in products and convolutions, more than bf16's seven; sums stay float32.
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = True


def keep_memory() -> None:
    """Have glibc keep large blocks instead of handing them back after each use.

    Activations of some megabytes would otherwise be paged in anew at every step, 8 % of the time of a residual network
    at 32 x 32. Elsewhere nothing is done.
    """
    if sys.platform != "linux":
        return
    with contextlib.suppress(OSError, AttributeError):
        library = ctypes.CDLL(None)
        library.mallopt(M_MMAP_THRESHOLD, 1 << 30)
        library.mallopt(M_TRIM_THRESHOLD, (1 << 31) - 1)


M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3


def describe(device: torch.device) -> dict[str, str | int]:
    """What a result depends on beside the settings: goes into the journal."""
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else device.type
    return {"device": name, "threads": torch.get_num_threads(), "torch": torch.__version__}


def threads_to_try(device: torch.device, wanted: int | None) -> list[int]:
    """Numbers of threads worth a trial, torch's own first; none where the user, a launcher or a device decides.

    On small networks, or beside other work, one thread can be ten times faster than two.
    """
    torches = torch.get_num_threads()
    if device.type != "cpu" or wanted is not None or "OMP_NUM_THREADS" in os.environ or torches == 1:
        return []
    return [torches, *sorted({max(1, torches // 2), 1} - {torches}, reverse=True)]


def other_threads(threads: int | None) -> str | None:
    """Go on with as many threads as a run had, since sums depend on it; the line that says so where they differ."""
    if threads in (None, torch.get_num_threads()):
        return None
    before = torch.get_num_threads()
    if threads > (os.cpu_count() or 1):
        return f"goes on with {before} threads after {threads}: the same run, but not bit for bit"
    torch.set_num_threads(threads)
    return f"threads: {threads} as it began, not {before}, so that the run stays the same bit for bit"
