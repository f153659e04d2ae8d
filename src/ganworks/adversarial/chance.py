"""Chance: random numbers of a step, one row a sample.

Several processes draw each number of the union batch from one stream and keep their own slice, so that together they
play what one process would. Alone, this is torch's global generator and the same numbers as ever. What draws from the
global generator besides (dropout, Gumbel noise) gets a stream of its own on each process.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor

from .collective import rank, world

Maker = torch.Generator | None


def seed(number: int) -> None:
    """Begin a step's random numbers."""
    if world() == 1:
        _seed(number)
        return
    _seed(number + 1 + rank())
    _streams.clear()
    _numbers[:] = [number]


@contextmanager
def untouched(device: torch.device) -> Iterator[None]:
    """Whatever is drawn meanwhile, the step's numbers go on afterwards as if nothing had been."""
    streams = {name: stream.get_state() for name, stream in _streams.items()}
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        yield
    for name in list(_streams):
        if name in streams:
            _streams[name].set_state(streams[name])
        else:
            del _streams[name]


def uniform(shape: Sequence[int], device: torch.device, generator: Maker = None) -> Tensor:
    """Numbers uniform in 0..1. shape begins with this process's samples; a generator of the caller's own is its own."""
    if generator is not None or world() == 1:
        return torch.rand(shape, device=device, generator=generator)
    return _slice(torch.rand(_union(shape), device=device, generator=_stream(device)))


def normal(shape: Sequence[int], device: torch.device, generator: Maker = None) -> Tensor:
    """Standard normal numbers, as `uniform` has its."""
    if generator is not None or world() == 1:
        return torch.randn(shape, device=device, generator=generator)
    return _slice(torch.randn(_union(shape), device=device, generator=_stream(device)))


def whole(low: int, high: int, shape: Sequence[int], device: torch.device) -> Tensor:
    """Whole numbers from low to high - 1."""
    if world() == 1:
        return torch.randint(low, high, tuple(shape), device=device)
    return _slice(torch.randint(low, high, _union(shape), device=device, generator=_stream(device)))


def uniform_like(x: Tensor) -> Tensor:
    """Numbers uniform in 0..1, one for each of x (B, ...)."""
    return torch.rand_like(x) if world() == 1 else _slice(_union_like(x).uniform_(generator=_stream(x.device)))


def normal_like(x: Tensor) -> Tensor:
    """Standard normal numbers, one for each of x (B, ...)."""
    return torch.randn_like(x) if world() == 1 else _slice(_union_like(x).normal_(generator=_stream(x.device)))


def _seed(number: int) -> None:
    """torch.manual_seed for the devices in use: that one looks for every kind of device, half a millisecond a step."""
    torch.default_generator.manual_seed(number)
    if torch.cuda.is_initialized():  # type: ignore[no-untyped-call]
        torch.cuda.manual_seed_all(number)
    elif torch.backends.mps.is_available():
        torch.mps.manual_seed(number)


_numbers: list[int] = []
_streams: dict[str, torch.Generator] = {}


def _stream(device: torch.device) -> Maker:
    """The stream that all processes share; the global generator as long as nobody has called `seed`."""
    if not _numbers:
        return None
    name = str(device)
    if name not in _streams:
        _streams[name] = torch.Generator(device).manual_seed(_numbers[0])
    return _streams[name]


def _union(shape: Sequence[int]) -> list[int]:
    return [shape[0] * world(), *shape[1:]]


def _union_like(x: Tensor) -> Tensor:
    """Memory for the union, in x's own order: numbers are drawn in the order of memory, not of axes."""
    inner = x[0].numel()
    dense = inner == 1 + sum((size - 1) * stride for size, stride in zip(x.shape[1:], x.stride()[1:], strict=True))
    if not dense:
        return torch.empty(_union(x.shape), dtype=x.dtype, device=x.device)
    return torch.empty_strided(_union(x.shape), (inner, *x.stride()[1:]), dtype=x.dtype, device=x.device)


def _slice(union: Tensor) -> Tensor:
    count = len(union) // world()
    return union[rank() * count : (rank() + 1) * count]
