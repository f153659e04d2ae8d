"""Digits between walls: is a digit kept over a clip, and does it go straight? And clips of people, to a preview.

    python benchmarks/video.py mnist --minutes 45
    python benchmarks/video.py mnist --people weizmann_actions/clips --minutes 5

Trains the `video` recipe on clips of 16 x 32 x 32 for so many minutes of one core, by class, and prints the tables of
its evidence. A trial that plans the samples comes first.
"""

import argparse
from pathlib import Path

import ganworks
from budget import planned
from evidence import told
from ganworks.evaluation.motion import evidence
from ganworks.evaluation.own_kind import Ask
from ganworks.evaluation.subject import load

TRIAL = 480


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("digits", type=Path, help="folder of MNIST's IDX files")
    parser.add_argument("--people", type=Path, help="train on these clips instead of digits")
    parser.add_argument("--minutes", type=float, default=45)
    parser.add_argument("--samples", type=int, help="instead of minutes")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--count", type=int, default=1000, help="clips in a set")
    parser.add_argument("--out", type=Path, default=Path("runs"))
    words = parser.parse_args()
    data = str(words.people) if words.people else "bouncing"
    settings = ["domain.condition=class", "threads=1"]
    if not words.people:
        settings += [f"domain.digits={words.digits.resolve()}", "generator.still=0"]
    samples = words.samples or planned(data, "video", words.minutes, TRIAL, settings, words.seed)
    folder = words.out / f"{Path(data).name}-video-{words.seed}"
    print(f"{samples:,} samples into {folder}", flush=True)
    ganworks.train(data, recipe="video", samples=samples, seed=words.seed, run=folder, settings=settings)
    found = evidence(load(folder), Ask(words.count, 3, "test", True, print))
    told(found)


if __name__ == "__main__":
    main()
