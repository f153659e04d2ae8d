"""What every extractor promises: samples -> features, under a name and a hash that a number can be repeated with."""

from abc import ABC, abstractmethod
from typing import Any, ClassVar

from torch import Tensor


class Extractor(ABC):
    """A frozen function from encoded samples to features. The same name and hash give the same features.

    Extractors read samples as a codec encodes them: for pictures (B, C, H, W) in -1..1. A generated sample goes
    through the codec's decode and encode first, so that what is judged is what a user would get.
    """

    name: str
    """How it is spelled wherever a number is printed: FD(<name>)."""
    sha256: str
    """Of the weights, or of whatever else determines the features."""
    licence: ClassVar[str]
    reads: ClassVar[str]
    """What kind of samples it is meant for, for the reader."""
    classes: tuple[str, ...] = ()
    """Names of the classes whose probabilities it gives; empty when it is no classifier."""

    @abstractmethod
    def check(self, shape: tuple[int, ...]) -> None:
        """Raise DataError in one line when samples of this shape cannot be read."""

    @abstractmethod
    def __call__(self, x: Tensor) -> Tensor:
        """Features (B, F), float32, of samples x (B, *shape). No gradient; the same on every call."""

    def probabilities(self, x: Tensor) -> Tensor:
        """Class probabilities (B, len(classes)). Only where there are classes."""
        raise TypeError(f"{self.name} is no classifier")

    def record(self) -> dict[str, Any]:
        """What is stored beside every number."""
        return {"name": self.name, "sha256": self.sha256, "licence": self.licence, "reads": self.reads}
