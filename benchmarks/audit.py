"""Does the audit catch what was learnt by heart, and leave alone what was not?

Trains, for each seed, a perceptron on 48 pictures of noise until its discriminator knows them, and the default recipe
on 20,000 points of the ring, each met about once; audits both and prints the AUC of every attack. Wanted: the worst at
least 0.9 for the first, at most 0.55 for the second. Then counts, for samples of a law that knows no member, how often
the interval of each attack holds 0.5 (95 % is promised), and times an audit.
"""

import argparse
import contextlib
import io
import os
import tempfile
import time
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import torch

ATTACKS = ("discriminator", "near", "nearer", "likelier", "blind")
QUICK = ("checkpoints=2", "previews=1", "health.judgements=0")
PICTURES, HELD_OUT = 120, 0.3
RATES = ("generator_optimiser.learning_rate=0.002", "discriminator_optimiser.learning_rate=0.002")


def overfit(folder: Path, seed: int) -> Path:
    """A run whose discriminator learnt its pictures by heart."""
    import ganworks  # noqa: PLC0415  after the thread count is set

    data = folder / f"noise-{seed}.npy"
    np.save(data, np.random.default_rng(seed).integers(0, 256, (PICTURES, 6, 6), dtype=np.uint8))
    settings = (*QUICK, *RATES, "batch=32", f"domain.test={HELD_OUT}", f"domain.validation={HELD_OUT}")
    run = folder / f"overfit-{seed}"
    ganworks.train(data, recipe="mlp", samples=24_000, seed=seed, run=run, settings=settings)
    return run


def private(folder: Path, seed: int) -> Path:
    """A run that met each point about once."""
    import ganworks  # noqa: PLC0415

    run = folder / f"private-{seed}"
    settings = (*QUICK, "domain.count=20000", f"domain.draw_seed={seed}", "batch=64")
    ganworks.train("ring", samples=19_200, seed=seed, run=run, settings=settings)
    return run


def held(trials: int, records: int, features: int = 8) -> dict[str, float]:
    """Share of trials in which the interval of each attack holds 0.5, where no sample knows a member."""
    from ganworks.metrics.privacy import attacks  # noqa: PLC0415
    from ganworks.metrics.privacy.membership import membership  # noqa: PLC0415

    counts = dict.fromkeys(ATTACKS[1:], 0)
    for trial in range(trials):
        draws = torch.Generator().manual_seed(10_000 + trial)
        members, others, reference, fake = (
            torch.randn(records, features, generator=draws, dtype=torch.float64) for _ in range(4)
        )
        scores = {
            "near": [attacks.near(each, fake) for each in (members, others)],
            "nearer": [attacks.nearer(each, fake, reference) for each in (members, others)],
            "likelier": [attacks.likelier(each, fake, reference) for each in (members, others)],
            "blind": attacks.blind(members, others),
        }
        for name, (mine, theirs) in scores.items():
            found = membership(mine, theirs)
            counts[name] += found.low <= 0.5 <= found.high
    return {name: count / trials for name, count in counts.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--trials", type=int, default=200)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    from ganworks.audit import audit  # noqa: PLC0415

    print(f"audit: {arguments.seeds} seeds, AUC of each attack [interval], CPU seconds of the audit")
    for name, make in (("overfit", overfit), ("private", private)):
        for seed in range(arguments.seeds):
            with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stderr(io.StringIO()):
                run = make(Path(folder), seed)
                begun = time.process_time()
                page = audit(run)
                seconds = time.process_time() - begun
            told = page["membership"]
            shown = "  ".join(f"{each} {told[each]['auc']:.3f}" for each in ATTACKS)
            print(f"{name:8} seed {seed}  {page['protocol']['members']:5} each  {shown}  {seconds:.0f} s", flush=True)
            print(f"         {page['verdict']}", flush=True)
    shares = held(arguments.trials, 300)
    print(f"intervals that hold 0.5 where there is nothing to tell, {arguments.trials} trials (0.95 promised):")
    print("  ".join(f"{name} {share:.3f}" for name, share in shares.items()))


if __name__ == "__main__":
    main()
