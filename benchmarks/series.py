"""Windows of stock prices and of a transformer's load under TimeGAN's protocol, and the numbers it leaves out.

    python benchmarks/series.py stock_data.csv ETTh1.csv --seeds 5

Trains the `series` recipe on all overlapping windows (`split=none`), evaluates it as published, then trains it on the
first part of time and evaluates that beside later windows. Prints the tables.
"""

import argparse
from pathlib import Path

import ganworks
from evidence import told
from ganworks.evaluation.own_kind import Ask
from ganworks.evaluation.series import evidence
from ganworks.evaluation.subject import load


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--seeds", type=int, default=5, help="metric seeds")
    parser.add_argument("--count", type=int, default=5000, help="windows in a set")
    parser.add_argument("--splits", nargs="+", default=["none", "time"])
    parser.add_argument("--out", type=Path, default=Path("runs"))
    words = parser.parse_args()
    for file in words.files:
        for split in words.splits:
            folder = words.out / f"{file.stem}-{split}"
            settings = ["domain.name=series", f"domain.split={split}", "threads=1"]
            ganworks.train(file, run=folder, settings=settings)
            found = evidence(load(folder), Ask(words.count, words.seeds, "test", True, print))
            print(f"\n# {file.stem}, split={split}")
            told(found)


if __name__ == "__main__":
    main()
