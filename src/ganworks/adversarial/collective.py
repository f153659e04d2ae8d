"""Collective: what the processes of one run do with their tensors and plain values together.

A run of several processes plays one game on the union of their batches: each holds the same networks and an equal
slice of every batch. Alone, everything here is the identity and costs a look at one flag. Values travel as JSON, which
keeps every number as it is and can run no code.
"""

import json
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import torch
from torch import Tensor, distributed

Rows = TypeVar("Rows")


def world() -> int:
    """How many processes play; 1 where torch's default group was never set up."""
    return distributed.get_world_size() if distributed.is_available() and distributed.is_initialized() else 1


def rank() -> int:
    """This process's number, from 0."""
    return distributed.get_rank() if world() > 1 else 0


def own(rows: Rows, part: int | None = None) -> Rows:
    """This process's slice of a union (B, ...), a tensor or an array; of each part of `part` rows where there are
    parts, so that the slices of all processes make up the same parts that one process would play."""
    count = world()
    if count == 1:
        return rows
    union = len(rows)  # type: ignore[arg-type]
    picked: list[int] = []
    for start in range(0, union, part or union):
        size = min(part or union, union - start) // count
        picked += range(start + rank() * size, start + (rank() + 1) * size)
    return rows[picked]  # type: ignore[index,no-any-return]


def average(tensors: Sequence[Tensor]) -> None:
    """Replace each tensor by its mean over the processes, in one flat all-reduce."""
    if world() == 1 or not tensors:
        return
    flat = torch.cat([each.flatten() for each in tensors])
    distributed.all_reduce(flat)
    flat /= world()
    parts = torch.split(flat, [each.numel() for each in tensors])
    for each, part in zip(tensors, parts, strict=True):
        each.copy_(part.view_as(each))


def deviation(x: Tensor) -> Tensor:
    """Standard deviation over all numbers of the union, as `x.std()` is of one process. No gradient flows back."""
    if world() == 1:
        return x.std()
    x = x.detach()
    count = x.numel() * world()
    total = x.sum()
    distributed.all_reduce(total)
    squares = (x - total / count).square().sum()
    distributed.all_reduce(squares)
    return (squares / (count - 1)).sqrt()


def largest(*numbers: int) -> list[int]:
    """Of each number the largest that any process has."""
    if world() == 1:
        return list(numbers)
    told = torch.tensor(numbers)
    distributed.all_reduce(told, distributed.ReduceOp.MAX)
    return [int(each) for each in told]


def gather(value: Any) -> list[Any]:
    """Every process's plain value, in the order of their ranks."""
    if world() == 1:
        return [value]
    text = torch.frombuffer(bytearray(json.dumps(value).encode()), dtype=torch.uint8)
    (longest,) = largest(len(text))
    # Texts differ in length and the parts of an all-gather may not, so each is padded with blanks.
    mine = torch.cat([text, text.new_full((longest - len(text),), ord(" "))])
    told = [torch.empty_like(mine) for _ in range(world())]
    distributed.all_gather(told, mine)
    return [json.loads(each.numpy().tobytes()) for each in told]


def share(value: Any) -> Any:
    """The first process's plain value, on all of them; what the others bring counts for nothing."""
    if world() == 1:
        return value
    return gather(value if rank() == 0 else None)[0]


def decide(make: Callable[[], Any]) -> Any:
    """What the first process decides, which alone is asked."""
    return make() if world() == 1 else share(make() if rank() == 0 else None)


def assemble(mine: Tensor, rows: Tensor, count: int) -> Tensor:
    """Rows (count, F), float64, from those that each process has: `mine` are the ones of these numbers.

    Where some process has rows of one number that is not finite, all rows are that.
    """
    if world() == 1:
        return mine
    width, broken = largest(mine.shape[1], int(not mine.isfinite().all()))
    whole = torch.zeros(count, width, dtype=torch.float64)
    if broken:
        return torch.full_like(whole, torch.nan)
    whole[rows] = mine.expand(-1, width)
    distributed.all_reduce(whole)
    return whole
