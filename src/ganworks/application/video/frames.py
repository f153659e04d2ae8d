"""Folders of frames: pictures whose names, in order, are a video."""

from pathlib import Path

from ...domains.clips.film import natural
from ..drawer import Drawer
from ..pictures import changed
from ..progress import Progress
from ..sheet import Sheets
from ..work import Job
from .flow import Flicker


def sequences(jobs: list[Job]) -> list[list[Job]]:
    """Frames by the folder they lie in, each folder's in the order of their names."""
    folders: dict[Path, list[Job]] = {}
    for job in jobs:
        folders.setdefault(job.source.parent, []).append(job)
    return [sorted(folders[each], key=lambda job: natural(job.source)) for each in sorted(folders, key=natural)]


def drawn_in_order(
    drawer: Drawer, jobs: list[Job], masks: dict[str, Path] | None, progress: Progress, sheets: Sheets
) -> None:
    """Draw every folder of frames as one sequence, and tell how much it flickers."""
    for frames in sequences(jobs):
        drawer.forget()
        flicker = Flicker()
        for job in frames:
            sides = changed(drawer, job, masks, progress, sheets)
            if sides is not None:
                flicker.look(*sides)
        if len(frames) > 1:
            progress.notify(f"{frames[0].source.parent.name}: {len(frames)} frames; {flicker.line}")
