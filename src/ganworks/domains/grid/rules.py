"""Rules a level has to keep, read from TOML, and the one checker that says which it breaks.

    [[adjacent]]                      # where the tile has such a neighbour within the level, it must be one of these
    tile = "<"
    right = [">"]
    below = ["["]

    [[count]]                         # how many of them a level may have
    tiles = ["tag:enemy"]
    most = 8

    [reach]                           # the far side can be reached
    physics = "jump"
    jump = 4

Tiles are named by their symbol, or all with a tag by `tag:solid`.
"""

from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt
from pydantic import Field, model_validator

from ...settings import ConfigError, DataError, Settings, read_toml
from . import reach
from .legend import Codes, Legend, Mask

Names = tuple[str, ...]
SIDES = {"left": (0, -1), "right": (0, 1), "above": (-1, 0), "below": (1, 0)}
"""Steps to a neighbour, (down, right)."""


class Adjacent(Settings):
    """What may stand beside a tile. A neighbour outside of the level is not known and allowed."""

    tile: str
    """The tile, by its symbol, or all with a tag."""
    left: Names | None = None
    """What may stand to its left; anything where not given. So are the others."""
    right: Names | None = None
    """To its right."""
    above: Names | None = None
    """Above it."""
    below: Names | None = None
    """Below it."""

    @model_validator(mode="after")
    def _says_something(self) -> "Adjacent":
        if all(getattr(self, side) is None for side in SIDES):
            raise ValueError(f"the rule for '{self.tile}' says nothing; give left, right, above or below")
        return self


class Count(Settings):
    """How many of some tiles a level may have."""

    tiles: Names = Field(min_length=1)
    """Symbols and tags that are counted together."""
    least: int = Field(default=0, ge=0)
    """Fewest in a level."""
    most: int | None = Field(default=None, ge=0)
    """Most in a level; any number where not given."""


class Reach(Settings):
    """That a level can be crossed, or its ends be joined."""

    physics: Literal["jump", "walk"] = "jump"
    """jump: a walker under gravity crosses from left to right; walk: all `ends` are joined by steps to four sides."""
    jump: int = Field(default=4, ge=0, le=32)
    """Tiles a jump goes up."""
    solid: Names = ("tag:solid",)
    """What is stood on and not passed (jump), or not passed (walk)."""
    ends: Names = ()
    """With walk: the tiles that have to be joined, such as doors."""


class Rules(Settings):
    """Everything that a level has to keep."""

    adjacent: tuple[Adjacent, ...] = ()
    """Neighbours."""
    count: tuple[Count, ...] = ()
    """Numbers."""
    reach: Reach | None = None
    """Ways."""

    def names(self) -> list[str]:
        """Every tile the rules speak of."""
        beside = [name for rule in self.adjacent for side in SIDES for name in getattr(rule, side) or ()]
        ways = [*self.reach.solid, *self.reach.ends] if self.reach else []
        return [*(rule.tile for rule in self.adjacent), *beside, *(n for c in self.count for n in c.tiles), *ways]


class Broken(NamedTuple):
    """Which rules levels break."""

    rules: tuple[str, ...]
    """A line each."""
    table: npt.NDArray[np.bool_]
    """(B, rules): True where broken."""

    @property
    def any(self) -> Mask:
        """(B,)"""
        return np.asarray(self.table.any(axis=1))

    def of(self, index: int) -> list[str]:
        """The rules that one level breaks."""
        return [rule for rule, broken in zip(self.rules, self.table[index], strict=True) if broken]


class Checker:
    """Rules over one legend. Raises DataError for a tile that the legend does not have."""

    def __init__(self, rules: Rules, legend: Legend):
        for name in rules.names():
            legend.codes([name], "tile of the rules")
        self.rules, self.legend = rules, legend

    def broken(self, levels: Codes) -> Broken:
        """Levels (B, H, W) of tile codes -> the rules that each breaks."""
        found: dict[str, Mask] = {}
        for rule in self.rules.adjacent:
            found |= self._beside(rule, levels)
        for count in self.rules.count:
            line, mask = self._counted(count, levels)
            found[line] = mask
        if self.rules.reach is not None:
            found[REACH] = ~self._reached(self.rules.reach, levels)
        table = np.stack(list(found.values()), axis=1) if found else np.zeros((len(levels), 0), bool)
        return Broken(tuple(found), table)

    def misplaced(self, levels: Codes) -> Mask:
        """Cells (B, H, W) whose neighbour is not one they may have."""
        wrong = np.zeros(levels.shape, bool)
        for rule in self.rules.adjacent:
            for side in SIDES:
                if (allowed := getattr(rule, side)) is not None:
                    wrong |= self._wrong(rule.tile, side, allowed, levels)
        return wrong

    def _beside(self, rule: Adjacent, levels: Codes) -> dict[str, Mask]:
        given = {side: getattr(rule, side) for side in SIDES if getattr(rule, side) is not None}
        return {
            f"{side} of {rule.tile} stands one of {' '.join(allowed)}": np.asarray(
                self._wrong(rule.tile, side, allowed, levels).any(axis=(1, 2))
            )
            for side, allowed in given.items()
        }

    def _wrong(self, tile: str, side: str, allowed: Names, levels: Codes) -> Mask:
        down, right = SIDES[side]
        height, width = levels.shape[1:]
        here = np.zeros(levels.shape, bool)
        rows = slice(max(0, -down), height - max(0, down))
        columns = slice(max(0, -right), width - max(0, right))
        there = levels[:, max(0, down) : height + min(0, down), max(0, right) : width + min(0, right)]
        here[:, rows, columns] = self.legend.mask([tile])[levels[:, rows, columns]] & ~self.legend.mask(allowed)[there]
        return here

    def _counted(self, rule: Count, levels: Codes) -> tuple[str, Mask]:
        number = self.legend.mask(rule.tiles)[levels].sum(axis=(1, 2))
        most = "" if rule.most is None else f" and at most {rule.most}"
        wrong = (number < rule.least) | (number > (number.max(initial=0) if rule.most is None else rule.most))
        return f"at least {rule.least}{most} of {' '.join(rule.tiles)}", wrong

    def _reached(self, rule: Reach, levels: Codes) -> Mask:
        solid = self.legend.mask(rule.solid)[levels]
        if rule.physics == "jump":
            return reach.by_jumping(solid, rule.jump)
        return reach.by_walking(~solid, self.legend.mask(rule.ends)[levels])


REACH = "the far side can be reached"
"""What the reachability rule is called among the broken ones."""


def read_rules(path: Path, legend: Legend) -> Rules:
    """Rules from a TOML file, all of whose tiles the legend has. Raises DataError with one line."""
    try:
        rules = Rules.from_tree(read_toml(path))
        Checker(rules, legend)
    except (ConfigError, DataError) as error:
        line = str(error)
        raise DataError(line if line.startswith(str(path)) else f"{path}: {line}") from None
    return rules


def _pipes() -> tuple[Adjacent, ...]:
    return (
        Adjacent(tile="<", right=(">",), below=("[",)),
        Adjacent(tile=">", left=("<",), below=("]",)),
        Adjacent(tile="[", right=("]",), above=("<", "["), below=("[", "X")),
        Adjacent(tile="]", left=("[",), above=(">", "]"), below=("]", "X")),
    )


PRESETS: dict[str, Rules] = {
    "smb": Rules(adjacent=_pipes(), reach=Reach()),
}
"""Rules that are known: whole pipes on the ground, and a walker who jumps four tiles."""


def preset(legend: Legend) -> str | None:
    """The name of the known rules that speak of this legend's tiles."""
    return next((name for name, rules in PRESETS.items() if all(map(legend.knows, rules.names()))), None)
