"""Keeper: what a run writes down while it goes on, and how it goes back when numbers break."""

import copy
import math
import time
from collections.abc import Callable, Mapping

from torch import Tensor

from ..adversarial.collective import decide, rank, share, world
from ..settings import CheckpointError, DataError, TrainingError
from . import artefact, devices, memory, processes
from .checkpoint import Checkpoint, Checkpoints
from .folder import RunFolder
from .journal import Journal
from .judge import Judge
from .marks import CHECKPOINT_SECONDS, EARLY, Marks, evenly
from .previews import Previews
from .processes import Word, agree, find, first_of
from .remedies import REMEDIES, ROLLS_BACK
from .session import Session
from .stages import Stages
from .verdicts import broken_by
from .watch import Watch

# Times a run goes back to its last healthy checkpoint before it gives up.
RETRIES = 3
# Steps between looks at the numbers: a look waits for the device, which costs nothing on a CPU.
LOOK_EVERY = {"cpu": 1}
LOOK_ELSEWHERE = 16
# Journal entries over a run, and the shortest time between two updates of whoever watches.
REPORTS, WATCH_SECONDS = 200, 0.5
# Steps between two comparisons of the weights that several processes hold.
COMPARE_EVERY = 500


class Keeper:
    """Begins a run or goes on with it, looks after every step, and ends it.

    Of several processes the first alone writes and decides by the clock; the others do the rest of everything with it.
    """

    def __init__(self, session: Session, folder: RunFolder, watch: Watch):
        self.session, self.folder, self.watch = session, folder, watch
        self.journal = Journal(folder.journal, notify=watch.line, writes=rank() == 0)
        self.checkpoints = Checkpoints(folder.checkpoints, keep=session.run.keep, notify=watch.line)
        self.judge = Judge(session, self.journal, watch)
        self._sums: dict[str, Tensor] = {}
        self._summed, self._watched = 0, (time.monotonic(), 0)
        self._word = Word()

    def begin(self, check: Callable[[], None] = lambda: None) -> None:
        """Find the newest whole checkpoint, or measure, check the free space and save the first one.

        `check` may raise to leave the measuring.
        """
        session = self.session
        if rank() == 0:
            self.checkpoints.sweep()
        saved = find(self.checkpoints, self.checkpoints.latest)
        if saved is None and decide(lambda: bool(self.checkpoints.paths())):
            raise processes.once(
                CheckpointError(
                    f"{self.checkpoints.folder}: no checkpoint here is whole; restore one, or move all away"
                )
            )
        if saved is not None:
            self._load(saved)
            self.journal.rewind(session.samples)
            if told := devices.other_threads(saved.values.get("threads")):
                self.watch.line(told)
        else:
            needed = self.checkpoints.predicted_bytes(session.parts()) * (session.run.keep + 2)
            processes.together(lambda: self.folder.check_space(needed if rank() == 0 else 0))
            if not session.clock.planned:
                self.watch.line("measuring how many samples the minutes are worth ...")
                memory.fit(session, lambda: session.measure(check), self.watch.line)
        where = "resumed" if saved is not None else "begun"
        self.journal.write(
            where,
            samples=session.samples,
            total=session.clock.total,
            **devices.describe(session.device),
            **processes.several(),
        )
        self.judge.begin(saved)
        if saved is None:
            self.save(required=True)
        run, progress = session.run, session.progress
        self._previews = Previews(session, self.folder, self.watch.line) if rank() == 0 else None
        before_the_start = progress if session.samples else -1.0
        self._preview_marks = Marks([*EARLY, *evenly(run.previews)], before_the_start)
        self._save_marks = Marks(evenly(run.checkpoints), progress, CHECKPOINT_SECONDS)
        self._stages = Stages(session, self.folder)
        self._report_marks = Marks(evenly(REPORTS), progress)
        self._watched = (time.monotonic(), session.samples)
        self.watch.begin(session.samples, session.clock.total)
        session.start_clock()

    def step(self) -> dict[str, Tensor]:
        """One round. Where it does not fit into memory, back to the last checkpoint, and on in smaller parts."""
        self.judge.before()
        try:
            return memory.fit(self.session, self.session.step, self.watch.line, self._restore)
        except DataError:
            if world() == 1:
                self.save(required=True)  # nothing has moved yet
            raise

    def after(self, stats: Mapping[str, Tensor], signal: int | None = None) -> None:
        """Everything that follows a step: look, write down, draw, save; or go back. `signal` came to this process."""
        session = self.session
        judging = self.judge.due()
        looking = judging or self._looks()
        faults = session.faults(stats) if looking else []
        self._word = word = agree(self._word_on(faults, signal, looking), looking)
        if word.faulty:
            self.go_back(faults)
            return
        if word.planned:
            session.clock.plan = share(session.clock.plan)
            self.watch.line(f"the machine's speed changed: {session.clock.total:,} samples planned now")
            self.journal.write("planned", samples=session.samples, total=session.clock.total)
        if judging and self._judged(processes.mean(stats)):
            return
        self._report(stats, bool(word.watched))
        self._stages.look()
        if session.game.steps % COMPARE_EVERY == 0:
            processes.check_weights(session)
        progress = session.progress
        if self._preview_marks.due(progress) and self._previews is not None:
            self._previews.draw()
        if self._save_marks.due(progress, bool(word.overdue)) and not session.done:
            self.save()

    def heard(self, signal: int | None) -> int | None:
        """The signal to stop for: this process's own, or of several processes the one they agreed on."""
        return signal if world() == 1 else self._word.signal or None

    def save(self, required: bool = False) -> None:
        """Save a checkpoint of a healthy run. A save that fails is told, and stops the run only when required."""
        session = self.session
        if faults := first_of(session.weight_faults()):
            self.go_back(faults)
            return
        processes.check_weights(session)
        try:
            self._write()
        except CheckpointError as error:
            if required or not self.folder.path.is_dir():
                raise
            self.watch.line(f"not saved: {error}; the last good checkpoint stays, the next attempt comes later")
            self.journal.write("not saved", samples=session.samples, why=str(error))

    def go_back(self, faults: list[str]) -> None:
        """Return to the last healthy checkpoint with a fresh stream of data and noise.

        Raises TrainingError with a diagnosis when that was done often enough.
        """
        session = self.session
        samples, broken, faults = session.samples, session.retry + 1 - session.rollbacks, first_of(faults)
        every = LOOK_EVERY.get(session.device.type, LOOK_ELSEWHERE) * (session.run.discriminator_turns + 1)
        verdict = broken_by(faults, session.feed.not_finite(every))
        self.journal.write("broken", samples=samples, faults=faults[:20], **verdict._asdict())
        self.watch.judged(samples, math.inf, verdict.word)
        saved = None if session.guard else find(self.checkpoints, self.checkpoints.latest)  # a turn again costs again
        if broken > RETRIES or saved is None:
            raise processes.once(
                TrainingError(
                    f"training broke at {samples:,} samples for the {broken}. time: {faults[0]}"
                    f"{f' and {len(faults) - 1} more' if len(faults) > 1 else ''}; lower the learning rates, raise the "
                    f"weight of a penalty, or look at the data's range ({self.folder.journal.name} has the list)"
                )
            )
        self._return_to(saved)
        self._write()
        told = f"back to {session.samples:,} with a fresh stream ({broken} of {RETRIES})"
        self.watch.line(f"{faults[0]} at {samples:,} samples: {told}")
        self.journal.write("went back", samples=session.samples, retry=session.retry)

    def _judged(self, stats: Mapping[str, Tensor]) -> bool:
        """Judge, and do what the verdict asks for. Returns whether the run went back."""
        session, judge = self.session, self.judge
        judge.look(stats)
        if judge.converged and not session.done:
            session.clock.cut(session.samples)
            self.journal.write("converged", samples=session.samples)
            self.watch.line(f"converged at {session.samples:,} samples: the run ends here, as asked")
        remedy = judge.remedy()
        return remedy is not None and self._treat(remedy)

    def _treat(self, remedy: str) -> bool:
        """Go on under a remedy, from the last healthy checkpoint where the weights are not worth keeping."""
        session, judge, taken = self.session, self.judge, list(self.session.remedies)
        verdict, rollbacks, saved = judge.verdict, session.rollbacks, None
        assert verdict is not None
        if verdict.word in ROLLS_BACK:
            here = self.checkpoints
            saved = find(here, lambda: here.latest(at_most=judge.healthy()) or here.oldest())
        if saved is not None:
            self._return_to(saved)
            session.rollbacks = rollbacks + 1
        for name in [*taken[len(session.remedies) :], remedy]:
            session.take(name)
        judge.start_anew()
        told = f"{REMEDIES[remedy].told} (remedy {len(session.remedies)} of {session.run.health.remedies})"
        where = f"back to {session.samples:,} samples, and " if saved is not None else ""
        self.watch.line(f"{verdict.word}: {where}{told}")
        self.journal.write(
            "remedy",
            samples=session.samples,
            remedy=remedy,
            number=len(session.remedies),
            verdict=verdict.word,
            reason=verdict.reason,
        )
        if saved is not None:
            self._write()
        return saved is not None

    def _return_to(self, saved: Checkpoint) -> None:
        """Take over a checkpoint, with a fresh stream of data and noise."""
        session, retry = self.session, self.session.retry + 1
        self._load(saved)
        self.judge.load(saved)
        session.retry = session.feed.retry = retry
        self.journal.rewind(session.samples)

    def _write(self) -> None:
        session, judge = self.session, self.judge
        parts, values = session.parts() | judge.parts(), session.values() | judge.values()
        if rank() == 0:
            self.checkpoints.save(parts, values, session.samples, session.retry)

    def _restore(self) -> None:
        """Go back to the last checkpoint; there is one from before the first step."""
        saved = find(self.checkpoints, self.checkpoints.latest)
        assert saved is not None
        self._load(saved)
        self.judge.load(saved)
        self.journal.rewind(self.session.samples)

    def _load(self, saved: Checkpoint) -> None:
        processes.together(lambda: self.session.load(saved))

    def finish(self) -> None:
        """Save the last checkpoint, the last pictures and the model to ship."""
        session = self.session
        self.save(required=True)
        if not session.done:  # the last step was broken and the run went back
            return
        self.deliver()
        if (verdict := self.judge.verdict) is not None:
            shipped = session.model[1]
            self.journal.write(
                "verdict", samples=session.samples, verdict=verdict.word, reason=verdict.reason, best_samples=shipped
            )
        self.journal.write("finished", samples=session.samples, seconds=round(session.clock.seconds, 1))

    def deliver(self) -> None:
        """Write the last pictures and the model, the same bytes each time: a run whose end was cut short gets them.

        The model is the best one that was judged, where it is significantly better than the last.
        """
        session, best = self.session, self.judge.shipped()
        if best is not None:
            network = copy.deepcopy(session.game.generator.averaged)
            network.load_state_dict(best.weights)
            session.shipped = (network, best.reading.samples)
        if self._previews is not None:
            self._previews.finish()
            artefact.ship(self.folder.model, session)

    def _looks(self) -> bool:
        every = LOOK_EVERY.get(self.session.device.type, LOOK_ELSEWHERE)
        return self.session.game.steps % every == 0 or self.session.done

    def _word_on(self, faults: list[str], signal: int | None, looking: bool) -> Word:
        """What this process says about the step; only the first one tells the time."""
        if world() > 1 and (rank() > 0 or not looking):
            return Word(bool(faults), signal or 0)
        watched = time.monotonic() - self._watched[0] > WATCH_SECONDS
        return Word(bool(faults), signal or 0, not faults and self.session.lap(), self._save_marks.overdue, watched)

    def _report(self, stats: Mapping[str, Tensor], watched: bool) -> None:
        """Sum on the device; turn into numbers only when somebody reads them."""
        for name, value in stats.items():
            self._sums[name] = self._sums[name] + value if name in self._sums else value
        self._summed += 1
        session, now = self.session, time.monotonic()
        then, before = self._watched
        if watched or session.done:
            rate = (session.samples - before) / (now - then)
            self._watched = (now, session.samples)
            numbers = {name: value.item() for name, value in processes.mean(stats).items()}
            self.watch.step(session.samples, session.clock.total, rate, numbers)
        if self._report_marks.due(session.progress):
            means = {name: value.item() / self._summed for name, value in processes.mean(self._sums).items()}
            self.journal.write("step", samples=session.samples, seconds=round(session.clock.seconds, 2), **means)
            self._sums, self._summed = {}, 0
