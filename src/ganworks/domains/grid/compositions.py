"""Compositions: formulas such as Al2O3 as grids, the periodic table with a number of atoms in each cell.

MatGAN (Dan et al. 2020) lays element by count flat on a picture; here the count is the tile of an element's own cell,
so that no formula can give an element two counts, and neighbours on the grid are neighbours in chemistry.
"""

import csv
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ...settings import DataError
from .legend import Codes, Legend, Tile

Cells = npt.NDArray[np.int64]
_ROWS = """
H . . . . . . . . . . . . . . . . He
Li Be . . . . . . . . . . B C N O F Ne
Na Mg . . . . . . . . . . Al Si P S Cl Ar
K Ca Sc Ti V Cr Mn Fe Co Ni Cu Zn Ga Ge As Se Br Kr
Rb Sr Y Zr Nb Mo Tc Ru Rh Pd Ag Cd In Sn Sb Te I Xe
Cs Ba La Hf Ta W Re Os Ir Pt Au Hg Tl Pb Bi Po At Rn
Fr Ra Ac . . . . . . . . . . . . . . .
. . . Ce Pr Nd Pm Sm Eu Gd Tb Dy Ho Er Tm Yb Lu .
. . . Th Pa U Np Pu Am Cm . . . . . . . .
"""
CELLS = {
    element: (row, column)
    for row, line in enumerate(_ROWS.split("\n")[1:-1])
    for column, element in enumerate(line.split())
    if element != "."
}
"""Where each element stands."""
HEIGHT, WIDTH = 9, 18
MOST = 9
"""Atoms of one element in a formula."""
NAME = "formula"
_SHADES = [(250 - 22 * i, 246 - 16 * i, 240 - 8 * i) for i in range(MOST + 1)]
LEGEND = Legend(
    tiles=tuple(
        Tile(symbol=str(i), tags=("atoms",) if i else ("empty",), colour=shade) for i, shade in enumerate(_SHADES)
    )
)
_PART = re.compile(r"([A-Z][a-z]?)(\d*)")


def read(path: Path) -> tuple[Cells, dict[str, Any]]:
    """All formulas of a table side by side, (9, N * 18) numbers of atoms.

    The formulas are in the column called formula, or in the only one. Raises DataError that names the line.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = csv.DictReader(file)
            names = rows.fieldnames or []
            name = NAME if NAME in names else names[0] if len(names) == 1 else None
            if name is None:
                raise DataError(f"{path}: wanted a column called {NAME}, it has {', '.join(names) or 'none'}")
            grids = [_grid(f"{path}, line {number}", row[name] or "") for number, row in enumerate(rows, 2)]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{path}: wanted a table of formulas, {error}") from None
    if not grids:
        raise DataError(f"{path}: wanted formulas, the table has no rows")
    return np.concatenate(grids, axis=1), {}


def coded(tables: Sequence[Cells], heads: Sequence[dict[str, Any]]) -> tuple[Legend, list[Codes]]:
    """One level a formula would be many; a table stays one level, cut every 18 columns."""
    return LEGEND, [table.astype(np.uint8) for table in tables]


def spelled(codes: Codes) -> str:
    """The formula of one grid (9, 18), elements in the order of the table."""
    counts = {element: int(codes[place]) for element, place in CELLS.items()}
    return "".join(f"{element}{count if count > 1 else ''}" for element, count in counts.items() if count)


def write(grids: Codes, path: Path) -> Path:
    """One table of the formulas of grids (N, 9, 18)."""
    path.write_text(f"{NAME}\n" + "".join(f"{spelled(grid)}\n" for grid in grids), encoding="utf-8")
    return path


def _grid(where: str, formula: str) -> Cells:
    text, grid = formula.strip(), np.zeros((HEIGHT, WIDTH), np.int64)
    parts = _PART.findall(text)
    if not parts or "".join(element + count for element, count in parts) != text:
        raise DataError(f"{where}: wanted a formula such as Al2O3, got '{formula}'")
    for element, count in parts:
        if element not in CELLS:
            raise DataError(f"{where}: no element '{element}' in '{formula}'")
        number = int(count or 1)
        if not 1 <= number <= MOST:
            raise DataError(f"{where}: {number} atoms of {element}; 1 to {MOST} can be told apart")
        grid[CELLS[element]] = number
    return grid
