"""Judge: looks at a run at its marks, says how it fares, and keeps the best generator it has seen."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from torch import Tensor

from ..adversarial.collective import share
from . import processes, verdicts
from .alarms import SETTLED
from .checkpoint import Checkpoint
from .closeness import is_closer
from .journal import Journal
from .marks import Marks, evenly
from .remedies import choose, steered
from .session import Session
from .signals import Memory, Probe, Reading, weights
from .verdicts import Verdict
from .watch import Watch

# Beside the even marks: what is broken from the start shows before the first of them.
EARLY = (0.005, 0.0125)
# Judgements after a remedy in which it may show what it does, before the next one.
GRACE = 3


class Best(NamedTuple):
    reading: Reading
    weights: dict[str, Tensor]
    """Of the averaged generator, on the CPU."""


class Judge:
    """Its state (readings, the best weights, what the next reading compares with) travels in the checkpoint, and its
    marks depend on progress alone, so a resumed run is judged as an uninterrupted one."""

    def __init__(self, session: Session, journal: Journal, watch: Watch):
        self.session, self.journal, self.watch = session, journal, watch
        self.readings: list[Reading] = []
        self.best: Best | None = None
        self.verdict: Verdict | None = None
        self._memory: Memory = {}
        self._stepped: Memory = {}
        self._since = 0
        self._probe: Probe | None = None

    def begin(self, saved: Checkpoint | None) -> None:
        """Take over what a checkpoint knows, or judge the generator as it was initialised.

        Raises DataError or ConfigError when the features that were asked for cannot be had.
        """
        session = self.session
        if not session.run.health.judgements:
            return
        wanted = session.run.health.judgements
        rounds = int(session.clock.plan[0][2]) // session.run.batch
        count = max(1, min(wanted, rounds // session.run.health.apart))
        self._points = [*(EARLY if count == wanted else ()), *evenly(count)]
        self._probe = processes.together(lambda: Probe(session, len(self._points)))
        self._probe.facts = share(self._probe.facts)
        self._marks = Marks(self._points, session.progress if saved is not None else -1.0)
        if saved is not None:
            self.load(saved)
        else:
            self.journal.write("reference", **self._probe.protocol(), facts=self._probe.facts)
            self.look({})

    def load(self, saved: Checkpoint) -> None:
        """Go back to what was known at a checkpoint; what other features or latents said is let go."""
        if self._probe is None:
            return
        self._marks = Marks(self._points, self.session.progress)
        state: Mapping[str, Any] = saved.values.get("judge") or {"protocol": None}
        if state["protocol"] != self._probe.protocol():
            self.readings, self.best, self.verdict, self._memory, self._since = [], None, None, {}, 0
            return
        self.readings = [Reading.of(each) for each in state["readings"]]
        self._since, self._memory = state["since"], saved.parts["judge"]
        best = state["best"]
        self.best = None if best is None else Best(self.readings[best], saved.parts["best"])
        self.verdict = self._judged()

    def before(self) -> None:
        """Called before each step: when a judgement follows it, keep the weights to see how far the step moves them."""
        session = self.session
        if self._probe is not None and self._marks.soon(session.clock.progress(session.samples + session.run.batch)):
            self._stepped = weights(session)

    def due(self) -> bool:
        """Whether a judgement is due now; asked once after each step."""
        return self._probe is not None and self._marks.due(self.session.progress)

    def look(self, stats: Mapping[str, Tensor]) -> None:
        """Judge the session as it stands, write it down and tell."""
        assert self._probe is not None
        session, before = self.session, self.verdict
        reading, self._memory = self._probe.read(session, stats, self._memory | self._stepped)
        self._stepped = {}
        self.readings.append(reading)
        if session.samples and self._is_best(reading):
            state = session.game.generator.averaged.state_dict()
            self.best = Best(reading, {name: value.detach().cpu().clone() for name, value in state.items()})
        self.verdict = verdict = self._judged()
        session.steer(steered(session.strength, reading.numbers.get("held-out gap")))
        self._write(reading)
        self.watch.judged(reading.samples, reading.distance, verdict.word)
        if session.samples and (before is None or before[:2] != verdict[:2]):
            self.watch.line(f"{verdict.word} at {reading.samples:,} samples: {verdict.reason}")

    def remedy(self) -> str | None:
        """What to do about the last verdict, None for nothing. The budget is the run's, over all its verdicts."""
        taken, verdict = self.session.remedies, self.verdict
        if verdict is None or verdict.cause in verdicts.NO_REMEDY or self.session.done:
            return None
        if len(taken) >= self.session.run.health.remedies or len(self.readings) - self._since < GRACE * bool(taken):
            return None
        return choose(verdict.word, processes.own(self.session.run), taken)

    def healthy(self) -> int:
        """Samples at the last judgement that gave no reason for a remedy; 0 if there was none."""
        good = [i for i in range(self._since, len(self.readings)) if not self._judged(i + 1).alarming]
        # The alarm needs two readings, so the one before the first alarm was bad already.
        return self.readings[good[-2]].samples if len(good) > 1 else 0

    def start_anew(self) -> None:
        """After a remedy the signals have to show themselves again."""
        self._since = len(self.readings)

    @property
    def converged(self) -> bool:
        """Whether the run was asked to end here."""
        wanted = self.session.run.health.until == "converged"
        return wanted and self.verdict is not None and self.verdict.word == "converged"

    def shipped(self) -> Best | None:
        """The best generator if it is significantly better than the last one, and the last one is not good either.

        Near the end of a good run the distance is mostly noise of its features: on stacked digits the generator that
        was ahead by it at a seventh of the run drew far worse ones than the last.
        """
        if self.best is None or not self.readings:
            return None
        best, last = self.best.reading, self.readings[-1]
        chosen_by = self.session.run.health.choose_by
        paired = self._probe is not None and self._probe.facts["paired"]
        if chosen_by == "last" or (paired and chosen_by == "distance"):
            return None
        if last.distance <= SETTLED * self.readings[0].distance:
            return None
        return self.best if is_closer(best.distance, best.groups, last.distance, last.groups) else None

    def parts(self) -> dict[str, dict[str, Tensor]]:
        """Tensors for the checkpoint."""
        if self._probe is None:
            return {}
        return {"judge": self._memory} | ({} if self.best is None else {"best": self.best.weights})

    def values(self) -> dict[str, Any]:
        """Plain values for the checkpoint."""
        if self._probe is None:
            return {}
        state = {
            "protocol": self._probe.protocol(),
            "readings": [each.tree() for each in self.readings],
            "best": None if self.best is None else self.readings.index(self.best.reading),
            "since": self._since,
        }
        return {"judge": state}

    def _is_best(self, reading: Reading) -> bool:
        best = self.best.reading if self.best else None
        return best is None or is_closer(reading.distance, reading.groups, best.distance, best.groups)

    def _judged(self, count: int | None = None) -> Verdict:
        assert self._probe is not None
        return verdicts.judge(self.readings[:count], self._probe.facts, self._since)

    def _write(self, reading: Reading) -> None:
        assert self.verdict is not None
        best = self.best.reading if self.best else None
        self.journal.write(
            "judged",
            samples=reading.samples,
            progress=reading.progress,
            distance=reading.distance,
            best=best.distance if best else None,
            best_samples=best.samples if best else None,
            verdict=self.verdict.word,
            reason=self.verdict.reason,
            cause=self.verdict.cause,
            numbers=dict(reading.numbers),
            groups=reading.groups,
        )
