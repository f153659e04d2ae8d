"""Captions at a set cost: BLEU against self-BLEU over temperatures, of the game and of likelihood alone, real beside.

    python benchmarks/text.py --data image_coco --minutes 25

Trains the recipe `text` on image_coco.txt for so many minutes of one core, converted to samples by a short trial, then
prints every row of its evidence against test_coco.txt. Real BLEU-2..5: .709 .488 .310 .202; self-BLEU of all 10,000
training lines .870 .717 .536 .386. Published, in another protocol: likelihood .731 .497 .305 .189, SeqGAN .745 .498
.294 .180, RelGAN .849 .687 .502 .331 (Nie et al., 2019).
"""

import argparse
import tempfile
import time
from pathlib import Path

import ganworks
from budget import planned
from ganworks.evaluation.own_kind import Ask
from ganworks.evaluation.subject import load
from ganworks.evaluation.text import evidence

TRIAL = 6_400
"""Samples of the trial."""


def one(data: Path, recipe: str, minutes: float, seed: int, folder: Path) -> None:
    """Train a run and print its rows."""
    lines, settings = str(data / "image_coco.txt"), [f"domain.test={data / 'test_coco.txt'}"]
    samples = planned(lines, recipe, minutes, TRIAL, settings, seed)
    begun = time.process_time()
    ganworks.train(lines, recipe=recipe, samples=samples, seed=seed, run=folder, settings=settings)
    spent = (time.process_time() - begun) / 60
    found = evidence(load(folder), Ask(None, 3, "test", True, print))
    print(f"{recipe}, seed {seed}: {samples:,} samples, {spent:.1f} CPU-minutes")
    for table in found.record["tables"]:
        print(
            f"  {'':22}" + "".join(f"{name.replace('reverse perplexity', 'reverse'):>13}" for name in table["columns"])
        )
        for row in table["rows"]:
            print(f"  {row['name']:22}" + "".join(f"{value!s:>13}" for value in row["values"]), flush=True)
    for finding in found.findings:
        print(f"  {finding.level}: {finding.line}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", default="image_coco", help="a folder with image_coco.txt and test_coco.txt")
    parser.add_argument("--recipe", default="text", choices=["text", "text-likelihood", "text-latent"])
    parser.add_argument("--minutes", type=float, default=25)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--runs", help="Keep the runs in this folder.")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        for seed in range(arguments.seeds):
            folder = Path(arguments.runs or place) / f"{arguments.recipe}-seed{seed}"
            one(Path(arguments.data), arguments.recipe, arguments.minutes, seed, folder)


if __name__ == "__main__":
    main()
