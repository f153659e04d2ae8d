"""The training loop: from a Run and its data to a generator on disk."""

from ..adversarial.collective import decide, largest, world
from ..domains import Dataset
from . import begun, privacy, processes
from .folder import RunFolder
from .interrupt import Interrupt, Stopped
from .keeper import Keeper
from .run import Run
from .session import Session
from .watch import Watch


def train(run: Run, dataset: Dataset, folder: RunFolder, watch: Watch | None = None) -> Session:
    """Train, or go on training, the run described, in a folder whose lock the caller holds.

    Raises Stopped after a signal (everything is saved), TrainingError when numbers stop being finite and going back
    does not help, CheckpointError and DataError when what is on disk does not belong to this run. Of several processes
    the first alone raises them.
    """
    watch = watch or Watch()
    processes.together(lambda: processes.check_batch(run, world()))
    session = processes.together(lambda: Session(run, dataset))
    processes.compare(session)
    keeper = Keeper(session, folder, watch)
    with Interrupt(watch.line) as interrupt:

        def check() -> None:
            if signal := largest(interrupt.signal or 0)[0]:
                raise processes.once(Stopped(signal))

        try:
            if run.begun_from is not None and decide(lambda: not keeper.checkpoints.paths()):
                processes.together(lambda: begun.take(session, watch.line))
            keeper.begin(check)
            privacy.unlock(session, folder.path, watch.line)
            if session.done:
                keeper.deliver()
                watch.line(f"already complete at {session.samples:,} samples; ask for more samples or minutes to go on")
            while not session.done:
                keeper.after(keeper.step(), interrupt.signal)
                if session.done:
                    keeper.finish()
                signal = keeper.heard(interrupt.signal)
                if signal is not None and not session.done:
                    keeper.save(required=True)
                    raise processes.once(Stopped(signal))
            privacy.forget(session, folder.path)
        finally:
            watch.end()
    return session
