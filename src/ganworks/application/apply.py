"""Apply a model to a file or a folder: names kept, any size, any depth; broken files listed, nothing overwritten."""

from pathlib import Path

from ..domains.base import Notify
from ..domains.vocoder import Vocoded
from ..domains.voices import Converted
from ..model import Model
from ..provenance import Marking, stamp_all
from ..settings import ConfigError
from . import scans, sound, work
from .drawer import Direction, Drawer
from .pictures import changed
from .progress import Progress
from .sheet import Sheets, names
from .video import films, frames
from .video.container import encoder_for
from .video.recurrent import Streaming, recurrent


def apply(
    run: str | Path | Model,
    source: str | Path,
    out: str | Path,
    *,
    mask: str | Path | None = None,
    tile: int | None = None,
    force: bool = False,
    sheet: bool = False,
    direction: Direction | None = None,
    form: str = "keep",
    strict: bool = False,
    device: str = "cpu",
    window: str | None = None,
    window_out: str | None = None,
    sequence: bool = False,
    codec: str | None = None,
    marking: Marking | None = None,
    notify: Notify = lambda line: None,
) -> list[Path]:
    """Put a file, or every file of a folder, through a model that turns pictures into pictures. Returns what it wrote.

    A video is drawn frame by frame, and written by the encoder `codec`, where one is named. With `sequence` the
    pictures of each folder are the frames of one, in the order of their names, as they always are for a recurrent
    model.

    `out` is a file or a folder; names below `source` are kept, and nothing is replaced unless `force`. `mask` is a file
    or a folder with the same stems, white where a hole is to be filled. `tile` is the side of tiles in input pixels;
    left out, large pictures are tiled where that changes nothing. `window` says which values of scans are black and
    white, where the model does not know it: "LOW,HIGH" or "percentiles". Files that cannot be used are left out and
    told, or the first one stops when `strict`.
    Every output carries a mark that names the model and the SHA-256 of its input; `marking` says what else it carries.
    Raises ConfigError or DataError with one line, before anything is computed wherever that can be known.
    """
    model = run if isinstance(run, Model) else Model.load(run, device)
    model.marking = marking or model.marking
    source, out = Path(source), Path(out)
    if isinstance(model.codec, Vocoded | Converted):
        drawn = model.marking.label, model.marking.invisible
        sound.refuse((mask, tile, sheet, direction, window, window_out, sequence, codec, form != "keep", *drawn))
        return sound.applied(model, source, out, force, strict, notify)
    drawer = (Streaming if recurrent(model) else Drawer)(model, tile, direction)
    todo = work.listed(source, out, form)
    masks = _masks(drawer, todo, mask)
    many = source.is_dir()
    pages = names(out if many else todo.jobs[0].target, many, len(todo.jobs)) if sheet else []
    work.check_free([*(job.target for job in todo.jobs), *pages], [job.source for job in todo.jobs], force)
    _refuse(model.marking, todo, codec)
    if todo.others:
        notify(f"{todo.others} files of other kinds were left alone")
    progress, sheets = Progress(notify, strict or not many, model, apply=direction or "yes"), Sheets(pages)
    _pictures(drawer, todo.pictures, masks, sequence, progress, sheets)
    for job in todo.films:
        films.changed(drawer, job, Path(mask) if mask else None, codec, strict, progress, sheets)
    if todo.scans:
        scans.changed(model, drawer, todo.scans, scans.Windows.of(model, window, window_out), progress, sheets)
    sheets.finish()
    progress.finish()
    stamp_all([(page, model.mark(None, None, apply="sheet")) for page in sheets.written], model.marking.producer)
    return [*progress.written, *sheets.written]


def _pictures(
    drawer: Drawer,
    jobs: list[work.Job],
    masks: dict[str, Path] | None,
    sequence: bool,
    progress: Progress,
    sheets: Sheets,
) -> None:
    if sequence or isinstance(drawer, Streaming):
        frames.drawn_in_order(drawer, jobs, masks, progress, sheets)
        return
    for job in jobs:
        changed(drawer, job, masks, progress, sheets)


def _refuse(marking: Marking, todo: work.Work, codec: str | None) -> None:
    """Raises ConfigError for an encoder that cannot be had, or a mark that would be drawn where nothing can be."""
    for job in todo.films:
        encoder_for(job.target, codec)
    if marking.label is not None and todo.scans:
        raise ConfigError("--label is drawn into pictures and videos, not into scans; leave one of them out")
    if marking.invisible and (todo.scans or todo.films):
        raise ConfigError("--invisible goes into pictures, not into videos or scans; leave it out")


def _masks(drawer: Drawer, todo: work.Work, mask: str | Path | None) -> dict[str, Path] | None:
    """The mask of each picture by name; None for a model that fills no holes. Raises ConfigError."""
    if drawer.holes and mask is None:
        raise ConfigError("this model fills holes and wants masks (white = hole, of the picture's size); give --mask")
    if mask is None:
        return None
    if not drawer.holes:
        raise ConfigError("--mask: this model fills no holes; leave it out, or use a model trained to inpaint")
    if todo.scans:
        raise ConfigError("--mask: holes are filled in pictures, not in DICOM or NIfTI files; leave the scans out")
    return work.masks_for(todo.pictures, Path(mask)) if todo.pictures else None
