"""A drawn sheet of molecules: structures side by side, as chemists look at them."""

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from PIL import Image as Pillow
from PIL import ImageDraw

from ...chemistry import EXTRA, WHY, molecule
from ...extras import library

CELL = (210, 160)
"""Width and height of one molecule, in pixels."""


def sheet(smiles: Sequence[str], columns: int | None = None, legends: Sequence[str] = ()) -> npt.NDArray[np.uint8]:
    """One picture (H, W, 3), with a line under each where `legends` has one; what is no molecule is crossed out."""
    count = max(1, len(smiles))
    columns = columns or math.ceil(math.sqrt(count))
    page = Pillow.new("RGB", (columns * CELL[0], -(-count // columns) * CELL[1]), "white")
    pen = ImageDraw.Draw(page)
    for number, each in enumerate(smiles):
        left, top = number % columns * CELL[0], number // columns * CELL[1]
        drawn = _drawn(each, legends[number] if legends else "")
        if drawn is None:
            pen.line((left, top, left + CELL[0], top + CELL[1]), fill="#cccccc")
        else:
            page.paste(drawn, (left, top))
    return np.asarray(page)


def _drawn(smiles: str, legend: str) -> Pillow.Image | None:
    found = molecule(smiles)
    if found is None:
        return None
    library("rdkit.Chem.rdDepictor", WHY, EXTRA).Compute2DCoords(found)
    draw = library("rdkit.Chem.Draw", WHY, EXTRA)
    picture: Pillow.Image = draw.MolToImage(found, size=CELL, legend=legend).convert("RGB")
    return picture
