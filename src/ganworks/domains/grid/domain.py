"""Grid: levels and other grids of tiles as a domain."""

import hashlib
from pathlib import Path
from typing import Annotated, ClassVar, Literal

import numpy as np
import torch
from pydantic import Field, PositiveInt

from ...settings import ConfigError, DataError
from ..base import Codec, Dataset, Domain, Notify, Skipped
from . import asked, compositions, hills
from .codec import Tiles
from .crops import Crops, places_of, split
from .legend import Codes, Legend
from .reading import Found, Level, looks_like, read_levels
from .rules import PRESETS, Checker, Rules, preset, read_rules

Size = tuple[Annotated[int, Field(ge=4, le=512)], Annotated[int, Field(ge=4, le=512)]]
BUILT_IN = "hills"
TALLEST, WIDEST = 32, 28
"""Sides of crops when none are asked for: whole levels where they are at most TALLEST high, and WIDEST columns."""
ROLL = (48, 64)
MOST = 4_000_000
"""Windows of one data set; a larger stride makes fewer."""


class Grid(Domain):
    """Levels as text with a legend, Tiled maps, palette pictures, piano-rolls, compositions: windows of tiles."""

    name: Literal["grid"] = "grid"
    codec: ClassVar[type[Codec]] = Tiles
    size: Size | None = None
    """Rows and columns of a window. Unset: whole levels where they are low, else 16 rows, and 28 columns."""
    stride: tuple[PositiveInt, PositiveInt] | None = None
    """Rows and columns from one window to the next; 1, where files do not say otherwise."""
    legend: str = "auto"
    """The legend of text levels: a JSON file, auto for the one beside them, none to know tiles by their characters."""
    rules: str = "auto"
    """What levels have to keep: a TOML file, smb, none, or auto for rules.toml beside them, else by their tiles."""
    breaking: Literal["leave-out", "keep"] = "leave-out"
    """What is done with windows of the data that break the rules themselves."""
    least_tiles: int = Field(default=2, ge=1)
    """Different tiles a window must have; emptier ones are left out."""
    soft: float = Field(default=0.1, ge=0, lt=0.5)
    """Share of a cell that training spreads over all tiles, so that rare ones stay within the generator's reach."""
    condition: Literal["none", "counts", "left"] = "none"
    """What levels can be asked for: nothing, numbers of tiles, or to go on from the columns to their left."""
    counted: tuple[str, ...] = ()
    """Tiles that are counted: symbols, `tag:...`, `gaps`. Empty: gaps and enemies, as far as the legend knows them."""
    columns: int = Field(default=2, ge=1)
    """With condition=left: how many columns to the left are given."""

    @classmethod
    def recognises(cls, path: Path) -> bool:
        return str(path) == BUILT_IN or looks_like(path)

    @property
    def conditional(self) -> bool:
        return self.condition != "none"

    def read(self, path: str, notify: Notify = lambda line: None, strict: bool = False) -> Dataset:
        """`path` is a file or a folder of levels; `hills` is a built-in set of them."""
        if path == BUILT_IN:
            return self.toy()
        legend = None if self.legend in ("auto", "none") else Path(self.legend)
        found = read_levels(Path(path), legend, strict, notify, bare=self.legend == "none")
        return self._windows(found, strict)

    def toy(self, seed: int = 0) -> Dataset:
        height = max(hills.HEIGHT, self.size[0] if self.size else 0)
        levels = [Level(f"hills-{i:02d}", codes) for i, codes in enumerate(hills.levels(seed, height))]
        return self._windows(Found("text", levels, hills.LEGEND, [], None, {}), strict=False)

    def fit(self, dataset: Dataset) -> Tiles:
        facts, train = dataset.facts, dataset.train
        assert isinstance(train, Crops)
        legend: Legend = facts["legend"]
        windows = train.all() if self.conditional else None
        learnt: asked.Counts | asked.Left | None = None
        if windows is not None and self.condition == "counts":
            learnt = asked.learnt_counts(self.counted, windows, legend)
        elif windows is not None:
            learnt = asked.learnt_left(self.columns, windows, legend)
        bare = Tiles(
            kind=facts["kind"], legend=legend, height=train.size[0], width=train.size[1], padding=facts["padding"],
            soft=self.soft, rules=facts["rules"], asked=learnt, head=facts["head"],
        )  # fmt: skip
        return bare.model_copy(update=_neighbours(train, bare))

    def _windows(self, found: Found, strict: bool) -> Dataset:
        size, stride = self._size(found), self._stride(found)
        skipped = list(found.skipped)
        levels = [each for each in found.levels if self._fits(each, size, skipped, strict)]
        if not levels:
            raise DataError(f"every level is smaller than a window of {size[0]} x {size[1]}: {skipped[-1].reason}")
        rules, notes = self._rules(found)
        codes = [each.codes for each in levels]
        crops = Crops(codes, places_of(codes, size, stride), size)
        if len(crops) > MOST:
            raise DataError(f"{len(crops):,} windows; at most {MOST:,}: set domain.stride, for example [4, 4]")
        crops, left_out = self._sound(crops, rules, found.legend)
        splits = split(crops)
        if not len(splits.train):
            raise DataError(
                f"no window is left to train on of {len(crops)}; add levels, or set a smaller domain.size or "
                "domain.stride"
            )
        tops, rights = (np.concatenate([edge(each) for each in codes]) for edge in (_top, _right))
        facts = {
            "legend": found.legend, "kind": found.kind, "rules": rules, "head": found.head,
            "padding": (int(np.bincount(tops).argmax()), int(np.bincount(rights).argmax())),
            "levels": [level.name for level in levels],
        }  # fmt: skip
        notes = [
            f"{len(levels)} level{'s' * (len(levels) > 1)} of {len(found.legend)} tiles, "
            f"{len(splits.train):,} windows of {size[0]} x {size[1]} to train on",
            *notes,
            *left_out,
        ]
        train, validation, test = (crops.of(each) for each in splits)
        print_ = _fingerprint(codes, (train, validation, test), found.legend)
        return Dataset(train, validation, test, print_, skipped=tuple(skipped), notes=tuple(notes), facts=facts)

    def _size(self, found: Found) -> tuple[int, int]:
        if found.kind == "composition":
            return compositions.HEIGHT, compositions.WIDTH
        if self.size is not None:
            return self.size
        height = min(level.codes.shape[0] for level in found.levels)
        width = min(level.codes.shape[1] for level in found.levels)
        if found.kind == "midi":
            return ROLL[0], min(ROLL[1], width)
        return height if height <= TALLEST else TALLEST // 2, min(WIDEST, width)

    def _stride(self, found: Found) -> tuple[int, int]:
        if found.kind == "composition":
            return compositions.HEIGHT, compositions.WIDTH
        return self.stride or ((1, 4) if found.kind == "midi" else (1, 1))

    def _fits(self, level: Level, size: tuple[int, int], skipped: list[Skipped], strict: bool) -> bool:
        height, width = level.codes.shape
        if height >= size[0] and width >= size[1]:
            return True
        reason = f"{height} x {width} is smaller than a window of {size[0]} x {size[1]}; set domain.size"
        if strict:
            raise DataError(f"{level.name}: {reason}")
        skipped.append(Skipped(level.name, reason))
        return False

    def _rules(self, found: Found) -> tuple[Rules | None, list[str]]:
        """The rules, and where they come from in a line."""
        if self.rules == "none":
            return None, []
        if self.rules in PRESETS:
            Checker(PRESETS[self.rules], found.legend)
            return PRESETS[self.rules], [f"rules: {self.rules}"]
        if self.rules != "auto":
            if not Path(self.rules).is_file():
                raise ConfigError(
                    f"domain.rules: no file '{self.rules}'; give a TOML file, {', '.join(PRESETS)}, auto or none"
                )
            return read_rules(Path(self.rules), found.legend), [f"rules: {self.rules}"]
        if found.rules is not None:
            return read_rules(found.rules, found.legend), [f"rules: {found.rules.name} beside the levels"]
        name = preset(found.legend)
        return (None, []) if name is None else (PRESETS[name], [f"rules: {name}, known by its tiles"])

    def _sound(self, crops: Crops, rules: Rules | None, legend: Legend) -> tuple[Crops, list[str]]:
        """Windows that hold something and keep the rules, and what was left out."""
        keep, bare = np.ones(len(crops), bool), 0
        checker = Checker(rules, legend) if rules and self.breaking == "leave-out" else None
        for start in range(0, len(crops), 4096):
            part = slice(start, start + 4096)
            windows = crops.windows(crops.places[part])
            rows = np.sort(windows.reshape(len(windows), -1), axis=1)
            full = (np.diff(rows, axis=1) != 0).sum(axis=1) + 1 >= self.least_tiles
            bare += int((~full).sum())
            keep[part] = full & ~checker.broken(windows).any if checker else full
        broken = int((~keep).sum()) - bare
        notes = [f"{bare:,} windows with fewer than {self.least_tiles} different tiles are left out"] if bare else []
        if broken > 0:
            notes.append(
                f"{broken:,} windows of the data break the rules and are left out; domain.breaking=keep trains on them"
            )
        return crops.of(crops.places[keep]), notes


def _neighbours(train: Crops, codec: Tiles) -> dict[str, tuple[str, ...]]:
    """Which tiles stand beside which in windows as networks see them."""
    tiles = len(codec.legend)
    met = {"right": np.zeros((tiles, tiles), bool), "below": np.zeros((tiles, tiles), bool)}
    for start in range(0, len(train), 1024):
        grid = codec.framed(torch.from_numpy(train.windows(train.places[start : start + 1024]))).numpy()
        met["right"][grid[:, :, :-1], grid[:, :, 1:]] = True
        met["below"][grid[:, :-1], grid[:, 1:]] = True
    return {side: tuple("".join("01"[int(each)] for each in row) for row in table) for side, table in met.items()}


def _top(level: Codes) -> Codes:
    edge: Codes = level[0]
    return edge


def _right(level: Codes) -> Codes:
    edge: Codes = level[:, -1]
    return edge


def _fingerprint(levels: list[Codes], splits: tuple[Crops, ...], legend: Legend) -> str:
    digest = hashlib.sha256(legend.model_dump_json().encode())
    for level in levels:
        digest.update(repr(level.shape).encode() + level.tobytes())
    for crops in splits:
        digest.update(b"|" + np.ascontiguousarray(crops.places).tobytes() + repr(crops.size).encode())
    return digest.hexdigest()
