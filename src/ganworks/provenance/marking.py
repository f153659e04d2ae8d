"""How files are marked: what a user may choose beside the mark that every sample carries."""

from pathlib import Path

from ..settings import ConfigError, Settings
from .files import CARRIERS, stamp_all, stamped
from .invisible import SMALLEST, embedded
from .label import Pixels, labelled
from .mark import Mark


class Marking(Settings):
    """What goes into files beside the mark itself."""

    producer: str | None = None
    """Writes the AIGC block of China's Labelling Measures, in this producer's name."""
    label: str | None = None
    """Text drawn into pictures and clips."""
    font: str | None = None
    """Font file of that text; left out, one with Latin letters."""
    invisible: bool = False
    """Whether pictures get an invisible mark."""
    time: str | None = None
    """When samples are written; left out, marks say when the model was, so that the same seed gives the same bytes."""

    @property
    def alters(self) -> bool:
        """Whether pixels are changed."""
        return self.label is not None or self.invisible

    def drawn(self, pixels: Pixels, model: str) -> Pixels:
        """Pixels (..., H, W, C) with the invisible mark of a model's hash, and the label above it."""
        if self.invisible and min(pixels.shape[-3:-1]) < SMALLEST:
            raise ConfigError(f"--invisible wants pictures of {SMALLEST} x {SMALLEST} pixels or more; leave it out")
        pixels = embedded(pixels, model) if self.invisible else pixels
        return pixels if self.label is None else labelled(pixels, self.label, self.font)

    def asked(self) -> dict[str, str]:
        """What of this a mark has to say, so that a sample can be made again."""
        said = {"label": self.label, "font": Path(self.font).name if self.label and self.font else None}
        if self.invisible:
            said["invisible"] = "yes"
        return {key: value for key, value in said.items() if value is not None}


def mark_records(paths: list[Path], records: int, mark: Mark, producer: str | None = None) -> None:
    """Mark the files that so many records were written to, the first of which the mark speaks of.

    A record may be a file, several files (the frames of a clip), or all of them one file.
    """
    if records and paths and len(paths) % records == 0:
        each = len(paths) // records
        marks = [_of(mark, number // each, number % each if each > 1 else None) for number in range(len(paths))]
    else:
        marks = [mark.model_copy(update={"asked": {**mark.asked, "count": str(records)}})] * len(paths)
    stamp_all(zip(paths, marks, strict=True), producer, fresh=True)


def mark_members(members: dict[str, bytes], mark: Mark, index: int, producer: str | None = None) -> dict[str, bytes]:
    """The files of one record, by kind, with its mark in those that can carry one."""
    said = mark.model_copy(update={"index": index})
    return {
        kind: stamped(data, f".{kind}", said, producer) if f".{kind}" in CARRIERS else data
        for kind, data in members.items()
    }


def _of(mark: Mark, further: int, frame: int | None) -> Mark:
    asked = mark.asked if frame is None else {**mark.asked, "frame": str(frame)}
    return mark.model_copy(update={"index": None if mark.index is None else mark.index + further, "asked": asked})
