"""Pairs: rates of several loops measured in turns in one process, so that a slow minute slows all of them alike."""

import statistics
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, Protocol

ROUNDS = 3
"""Times every loop has its turn, at least."""
SLICE = 1.5
"""Longest turn, in seconds; a step that takes longer is a turn of its own."""
WARM_UP = 2
"""Steps before anything is timed: the first ones pay for allocations."""

Clock = Callable[[], float]


class Stepper(Protocol):
    """Something that trains step by step."""

    name: str
    batch: int

    def step(self) -> Any: ...

    def wait(self) -> None:
        """Until the device has done what the steps asked for."""


class Spread(NamedTuple):
    """Median and quartiles."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float]) -> "Spread":
        if len(values) == 1:
            return cls(values[0], values[0], values[0])
        low, median, high = statistics.quantiles(values, n=4, method="inclusive")
        return cls(median, low, high)


class Row(NamedTuple):
    name: str
    rate: Spread
    """Samples a second."""
    ratio: Spread
    """To the first stepper, round by round."""


def pace(stepper: Stepper, seconds: float, clock: Clock) -> float:
    """Samples a second over at least `seconds` and at least one step, the device waited for."""
    begun, steps = clock(), 0
    while not steps or clock() - begun < seconds:
        stepper.step()
        steps += 1
    stepper.wait()
    return steps * stepper.batch / (clock() - begun)


def compare(steppers: Sequence[Stepper], seconds: float, clock: Clock) -> list[Row]:
    """Let the steppers train in turns for about so many seconds in all, `ROUNDS` rounds at least.

    Every other round goes backwards, so that what follows on what evens out. Ratios are to the first stepper.
    """
    for stepper in steppers:
        for _ in range(WARM_UP):
            stepper.step()
        stepper.wait()
    slice_ = min(SLICE, seconds / (ROUNDS * len(steppers)))
    begun, rounds = clock(), list[list[float]]()
    while len(rounds) < ROUNDS or clock() - begun < seconds:
        order = range(len(steppers)) if len(rounds) % 2 == 0 else reversed(range(len(steppers)))
        rates = {i: pace(steppers[i], slice_, clock) for i in order}
        rounds.append([rates[i] for i in range(len(steppers))])
    return [
        Row(stepper.name, Spread.of([each[i] for each in rounds]), Spread.of([each[i] / each[0] for each in rounds]))
        for i, stepper in enumerate(steppers)
    ]
