"""Tables of a few made-up columns."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from ganworks.domains.base import Dataset
from ganworks.domains.table import Coded, Table


@pytest.fixture
def table(tmp_path: Path):
    """A table of columns, read and fitted: what it says, its data set, its codec."""

    def made(cells: dict[str, Sequence[object]], /, **settings: object) -> tuple[Table, Dataset, Coded]:
        rows = zip(*cells.values(), strict=True)
        text = "\n".join(",".join(map(str, row)) for row in [tuple(cells), *rows])
        (tmp_path / "t.csv").write_text(text + "\n")
        domain = Table.from_tree({"validation": 0, "test": 0, **settings})
        dataset = domain.read(str(tmp_path / "t.csv"))
        return domain, dataset, domain.fit(dataset)

    return made


@pytest.fixture(scope="session")
def people() -> tuple[Dataset, Coded]:
    domain = Table()
    dataset = domain.toy(3)
    return dataset, domain.fit(dataset)


def every(dataset: Dataset) -> np.ndarray:
    return dataset.train.fetch(np.arange(len(dataset.train))).x
