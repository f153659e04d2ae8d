"""Feature matrices that can be compared: checked once, in float64, with one line for whoever has to mend them."""

import torch
from torch import Tensor

from ..settings import DataError


def checked(features: Tensor, what: str, least: int = 2) -> Tensor:
    """Features (N, F) as float64 on the CPU. `what` names the set in a message, such as "real" or "generated".

    Raises DataError when the set is empty or has fewer than `least` rows, is no matrix, or holds a number that is not
    finite.
    """
    if features.ndim != 2 or features.shape[1] == 0:
        raise DataError(f"{what} features must be a matrix (samples, features), got shape {tuple(features.shape)}")
    if len(features) < least:
        empty = "an empty split" if len(features) == 0 else f"{len(features)}"
        raise DataError(f"{what} features: at least {least} samples are needed, got {empty}; use more samples")
    features = features.detach().to("cpu", torch.float64)
    if not (finite := features.isfinite()).all():
        row = int((~finite).any(1).nonzero()[0, 0])
        count = int((~finite).any(1).sum())
        raise DataError(
            f"{what} features are not finite in {count} of {len(features)} samples (the first is number {row}); "
            "the generator has diverged or the data holds such values"
        )
    return features


def matched(real: Tensor, fake: Tensor, least: int = 2) -> tuple[Tensor, Tensor]:
    """Both sets checked, with as many features. Raises DataError otherwise."""
    real, fake = checked(real, "real", least), checked(fake, "generated", least)
    if real.shape[1] != fake.shape[1]:
        raise DataError(
            f"real samples have {real.shape[1]} features, generated ones {fake.shape[1]}; use one extractor for both"
        )
    return real, fake
