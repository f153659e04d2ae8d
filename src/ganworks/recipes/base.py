"""Recipe: a named way to a complete run, with where it comes from."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import torch

from ..domains import Domain
from ..settings import Tree
from ..spec import Spec
from ..training.run import Run


@dataclass(frozen=True)
class Situation:
    """What a recipe may adapt to."""

    data: str
    domain: Domain
    spec: Spec
    count: int
    """Training records."""
    device: torch.device


class Recipe(NamedTuple):
    """make(situation) returns a complete Run; the rest is for the table that `ganworks recipes` prints."""

    make: Callable[[Situation], Run]
    year: int
    paper: str
    networks: str
    objective: str
    domain: Tree | None = None
    """What it wants to be read otherwise than the data alone would have it, as settings of the domain."""
