"""Tables as an audit sees them: rows as points, and rows as a person reads them."""

import csv
import tempfile
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ..domains import Codec
from ..domains.base import Raw
from ..domains.table import Coded
from ..metrics.privacy.rows import Places, Rows
from .sides import Eye


class Table(NamedTuple):
    """The columns that are learnt, and how rows become points."""

    codec: Coded
    names: list[str]
    numbers: list[bool]
    """Whether a column holds numbers; else categories."""
    places: Places

    @classmethod
    def of(cls, codec: Codec, members: Raw, others: Raw) -> "Table | None":
        """None where records are no rows of a table. Both sides, (N, columns) each, set the scales alike."""
        if not isinstance(codec, Coded):
            return None
        numbers = [kind == "number" for kind in codec.kinds]
        return cls(codec, list(codec.names), numbers, Places.of(np.concatenate([members, others]), numbers))

    @property
    def eye(self) -> Eye:
        """Looks at rows as they are: what an encoding does to them is no matter of privacy."""
        name = "columns (places of numbers, categories as one of many)"
        return Eye(name, lambda raw: self.places.features(raw).float(), lambda raw: raw)

    def noise(self, rows: Rows, count: int, seed: int = 0) -> Rows:
        """Rows (count, columns) of uniform noise: numbers between the ends of `rows`, any category that is there."""
        rng = np.random.default_rng(seed)
        columns = []
        for column, number in zip(rows.T, self.numbers, strict=True):
            there = np.unique(column[~np.isnan(column)])
            if not len(there):
                columns.append(np.full(count, np.nan))
            elif number:
                columns.append(rng.uniform(there[0], there[-1], count))
            else:
                columns.append(rng.choice(there, count))
        return np.stack(columns, 1)

    def spelled(self, rows: Rows) -> tuple[list[str], list[list[str]]]:
        """Names of columns and cells of rows (N, columns), as a file of the data's own kind has them."""
        plain = self.codec.model_copy(update={"suffix": ".csv", "delimiter": ",", "header": True})
        with tempfile.TemporaryDirectory() as folder:
            (path,) = plain.write(rows, Path(folder))
            with path.open(newline="", encoding="utf-8-sig") as file:
                head, *cells = csv.reader(file)
        return head, cells
