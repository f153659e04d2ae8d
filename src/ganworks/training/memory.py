"""Memory: what is done when a batch does not fit. The batch stays, the parts it is played in get smaller."""

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

import torch

from ..adversarial.collective import world

if TYPE_CHECKING:
    from .session import Session

Result = TypeVar("Result")
FULL = ("can't allocate memory", "not enough memory", "CUDA out of memory", "MPS backend out of memory")
"""What torch writes in a RuntimeError where it has no type of its own for this."""


def is_short(error: BaseException) -> bool:
    """Whether memory is what was missing."""
    return isinstance(error, MemoryError | torch.OutOfMemoryError) or any(each in str(error) for each in FULL)


def smaller(session: "Session", error: Exception) -> int | None:
    """Samples in a part to try after an error; None when memory was not the matter, or a part cannot be halved.

    Several processes would have to fail together, so there the error stays what it is.
    """
    run = session.run
    if not is_short(error) or world() > 1 or session.guard is not None:
        return None
    half = (session.part or run.batch) // 2 // run.packing * run.packing
    return half if half >= session.least else None


def fit(
    session: "Session", action: Callable[[], Result], tell: Callable[[str], None], restore: Callable[[], object] = int
) -> Result:
    """Do something, in ever smaller parts until there is memory for it; `restore` undoes an attempt that failed."""
    while True:
        try:
            return action()
        except Exception as error:
            part = smaller(session, error)
            if part is None:
                raise
        # Only here, since the error's frames hold on to the memory.
        restore()
        session.play_in(part)
        tell(
            f"not enough memory for so many samples at once: each batch of {session.run.batch} is played in parts of "
            f"{part} that add up to it; set part={part} to begin so"
        )
