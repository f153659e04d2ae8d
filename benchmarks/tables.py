"""Tables: what is learnt from generated rows, how close they are, and what sets of rows without a network reach.

Prints a table for each data set: the mean over seeds of the recipe, beside real rows passed off as generated (copycat,
from which usefulness is what real rows teach), training rows against training rows (floor), independent columns and a
Gaussian copula. Usefulness is the published protocol's mean (Xu et al., 2019; on adult real rows 0.669, CTGAN 0.601,
TVAE 0.626 there), on the rows of the test split. Minutes are CPU-minutes of training with one thread, judging included.
"""

import argparse
import os
import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple

os.environ.setdefault("OMP_NUM_THREADS", "1")

DATA = {
    "adult": ("adult/adult.csv", ("domain.target=income",)),
    "diamonds": ("diamonds/diamonds.csv", ("domain.target=price",)),
    "german_credit": ("german_credit/german.csv", ("domain.columns.column21.kind=category", "domain.target=column21")),
    "penguins": ("penguins/penguins.csv", ("domain.target=species",)),
}
SAMPLES = {"adult": 1_024_000, "diamonds": 1_024_000, "german_credit": 200_000, "penguins": 200_000}
COLUMNS = (
    "column shapes", "pair trends", "published mean", "boosted trees", "logistic detection", "boosted detection",
    "exact copies",
)  # fmt: skip


class Trained(NamedTuple):
    rows: Any
    minutes: float
    held: Any
    target: str


def trained(arguments: argparse.Namespace, name: str, seed: int, count: int) -> Trained:
    """Train one run in this process and draw as many rows as it learnt from."""
    from ganworks.evaluation import tables  # noqa: PLC0415  after the thread count is set
    from ganworks.evaluation.subject import Subject  # noqa: PLC0415
    from ganworks.launch import open_data, train  # noqa: PLC0415

    file, settings = DATA[name]
    with tempfile.TemporaryDirectory() as folder:
        run, begun = Path(folder) / "run", time.process_time()
        model = train(
            str(arguments.data / file), recipe=arguments.recipe, samples=count, seed=seed, run=run,
            settings=("threads=1", *settings, *arguments.set),
        )  # fmt: skip
        minutes = (time.process_time() - begun) / 60
        subject = Subject(run, model, open_data(model.run))
        held = tables._held(subject, subject.codec, "test")
        return Trained(model.generate(len(held.train), seed=seed), minutes, held, subject.codec.target)


def scored(held: Any, target: str, each: Any, seed: int) -> dict[str, float]:
    from ganworks.evaluation.tables.rivals import target_of  # noqa: PLC0415
    from ganworks.evaluation.tables.scoring import score  # noqa: PLC0415

    found = score(held, each, target_of(held, target), True, seed)
    return found.close | found.useful


def beside(arguments: argparse.Namespace, name: str) -> None:
    from ganworks.evaluation.tables.rivals import Set, rivals  # noqa: PLC0415

    ours = []
    for seed in range(arguments.seeds):
        made = trained(arguments, name, seed, arguments.samples or SAMPLES[name])
        real = made.held.held_out
        own = Set(made.rows[: len(real)], real, made.held.train, made.rows)
        ours.append(scored(made.held, made.target, own, seed) | {"minutes": made.minutes})
        line(f"  seed {seed}", ours[-1])
    line(f"{arguments.recipe}, mean", {key: sum(each[key] for each in ours) / len(ours) for key in ours[0]})
    for rival in rivals(made.held, real, len(made.held.train)):
        line(rival.name, scored(made.held, made.target, rival.drawn(0), 0))


def line(name: str, found: dict[str, float]) -> None:
    numbers = "".join(f"{found[each]:>10.3f}" if each in found else " " * 10 for each in (*COLUMNS, "minutes"))
    print(f"{name:22}{numbers}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="the folder that holds adult/, diamonds/ ...")
    parser.add_argument("--only", nargs="*", default=list(DATA), choices=list(DATA))
    parser.add_argument("--recipe", default="table")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--samples", type=int, help="seen in training; unset: a million, 200,000 of the small tables")
    parser.add_argument("--set", nargs="*", default=[], help="settings of the run")
    arguments = parser.parse_args()
    for name in arguments.only:
        heads = "".join(
            f"{each:>10}"
            for each in ("shapes", "pairs", "useful", "boosted", "logistic", "boosted", "copies", "minutes")
        )
        print(f"\n{name:22}{heads}")
        beside(arguments, name)


if __name__ == "__main__":
    main()
