"""One video file through a model, frame by frame, in the memory that two frames take."""

from collections.abc import Iterator
from pathlib import Path

from ...domains.base import Raw
from ...domains.clips.film import Film, Shot, natural, opaque
from ...domains.degraded.masks import THRESHOLD, read_mask
from ...domains.image.decode import Unreadable
from ...domains.image.listing import is_picture
from ...settings import DataError
from ..drawer import Drawer, fitted
from ..pictures import drawn
from ..progress import Progress
from ..reading import Picture, read
from ..sheet import Sheets
from ..work import Job
from ..writing import shallow
from .container import encoder_for
from .flow import Flicker
from .recurrent import Streaming
from .writing import Making


def changed(
    drawer: Drawer, job: Job, mask: Path | None, codec: str | None, strict: bool, progress: Progress, sheets: Sheets
) -> None:
    """Draw one video; what cannot be used is left out. Of a damaged one what can be decoded is drawn, unless strict."""
    drawer.forget()
    flicker = Flicker()
    encoder = encoder_for(job.target, codec)
    try:
        with Film(job.source) as film, Making(job.target, film, encoder) as made:
            masks = _Masks(mask)
            for item in film:
                if not isinstance(item, Shot):
                    made.copy(item)
                    continue
                hole = masks.next(*item.pixels.shape[:2])
                after = fitted(drawn(drawer, Picture(item.pixels), hole).pixels, 3)
                after = progress.model.marking.drawn(after, progress.model.sha256)
                flicker.look(item.pixels, after)
                made.add(after, item)
                if film.frames == 1:
                    shown, made_of_it, clear = item.pixels, after, opaque(item.frame)
            if film.damage and strict:
                raise DataError(f"{job.name}: {film.damage}; leave --strict out to keep what can be decoded")
            made.finish()
            progress.note(*_said(film, clear), *made.notes)
            told = [f"{film.frames} frames", *([film.damage] if film.damage else []), *_cuts(drawer), flicker.line]
    except (Unreadable, DataError) as error:
        progress.leave_out(job.name, str(error))
        return
    progress.placed(job.target, job.source)
    progress.notify(f"{job.name}: {'; '.join(told)}")
    sheets.add(shown, made_of_it)


def _said(film: Film, clear: bool) -> Iterator[str]:
    """What the user should know about how a video was read."""
    if film.uneven:
        low, high = film.uneven
        yield f"frames come at a varying rate, {low:.4g} to {high:.4g} ms apart: kept"
    if not film.beside:
        yield "without sound"
    if film.left:
        yield "further streams (pictures, covers, data) were left out"
    if not clear:
        yield "opacity of a video was left out"


def _cuts(drawer: Drawer) -> list[str]:
    return [f"{drawer.cuts} cuts"] if isinstance(drawer, Streaming) and drawer.cuts else []


class _Masks:
    """The mask of each frame: one picture for all, or a folder with one for each in the order of their names."""

    def __init__(self, place: Path | None):
        self._place, self._next = place, 0
        self._paths: list[Path] | None = None
        self._only: Raw | None = None
        if place is not None and place.is_dir():
            self._paths = sorted((each for each in place.iterdir() if is_picture(each.name)), key=natural)
        elif place is not None and not place.is_file():
            raise DataError(f"--mask {place}: wanted a mask file or a folder of them, there is none")

    def next(self, height: int, width: int) -> Raw | None:
        """(H, W), True in holes; None where there are no masks. Raises DataError when one is missing or unfit."""
        if self._place is None:
            return None
        if self._paths is None:
            self._only = read_mask(self._place, height, width) if self._only is None else self._only
            return self._only
        if self._next >= len(self._paths):
            raise DataError(f"--mask {self._place}: {len(self._paths)} masks for more frames; one a frame is wanted")
        path = self._paths[self._next]
        self._next += 1
        hole = fitted(shallow(read(path).pixels), 1)[..., 0] > THRESHOLD
        if hole.shape != (height, width) or hole.all():
            came = "one that is all white" if hole.all() else " x ".join(map(str, hole.shape))
            raise DataError(f"{path}: wanted a mask of the frame's size, {height} x {width}, got {came}")
        return hole
