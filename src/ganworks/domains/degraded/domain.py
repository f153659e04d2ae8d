"""The settings of the degraded domain: clean pictures, and what is done to them."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar, Literal, Self

from pydantic import Field, model_validator

from ...settings import DataError, no_such
from ..base import Codec, Dataset, Notify
from ..image import Image, Pictures
from ..image.decode import SMALLEST
from .codec import DegradedPictures
from .holes import Holes
from .light import Grey
from .masks import masks_in
from .presets import PRESETS, Steps, changed, consistent, from_preset

_DEFAULT = "mild"


class Degraded(Image):
    """Clean pictures, read as the image domain reads them, each spoilt on the fly: the pairs that restoration needs."""

    codec: ClassVar[type[Codec]] = DegradedPictures
    given: ClassVar[Literal["nothing", "pictures"]] = "pictures"

    name: Literal["degraded"] = "degraded"  # type: ignore[assignment]  # its own name in the table of domains
    preset: str | None = None
    """A usual list of steps by name. It fills in `steps`, in the place of another preset's, and is itself forgotten."""
    steps: Steps = PRESETS[_DEFAULT]
    """What is done to a clean picture, one after the other."""
    crop: int | None = Field(default=None, ge=SMALLEST)
    """Side of squares cut at random from the pictures, whose size `size` and `longest` give; pixels. Unset, or larger
    than the pictures: whole."""
    flip: bool = True
    """In training half of the pictures are mirrored left to right."""
    turns: bool = False
    """In training pictures are also stood on their head and laid on their side, each half of the time."""
    grid: Literal["pad", "crop"] = "crop"
    """What is done about sides that networks cannot draw: the data cut, or padded for the network alone."""

    @model_validator(mode="before")
    @classmethod
    def _fill_in_steps(cls, value: Any) -> Any:
        if not isinstance(value, Mapping):
            return value
        preset, steps = value.get("preset"), value.get("steps")
        if preset is not None and preset not in PRESETS:
            raise ValueError(no_such("preset of steps", str(preset), PRESETS))
        if isinstance(steps, Mapping):  # `steps.0.sigma=50` where no list of steps was written yet
            return {**value, "preset": None, "steps": changed(PRESETS[preset or _DEFAULT], steps)}
        if preset is None:
            return value
        if steps and not from_preset(steps):
            raise ValueError(f"preset='{preset}' and steps of your own are both given; leave one of them out")
        return {**value, "preset": None, "steps": PRESETS[preset]}

    @model_validator(mode="after")
    def _steps_in_order(self) -> Self:
        try:
            consistent(self.steps)
        except ValueError as error:
            raise ValueError(f"steps: {error}") from None
        return self

    def read(self, path: str, notify: Notify = lambda line: None, strict: bool = False) -> Dataset:
        """As the image domain reads; a note says what will be done to the pictures."""
        dataset = super().read(path, notify, strict)
        note = f"degraded on the fly: {', '.join(step.name for step in self.steps)}"
        return replace(dataset, notes=(*dataset.notes, note))

    def fit(self, dataset: Dataset) -> DegradedPictures:  # type: ignore[override]  # no codec of pictures alone
        """Raises DataError when the pictures do not allow what is to be done to them."""
        target = super().fit(dataset)
        crop = self.crop if self.crop and self.crop <= min(target.height, target.width) else None
        if crop is not None:
            size = {"height": crop, "width": crop, "padding": (0, 0, 0, 0)}
            target = Pictures.model_validate({**target.model_dump(), **size})
        channels, height, width = target.spec.shape
        scale = 1
        for step in self.steps:
            scale *= step.shrinks
            if isinstance(step, Grey) and channels < 3:
                raise DataError(
                    "wanted colour pictures to take the colour from, got grey ones; leave out the step grey"
                )
            if isinstance(step, Holes) and step.folder is not None:
                masks_in(step.folder, height // scale, width // scale)
        if height % scale or width % scale:
            raise DataError(
                f"wanted sides that {scale} divides, got {height} x {width}; set domain.crop or domain.size to such"
            )
        if self.turns and target.height != target.width:
            got = f"{target.height} x {target.width}"
            raise DataError(f"turns=true wants square pictures, got {got}; set domain.crop or domain.size")
        return DegradedPictures(
            target=target, scale=scale, steps=self.steps, crop=crop, flip=self.flip, turns=self.turns
        )
