"""Made-up people, drawn from a law that is known: what contract tests learn from."""

import numpy as np

from .cells import Cells, of_values
from .times import spelled

COUNT = 600
TOWNS = ("north", "south", "east", "west")
SHARES = (0.5, 0.25, 0.15, 0.1)


def people(seed: int) -> list[Cells]:
    """Town by `SHARES`, age uniform from 18 to 80, income normal about 20 + 0.5 age, member the likelier the older, a
    third of the savings zero, a tenth of the heights missing, joined some day of 2020."""
    rng = np.random.default_rng(seed)
    town = rng.choice(len(TOWNS), COUNT, p=SHARES)
    age = rng.integers(18, 81, COUNT)
    income = np.round(20 + 0.5 * age + np.clip(rng.normal(0, 5, COUNT), -12, 12), 2)
    member = rng.random(COUNT) < age / 100
    savings = np.where(rng.random(COUNT) < 1 / 3, 0, np.round(rng.uniform(1, 9, COUNT), 1))
    height = np.round(np.clip(rng.normal(170, 8, COUNT), 150, 190)).astype(int).astype(str)
    height[rng.random(COUNT) < 0.1] = ""
    joined = 1577836800.0 + 86400 * rng.integers(0, 366, COUNT)
    return [
        of_values("town", town, lambda codes: [TOWNS[int(str(code))] for code in codes]),
        of_values("age", age, _plain),
        of_values("income", income, lambda values: [f"{value:.2f}" for value in values]),
        of_values("member", member, lambda values: ["yes" if value else "no" for value in values]),
        of_values("savings", savings, lambda values: [f"{value:.1f}" for value in values]),
        of_values("height", height, _plain),
        of_values("joined", joined, lambda values: spelled([float(str(value)) for value in values], "%Y-%m-%d")),
    ]


def _plain(values: list[object]) -> list[str]:
    return [str(value) for value in values]
