"""Session: the live parts of a run, and everything about them that a checkpoint must hold."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn

from ..adversarial import Game, chance
from ..adversarial.collective import decide
from ..domains import Dataset
from ..settings import CheckpointError, DataError
from . import devices, processes, remedies
from .building import build_game, needs_two, own_part
from .checkpoint import Checkpoint
from .clock import Clock
from .feed import Feed, derive
from .poisson import PoissonFeed
from .privacy import Guard
from .private_rules import check_network, fit
from .run import Run

# Seconds of trial that turn a budget in minutes into samples, and their largest share of the budget.
TRIAL, TRIAL_SHARE = 10.0, 0.02


class Session:
    """Networks, players, game, data and clock of one run, freshly initialised.

    Random numbers of a step depend on (seed, retry, samples seen) alone, so those three numbers are the whole state
    of every random generator.
    """

    def __init__(self, run: Run, dataset: Dataset):
        self.run, self.dataset = run, dataset
        self.device = processes.place(devices.pick(run.device))
        devices.make_repeatable()
        devices.keep_memory()
        if run.threads is not None and self.device.type == "cpu":
            torch.set_num_threads(run.threads)
        self.codec = fit(run, dataset)
        self.part = run.part
        """Most samples at once: the run's own number, or a smaller one where memory was short."""
        self.remedies: list[str] = []
        self.strength = remedies.FIRST
        self.rollbacks = 0
        """Times a verdict, not a broken number, sent the run back."""
        self.guard = Guard(run, dataset) if run.private is not None else None
        self.game = self._built()
        self.feed: Feed | PoissonFeed = Feed(dataset.train, self.codec, run.batch, self.device, run.seed, self.part)
        if self.guard is not None:
            self.feed = self.guard.feed(self.codec, self.device)
            check_network(run, self.game.discriminator.network, self.codec.spec)
        self.clock = Clock(run.budget, run.batch)
        self.samples, self.retry = 0, 0
        self.shipped: tuple[nn.Module, int] | None = None
        """The generator to ship and the samples it had seen, where that is not the last one."""
        self._mark = time.monotonic()

    @property
    def done(self) -> bool:
        return self.clock.done(self.samples)

    @property
    def progress(self) -> float:
        return self.clock.progress(self.samples)

    @property
    def privacy(self) -> dict[str, Any] | None:
        """What a private run promises, for its model's page."""
        return None if self.guard is None else self.guard.page()

    @property
    def model(self) -> tuple[nn.Module, int]:
        """The generator to sample from and the samples it has seen."""
        return self.shipped or (self.game.generator.averaged, self.samples)

    def step(self) -> dict[str, Tensor]:
        """One round of the game. Raises DataError, with everything as it was, where its records cannot be had."""
        self.feed.prepare(self.game.needs(processes.own(self.run).batch))
        own = derive("step", self.run.seed, self.retry, self.samples)
        chance.seed(own if self.guard is None else self.guard.step_seed(self.samples))
        stats = self.game.step(self.feed, self.progress)
        self.samples += self.run.batch
        return stats

    def lap(self) -> bool:
        """Count the time since the last lap. Returns True when a budget in minutes had to be planned anew."""
        now = time.monotonic()
        self._mark, seconds = now, now - self._mark
        return self.clock.tick(self.samples, seconds)

    def start_clock(self) -> None:
        self._mark = time.monotonic()

    def measure(self, check: Callable[[], None] = lambda: None) -> None:
        """Plan a budget in minutes: play for some seconds, then put everything back as it was.

        `check` is called after each step and may raise: nothing is lost, since nothing has begun.
        """
        assert self.run.budget.minutes is not None
        before = {name: _copy(player.state()) for name, player in self.game.players().items()}
        self.clock.plan = [[0, 0.0, self.run.batch * 2**40]]
        seconds = min(TRIAL, TRIAL_SHARE * 60 * self.run.budget.minutes)
        counts = devices.threads_to_try(self.device, self.run.threads) or [torch.get_num_threads()]
        try:
            rates = {count: self._rate(count, seconds / len(counts), check) for count in counts}
        finally:
            for name, player in self.game.players().items():
                player.clear()
                player.load(before[name])
            if self.game.pool is not None:
                self.game.pool.load({"held": torch.tensor(0)})
            self.samples = self.game.steps = self.feed.position = 0
        best = max(counts, key=lambda count: rates[count])
        torch.set_num_threads(best)
        self.clock.measure(rates[best])

    def _rate(self, threads: int, seconds: float, check: Callable[[], None]) -> float:
        """Samples a second with so many threads, by playing for so long."""
        torch.set_num_threads(threads)
        self.step()  # the first step pays for allocations
        begun, start = time.monotonic(), self.samples
        going = True
        while going:
            check()
            for value in self.step().values():
                value.item()  # waits for the device, so that the time is the step's
            going = decide(lambda: time.monotonic() - begun < seconds)
        rate: float = decide(lambda: (self.samples - start) / (time.monotonic() - begun))
        return rate

    def parts(self) -> dict[str, dict[str, Tensor]]:
        parts = {name: player.state() for name, player in self.game.players().items()}
        return parts if self.game.pool is None else parts | {"pool": self.game.pool.state()}

    def values(self) -> dict[str, Any]:
        """The state beside the tensors, as plain values."""
        return {
            "position": self.feed.position,
            "steps": self.game.steps,
            "clock": self.clock.state(),
            "fingerprint": self.dataset.fingerprint,
            "codec": self.codec.tree(),
            "threads": torch.get_num_threads(),
            "remedies": self.remedies,
            "strength": self.strength,
            "rollbacks": self.rollbacks,
            "part": self.part,
        } | ({} if self.guard is None else {"privacy": self.guard.state()})

    def load(self, saved: Checkpoint) -> None:
        """Go back to a checkpoint. Raises DataError when the data is not what it was, CheckpointError when the
        networks are not."""
        values: Mapping[str, Any] = saved.values
        if values["fingerprint"] != self.dataset.fingerprint:
            raise DataError(
                f"the data at {self.run.data} is not what this run began with; put it back, or begin with another --run"
            )
        self._adopt(values.get("remedies", []), values.get("strength", remedies.FIRST))
        self.play_in(values.get("part", self.run.part))
        players = self.game.players()
        if missing := players.keys() - saved.parts.keys():
            raise CheckpointError(f"{saved.path} lacks {', '.join(sorted(missing))}; it belongs to another kind of run")
        for name, player in players.items():
            player.clear()
            player.load(saved.parts[name])
        if self.game.pool is not None:
            self.game.pool.load(saved.parts["pool"])
        self.samples, self.retry = saved.samples, saved.retry
        self.feed.position, self.feed.retry = values["position"], saved.retry
        self.game.steps = values["steps"]
        self.rollbacks = values.get("rollbacks", 0)
        self.clock.load(values["clock"])
        if self.guard is not None:
            self.guard.load(values["privacy"])

    def take(self, remedy: str) -> None:
        """Go on under one remedy more. The players keep what they learnt, where it fits the networks."""
        before = self.game
        self._adopt([*self.remedies, remedy], self.strength)
        if self.game is before:
            return
        self.game.steps = before.steps
        self.game.generator.load(before.generator.state())
        if before.rules.packing == self.game.rules.packing:
            self.game.discriminator.load(before.discriminator.state())

    def steer(self, strength: float) -> None:
        """Set the strength of adaptive augmentation, if that remedy was taken."""
        if strength != self.strength and "augment" in self.remedies:
            self.strength = strength
            case = remedies.Case(len(self.codec.spec.axes), strength)
            changed = remedies.treated(self.run, self.remedies, case)
            self.game.rules = replace(self.game.rules, augmentations=changed.augmentations)

    def play_in(self, part: int | None) -> None:
        """Play batches in parts of so many samples from here on."""
        if part != self.part:
            self.part = self.feed.part = part
            self.game.rules = replace(self.game.rules, part=own_part(part))

    @property
    def least(self) -> int:
        """Samples that a part must have at least."""
        networks = [player.network for player in self.game.players().values()]
        return max(self.run.packing, 2 if needs_two(networks) else 1)

    def _adopt(self, names: Sequence[str], strength: float) -> None:
        if (list(names), strength) != (self.remedies, self.strength):
            self.remedies, self.strength = list(names), strength
            self.game = self._built()

    def _built(self) -> Game:
        """The game under the remedies taken, freshly initialised."""
        case = remedies.Case(len(self.codec.spec.axes), self.strength)
        run = self.run.model_copy(update={"part": self.part})
        engine = None if self.guard is None else self.guard.engine()
        return build_game(remedies.treated(run, self.remedies, case), self.codec.spec, self.device, engine)

    def faults(self, stats: Mapping[str, Tensor]) -> list[str]:
        """What is not finite, in the order in which it is worth looking at; empty when all is well.

        Losses and the norms of all gradients tell; weights are looked at when those do not, and before they are saved.
        """
        if torch.stack([value.float() for value in stats.values()]).isfinite().all():
            return []
        found = [f"{name} is {value.item()}" for name, value in stats.items() if not value.isfinite()]
        return found + self.weight_faults()

    def weight_faults(self) -> list[str]:
        """The same for gradients, weights and averages alone; reads every one of them."""
        players = self.game.players().items()
        return [f"{name}: {fault} is not finite" for name, player in players for fault in player.faults()]


def _copy(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name: value.detach().clone() for name, value in state.items()}
