"""Copy synthesis of recordings: a vocoder of so many minutes of one core beside Griffin-Lim.

python benchmarks/vocoder.py RECORDINGS [--minutes 25] [--seed 0] [--recipe vocoder]
"""

import argparse
import os
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import ganworks
from budget import planned
from ganworks.evaluation.evaluate import evaluate

RECIPES = ("vocoder", "denoise-sound", "bandwidth")


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("recordings")
    asked.add_argument("--minutes", type=float, default=25)
    asked.add_argument("--seed", type=int, default=0)
    asked.add_argument("--recipe", choices=RECIPES, default="vocoder")
    asked.add_argument("--rate", type=int, default=8000)
    words = asked.parse_args()
    settings = ["threads=1", "device=cpu", f"domain.rate={words.rate}"]
    samples = planned(words.recordings, words.recipe, words.minutes, 320, settings)
    folder = Path("runs") / f"benchmark-{words.recipe}-{words.seed}"
    ganworks.train(
        words.recordings, recipe=words.recipe, samples=samples, seed=words.seed, run=folder, settings=settings
    )
    page = evaluate(folder)
    print(f"{samples:,} samples, seed {words.seed}")
    for row in page["domain"]["tables"][0]["rows"]:
        mel, decibels, spectral, quick = row["values"]
        print(f"{row['name']:26} {mel:.4f} nats  {decibels:.2f} dB  spectral {spectral:.3f}  {quick}")
    for finding in page["findings"]:
        print(f"{finding['level']}: {finding['line']}")


if __name__ == "__main__":
    main()
