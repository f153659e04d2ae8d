"""The training loop: from a Run and its data to a generator on disk."""

from ..domains import Dataset
from .folder import RunFolder
from .interrupt import Interrupt, Stopped
from .keeper import Keeper
from .run import Run
from .session import Session
from .watch import Watch


def train(run: Run, dataset: Dataset, folder: RunFolder, watch: Watch | None = None) -> Session:
    """Train, or go on training, the run described, in a folder whose lock the caller holds.

    Raises Stopped after a signal (everything is saved), TrainingError when numbers stop being finite and going back
    does not help, CheckpointError and DataError when what is on disk does not belong to this run.
    """
    watch = watch or Watch()
    session = Session(run, dataset)
    keeper = Keeper(session, folder, watch)
    with Interrupt(watch.line) as interrupt:
        try:
            keeper.begin(interrupt.check)
            if session.done:
                keeper.deliver()
                watch.line(f"already complete at {session.samples:,} samples; ask for more samples or minutes to go on")
            while not session.done:
                keeper.before()
                keeper.after(session.step())
                if session.done:
                    keeper.finish()
                if interrupt.signal is not None and not session.done:
                    keeper.save(required=True)
                    raise Stopped(interrupt.signal)
        finally:
            watch.end()
    return session
