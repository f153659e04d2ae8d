"""Which split a record belongs to: what it holds decides, so neither order nor names nor other records do."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from .base import Raw

Splits = npt.NDArray[np.int8]
"""Of each record (N,): 0 train, 1 validation, 2 test."""


def placed(digests: Sequence[bytes] | Raw, validation: float, test: float) -> Splits:
    """The split of each record by a digest of it, (N,) of 8 bytes or more: read as a number from 0 to 1, it puts the
    record in test below `test` and in validation below `test + validation`. Equal records stay together."""
    heads = np.ascontiguousarray(
        digests[:, :8]
        if isinstance(digests, np.ndarray)
        else np.frombuffer(b"".join(each[:8] for each in digests), np.uint8).reshape(-1, 8)
    )
    places = heads.view(">u8").reshape(-1).astype(np.float64) / 2.0**64
    splits = np.zeros(len(places), np.int8)
    splits[places < test + validation] = 1
    splits[places < test] = 2
    return splits


def trainable(splits: Splits) -> Splits:
    """The same, changed in place so that where nothing is left to train on, training takes the validation records, and
    failing those the test records."""
    for spare in (1, 2):
        if not (splits == 0).any():
            splits[splits == spare] = 0
    return splits


def check_shares(validation: float, test: float) -> None:
    """Raises ValueError, as validators of settings do, where nothing would be left to train on."""
    if validation + test >= 1:
        raise ValueError(f"validation and test must leave something to train on, got {validation} and {test}")
