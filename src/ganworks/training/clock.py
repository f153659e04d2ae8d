"""Clock: how far a run has come, and how many samples its budget is worth."""

from typing import Any

from .run import Budget

# A run in minutes is planned anew when it would miss its end by more than this share of the budget.
TOLERANCE = 0.15


class Clock:
    """Turns samples seen into progress from 0 to 1.

    A budget in samples is the plan. A budget in minutes is planned from a rate measured before the first step, and
    again only when the machine turns out much faster or slower, so that between those moments a run is a function of
    its seed and plan. `plan` is a list of [samples, progress, total]: from `samples` on, progress runs to 1 at `total`.
    """

    def __init__(self, budget: Budget, batch: int):
        self.budget, self.batch = budget, batch
        self.seconds, self._seen = 0.0, 0
        self.plan: list[list[float]] = [] if budget.samples is None else [[0, 0.0, self._round(budget.samples)]]

    @property
    def planned(self) -> bool:
        return bool(self.plan)

    @property
    def total(self) -> int:
        """Samples at the end of the run."""
        return int(self.plan[-1][2])

    def progress(self, samples: int) -> float:
        start, begun, total = self.plan[-1]
        return min(1.0, begun + (1 - begun) * (samples - start) / (total - start)) if total > start else 1.0

    def cut(self, samples: int) -> None:
        """End here: `samples` are all there is to see, whatever the budget."""
        self.plan.append([samples, self.progress(samples), samples])

    def done(self, samples: int) -> bool:
        return samples >= self.total

    def measure(self, rate: float) -> None:
        """Plan a budget in minutes from samples a second."""
        assert self.budget.minutes is not None
        self.plan = [[0, 0.0, self._round(rate * 60 * self.budget.minutes)]]

    def tick(self, samples: int, seconds: float) -> bool:
        """Count time spent. Returns True when the plan had to be changed."""
        self.seconds, self._seen = self.seconds + seconds, samples
        if self.budget.minutes is None or samples == 0:
            return False
        allowed, rate = 60 * self.budget.minutes, samples / self.seconds
        left = allowed - self.seconds
        miss = (self.total - samples) / rate - left
        if abs(miss) <= TOLERANCE * allowed or self.progress(samples) < 0.05 or self.done(samples):
            return False
        total = max(samples + self.batch, self._round(samples + rate * max(left, 0)))
        self.plan.append([samples, self.progress(samples), total])
        return True

    def state(self) -> dict[str, Any]:
        return {"seconds": self.seconds, "plan": self.plan, "budget": self.budget.tree(), "samples": self._seen}

    def load(self, state: dict[str, Any]) -> None:
        """Take over time and plan. A budget that was changed since is planned anew, from the rate so far."""
        self.seconds, self._seen = state["seconds"], state["samples"]
        if state["budget"] == self.budget.tree():
            self.plan = [list(each) for each in state["plan"]]
        elif self.budget.minutes is not None and self._seen:
            self.measure(self._seen / self.seconds)

    def _round(self, samples: float) -> int:
        """To whole rounds, upwards, at least one."""
        return max(1, -(-int(samples) // self.batch)) * self.batch
