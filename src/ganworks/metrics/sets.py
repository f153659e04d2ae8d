"""Feature matrices that can be compared: checked once, in float64, with one line for whoever has to mend them."""

import torch
from torch import Tensor

from ..settings import DataError

LARGEST = 1e40
"""No feature is larger: the cubes and fourth powers of larger ones overflow."""


def checked(features: Tensor, what: str, least: int = 2) -> Tensor:
    """Features (N, F) as float64 on the CPU. `what` names the set in a message, such as "real" or "generated".

    Raises DataError when the set is empty or has fewer than `least` rows, is no matrix, or holds a number that is not
    finite or above LARGEST.
    """
    if features.ndim != 2 or features.shape[1] == 0:
        raise DataError(f"{what} features must be a matrix (samples, features), got shape {tuple(features.shape)}")
    if len(features) < least:
        empty = "an empty split" if len(features) == 0 else f"{len(features)}"
        raise DataError(f"{what} features: at least {least} samples are needed, got {empty}; use more samples")
    features = features.detach().to("cpu", torch.float64)
    low, high = features.aminmax()  # not a number where one is not
    if not (low >= -LARGEST and high <= LARGEST):
        rows = (~(features.abs() <= LARGEST)).any(1)
        how = "too large to compute with" if features.isfinite().all() else "not finite"
        raise DataError(
            f"{what} features are {how} in {int(rows.sum())} of {len(features)} samples (the first is number "
            f"{int(rows.nonzero()[0, 0])}); the generator has diverged or the data holds such values"
        )
    return features


def matched(real: Tensor, fake: Tensor, least: int = 2) -> tuple[Tensor, Tensor]:
    """Both sets checked, with as many features. Raises DataError otherwise."""
    real = checked(real, "real", least)
    return real, like(real, fake, "generated", least)


def like(real: Tensor, features: Tensor, what: str, least: int = 2) -> Tensor:
    """Another set (M, F), checked, with as many features as `real`. Raises DataError otherwise."""
    features = checked(features, what, least)
    if real.shape[1] != features.shape[1]:
        raise DataError(
            f"real samples have {real.shape[1]} features, {what} ones {features.shape[1]}; use one extractor for both"
        )
    return features


def varying(features: Tensor) -> Tensor:
    """Which columns of features (N, F) are not constant, (F,) of bool. Raises DataError when all are."""
    used = features.std(0) > 1e-12 * (1 + features.mean(0).abs())
    if not used.any():
        raise DataError(f"every feature is constant over all {len(features)} samples; choose another extractor")
    return used
