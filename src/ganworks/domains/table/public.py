"""Made-up rows that tell what is public of a table and nothing else: a private run fits its codec on them."""

import numpy as np

from ...settings import ConfigError, printable
from ..base import Dataset, Stored
from .cells import Floats
from .schema import Seen

ROWS = 2_000
SHARE_OF_GAPS = 4
"""In columns that may have gaps one row in so many has one."""


def stand_in(dataset: Dataset) -> Dataset:
    """As many rows of every category, and numbers evenly over the bounds that the user gave; by rank, which then is a
    straight line.

    Raises ConfigError for numbers without bounds: what the records reach would give the farthest of them away.
    """
    schema: tuple[Seen, ...] = dataset.facts["schema"]
    open_ended = [each.name for each in schema if each.numeric and (each.minimum is None or each.maximum is None)]
    if open_ended:
        first = printable(open_ended[0])
        more = f" and {len(open_ended) - 1} more" if len(open_ended) > 1 else ""
        raise ConfigError(
            f"differential privacy: column '{first}'{more} has no public bounds; give both, "
            f"domain.columns.{first}.minimum=0 and domain.columns.{first}.maximum=100"
        )
    records = np.stack([_values(each) for each in schema if each.learnt], 1)
    train = Stored(records, np.arange(ROWS))
    ranked = tuple(each.model_copy(update={"normaliser": "quantile"}) if each.numeric else each for each in schema)
    return Dataset(train, train, train, dataset.fingerprint, facts={**dataset.facts, "schema": ranked})


def _values(column: Seen) -> Floats:
    rows = np.arange(ROWS)
    if column.numeric:
        assert column.minimum is not None and column.maximum is not None
        values = np.linspace(column.minimum, column.maximum, ROWS)
        if column.decimals is not None and column.kind != "datetime":
            values = np.clip(values.round(column.decimals), column.minimum, column.maximum)
    else:
        values = (rows % max(len(column.words), 1)).astype(np.float64)
    if column.missing:
        # Not in step with the categories, or some of them would have no row of their own.
        values = np.where(np.random.default_rng(0).permutation(rows) % SHARE_OF_GAPS == 0, np.nan, values)
    return values
