"""The settings of the clips domain: videos, folders of frames, or photographs that are made to move."""

from dataclasses import replace
from pathlib import Path
from typing import ClassVar, Literal

from pydantic import Field

from ..base import Codec, Dataset, Notify
from ..degraded import Degraded
from .codec import DegradedClips, Films
from .reading import films_in, read_films, read_frames


class Clips(Degraded):
    """A few frames of a video at a time, each clip spoilt on the fly: the pairs that restoration of videos needs.

    What is done to a clip is the same in all its frames, but for noise.
    """

    codec: ClassVar[type[Codec]] = DegradedClips

    name: Literal["clips"] = "clips"  # type: ignore[assignment]  # its own name in the table of domains
    frames: int = Field(default=5, ge=2, le=32)
    """Of a clip."""
    source: Literal["auto", "photographs", "frames"] = "auto"
    """What pictures in a folder are: photographs to be moved over, or the frames of videos, a folder a video. Files of
    videos are found by themselves."""
    pan: float = Field(default=2.0, ge=0, le=64)
    """Of motion that is made: largest speed, in pixels a frame."""
    zoom: float = Field(default=0.01, ge=0, le=0.2)
    """Of motion that is made: largest change of size in a frame, as a share."""
    turn: float = Field(default=0.5, ge=0, le=20)
    """Of motion that is made: largest turn in a frame, in degrees."""

    def read(self, path: str, notify: Notify = lambda line: None, strict: bool = False) -> Dataset:
        """Videos, if there are some at `path`; else pictures, as `source` says they are to be understood."""
        place = Path(path).expanduser()
        if self.source == "frames":
            dataset = read_frames(self, place, notify, strict)
        elif films := films_in(place):
            dataset = read_films(self, films, notify, strict)
        else:
            dataset = super().read(path, notify, strict)
            made = f"photographs: motion of up to {self.pan:g} pixels a frame is made over them; it is no video's"
            hint = () if self.source == "photographs" else ("frames of videos? set domain.source=frames",)
            return replace(dataset, notes=(*dataset.notes, made, *hint))
        note = f"degraded on the fly: {', '.join(step.name for step in self.steps)}"
        return replace(dataset, notes=(*dataset.notes, note))

    def fit(self, dataset: Dataset) -> DegradedClips:  # type: ignore[override]  # no codec of pictures alone
        """Raises DataError when the pictures do not allow what is to be done to them."""
        still = super().fit(dataset)
        target = Films.model_validate({**still.target.model_dump(), "padding": (0, 0, 0, 0), "frames": self.frames})
        return DegradedClips(
            target=target, scale=still.scale, steps=still.steps, crop=still.crop, flip=still.flip, turns=still.turns,
            pan=self.pan, zoom=self.zoom, turn=self.turn,
        )  # fmt: skip
