"""The stylised facts of prices: heavy tails, restless and calm times, leverage, falls. Source: Cont (2001)."""

import re
from typing import Any

import numpy as np

from ...domains.series import Steps
from ...metrics.series import autocorrelation, drawdown, leverage, returns, tail_index
from .sets import Sets, Windows

_PRICE = re.compile(r"(^|[^a-z])(adj|adjusted|close|price|last|index)([^a-z]|$)")
SHORTEST = 5
"""Steps below which a window has no falls and no memory to speak of."""
COLUMNS = ["tail index", "memory of returns", "memory of sizes", "leverage", "median drawdown", "worst 5 % drawdown"]


def finance(codec: Steps, sets: Sets) -> dict[str, Any] | None:
    """Of the channel that is called a price, where one is; None where none is or it is not above 0."""
    priced = [i for i, each in enumerate(codec.channels) if _PRICE.search(each.name.lower()) and not each.categories]
    if not priced or codec.channels[priced[0]].low <= 0 or sets.train.shape[2] < SHORTEST:
        return None
    channel = codec.channels[priced[0]]
    found = [
        ("generated", "the model's own", sets.generated),
        ("training", "windows trained on", sets.train),
        ("held out", "windows held out", sets.held),
        ("one Gaussian", "mean and full covariance of flat training windows", sets.gaussian),
    ]
    rows = []
    for name, line, windows in found:
        if windows is not None:
            prices = windows[:, priced[0]] * (channel.high - channel.low) + channel.low
            rows.append({"name": name, "line": line, "values": _facts(prices)})
    lead = (
        f"Of {channel.name}: Hill's tail index of returns (about 3 of stocks; a Gaussian's is above 5), the "
        "autocorrelation at one step of returns and of their sizes, the correlation of a return with the squared next "
        "one, and falls from the highest price so far in a window. Nearest to the training row is best."
    )
    return {"title": "Facts of finance", "lead": lead, "columns": COLUMNS, "rows": rows}


def _facts(prices: Windows) -> list[float | None]:
    """Of prices (N, T); None where some are not above 0."""
    if not np.nanmin(prices) > 0:
        return [None] * len(COLUMNS)
    moves = returns(prices)
    falls = drawdown(prices)
    numbers = [
        tail_index(moves),
        float(autocorrelation(moves[:, None], 1)[0, 1]),
        float(autocorrelation(np.abs(moves)[:, None], 1)[0, 1]),
        float(leverage(moves, 1)[0]),
        float(np.nanmedian(falls)),
        float(np.nanquantile(falls, 0.95)),
    ]
    return [each if np.isfinite(each) else None for each in numbers]
