"""What rows are good for: predict one column of real rows, having learnt from these alone."""

import warnings
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from ...settings import DataError
from .rows import Coding, Kinds, Rows, checked, present, some

MOST = 50_000
"""Rows that are learnt from."""
MEAN = "published mean"
"""Of the models of the published protocol, which leaves the boosted trees out."""
BOOSTED = "boosted trees"
SKEWED = 1.0
"""Skewness above which a positive number is predicted by its logarithm."""
Matrix = npt.NDArray[np.floating[Any]]


class Task(NamedTuple):
    """What is predicted, fixed by real held-out rows so that all rows face the same."""

    target: int
    """The column."""
    problem: Literal["binary", "classes", "number"]
    positive: float = 0.0
    """Code of the rarer of two categories, whose F1 is the score."""
    least: float = 0.0
    """Smallest value of a number that is predicted by its logarithm; 0 where it is predicted as it is."""

    @property
    def score(self) -> str:
        return {"binary": "F1", "classes": "macro F1", "number": "R2"}[self.problem]


def task_of(test: Rows, kinds: Kinds, target: int) -> Task:
    """The problem that predicting column `target` of real rows (N, columns) poses.

    Raises DataError when the column has one value alone there, or is the only one.
    """
    values, counts = np.unique(present(test[:, target]), return_counts=True)
    if len(values) < 2 or len(kinds) < 2:
        wanted = "another column" if len(kinds) < 2 else "two different values of it among the held-out rows"
        raise DataError(f"column {target + 1} cannot be predicted: that needs {wanted}; choose another target")
    if kinds[target] == "number":
        return Task(target, "number", least=float(values[0]) if _skewed(present(test[:, target])) else 0.0)
    if len(values) > 2:
        return Task(target, "classes")
    return Task(target, "binary", positive=float(values[::-1][np.argmin(counts[::-1])]))


def train_on_synthetic(
    train: Rows, test: Rows, kinds: Kinds, target: int, seed: int = 0, task: Task | None = None
) -> dict[str, float]:
    """Score on `test` of each model that learnt from `train`, and MEAN; higher is better.

    F1 of the rarer of two classes, mean F1 of more, R2 of numbers (of the logarithm where positive and skewed).
    train (N, columns), generated or real; test (M, columns), real. Rows without the target are left out; at most MOST
    are learnt from. The columns are scaled and coded by `train` alone. `task` is that of `test`, unless given.

    Raises DataError as `checked` and `task_of` do, and when no row to learn from has the target.
    Source: Xu et al. (2019), section 5, as SDGym 0.1 defines it; the boosted trees are ours.
    """
    train, test = checked(train, kinds, "training"), checked(test, kinds, "test")
    task = task or task_of(test, kinds, target)
    train, test = (each[~np.isnan(each[:, target])] for each in (train, test))
    if not len(train):
        raise DataError(f"column {target + 1} is missing in every row to learn from, so it cannot be predicted")
    train = some(train, MOST, seed)
    learnt, answers = _answers(task, train[:, target], test[:, target])
    rest = [i for i in range(len(kinds)) if i != target]
    coding = Coding.of(train[:, rest], [kinds[i] for i in rest])
    found = {}
    for name, model in _models(task, coding, seed % (1 << 32)).items():
        shaped = coding.ranks if name == BOOSTED else coding.matrix
        found[name] = _scored(task, model, (shaped(train[:, rest]), learnt), (shaped(test[:, rest]), answers))
    return {MEAN: float(np.mean([score for name, score in found.items() if name != BOOSTED])), **found}


def _answers(task: Task, *columns: Rows) -> list[Rows]:
    """The target of each set of rows as models take it; numbers in deviations of the first, which R2 does not see."""
    if task.problem == "binary":
        return [(each == task.positive).astype(np.float64) for each in columns]
    if task.problem == "classes":
        return list(columns)
    numbers = [np.log(np.maximum(each, task.least)) if task.least else each for each in columns]
    return [(each - numbers[0].mean()) / (numbers[0].std() or 1.0) for each in numbers]


def _scored(task: Task, model: Any, learnt: tuple[Matrix, Rows], held: tuple[Matrix, Rows]) -> float:
    from sklearn.exceptions import ConvergenceWarning  # noqa: PLC0415  slow to import
    from sklearn.metrics import f1_score, r2_score  # noqa: PLC0415

    x, y = learnt
    guess = np.full(len(held[1]), y[0])  # what there is to say where all are one
    if (y != y[0]).any():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # the protocol says after how many rounds to stop
            guess = model.fit(x, y).predict(held[0])
    if task.problem == "number":
        return float(r2_score(held[1], guess))
    if task.problem == "binary":
        return float(f1_score(held[1], guess, zero_division=0.0))
    # A class that only the rows learnt from have is wrong wherever it is guessed, and no class of its own.
    return float(f1_score(held[1], guess, average="macro", labels=np.unique(held[1]), zero_division=0.0))


def _models(task: Task, coding: Coding, seed: int) -> dict[str, Any]:
    from sklearn.ensemble import (  # noqa: PLC0415
        AdaBoostClassifier,
        HistGradientBoostingClassifier,
        HistGradientBoostingRegressor,
    )
    from sklearn.linear_model import LinearRegression, LogisticRegression  # noqa: PLC0415
    from sklearn.neural_network import MLPClassifier, MLPRegressor  # noqa: PLC0415
    from sklearn.tree import DecisionTreeClassifier  # noqa: PLC0415

    trees = {"categorical_features": coding.ranked, "random_state": seed}
    if task.problem == "number":
        return {
            "linear regression": LinearRegression(),
            "network": MLPRegressor(hidden_layer_sizes=(100,), max_iter=50, random_state=seed),
            BOOSTED: HistGradientBoostingRegressor(**trees),
        }
    if task.problem == "classes":
        return {
            "decision tree": DecisionTreeClassifier(max_depth=30, class_weight="balanced", random_state=seed),
            "network": MLPClassifier(hidden_layer_sizes=(100,), max_iter=50, random_state=seed),
            BOOSTED: HistGradientBoostingClassifier(**trees),
        }
    return {
        "decision tree": DecisionTreeClassifier(max_depth=15, class_weight="balanced", random_state=seed),
        "AdaBoost": AdaBoostClassifier(random_state=seed),
        "logistic regression": LogisticRegression(class_weight="balanced", max_iter=50),
        "network": MLPClassifier(hidden_layer_sizes=(50,), max_iter=50, random_state=seed),
        BOOSTED: HistGradientBoostingClassifier(**trees),
    }


def _skewed(values: Rows) -> bool:
    from scipy.stats import skew  # noqa: PLC0415

    return bool(values.min() > 0 and skew(values) > SKEWED)
