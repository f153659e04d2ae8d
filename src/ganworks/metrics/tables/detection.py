"""Can a classifier tell generated rows from real ones?"""

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from .rows import Coding, Kinds, Rows, checked, some

FOLDS = 3
MOST = 10_000
"""Rows of each set that are looked at."""


def logistic_detection(real: Rows, fake: Rows, kinds: Kinds, seed: int = 0) -> float:
    """1 where a logistic regression on the columns cannot tell them, 0 where it always can. It sees no pairs.

    The mean over three folds of 1 - (2 max(1/2, AUC) - 1). real (N, columns), fake (M, columns); of the larger set as
    many rows are used as the smaller has, MOST at most. Definition: LogisticDetection of SDMetrics, which scales
    numbers by quartiles. Raises DataError below 6 rows of each, and as `checked` does.
    """
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415  slow to import

    return _detection(real, fake, kinds, seed, Coding.matrix, lambda coding: LogisticRegression(max_iter=100))


def boosted_detection(real: Rows, fake: Rows, kinds: Kinds, seed: int = 0) -> float:
    """The same of gradient-boosted trees, which see whatever a single value or a combination of columns gives away."""
    from sklearn.ensemble import HistGradientBoostingClassifier  # noqa: PLC0415  slow to import

    def trees(coding: Coding) -> Any:
        return HistGradientBoostingClassifier(categorical_features=coding.ranked, random_state=seed % (1 << 32))

    return _detection(real, fake, kinds, seed, Coding.ranks, trees)


def _detection(
    real: Rows,
    fake: Rows,
    kinds: Kinds,
    seed: int,
    shaped: Callable[[Coding, Rows], Any],
    made: Callable[[Coding], Any],
) -> float:
    from sklearn.exceptions import ConvergenceWarning  # noqa: PLC0415
    from sklearn.metrics import roc_auc_score  # noqa: PLC0415
    from sklearn.model_selection import StratifiedKFold  # noqa: PLC0415

    real, fake = (checked(each, kinds, what, 6) for each, what in ((real, "real"), (fake, "generated")))
    count = min(len(real), len(fake), MOST)
    rows = np.concatenate([some(real, count, seed), some(fake, count, seed + 1)])
    answers = np.repeat([1, 0], count)
    found = []
    for learnt, held in StratifiedKFold(FOLDS, shuffle=True, random_state=seed % (1 << 32)).split(rows, answers):
        coding = Coding.of(rows[learnt], kinds)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # how far it got is what is measured
            model = made(coding).fit(shaped(coding, rows[learnt]), answers[learnt])
            odds = model.predict_proba(shaped(coding, rows[held]))[:, 1]
        found.append(1 - (2 * max(0.5, float(roc_auc_score(answers[held], odds))) - 1))
    return float(np.mean(found))
