"""What an examination finds: a line each, with how much it matters."""

from dataclasses import dataclass, field
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

Level = Literal["good", "note", "warning"]
Raw = npt.NDArray[np.uint8]


class Finding(NamedTuple):
    about: str
    level: Level
    line: str
    """What was found, and what to do about it."""


class Shown(NamedTuple):
    """Records worth looking at."""

    title: str
    sheet: Raw
    """(H, W, 3)"""


@dataclass
class Findings:
    """Grows while one examination after the other adds to it."""

    lines: list[Finding] = field(default_factory=list)
    shown: list[Shown] = field(default_factory=list)
    bars: dict[str, dict[str, int]] = field(default_factory=dict)
    """Counts by name, under a title."""

    def add(self, about: str, level: Level, line: str) -> None:
        self.lines.append(Finding(about, level, line))


def share(count: int, total: int) -> str:
    return f"{count:,} of {total:,} ({count / max(total, 1):.1%})"
