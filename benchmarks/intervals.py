"""How often an interval holds its target, and how often "better" is right, on features whose law is known.

Real features are a mixture of ten Gaussians in 32 dimensions, the generated ones the same law moved so that their
Frechet distance is three times the floor. Sets of 500, reference fixed. The target is the expectation of the metric at
that count against that reference, from 2,000 regenerations of their own. The bar: intervals of 95 % that hold
93 to 97 %, "better" claimed falsely in at most 5 %, and a gap of 10 % found in at least 90 %.

Shares of 200 repeats scatter by 1.5 points, so 1,000 are played; about five minutes of one core.
"""

import argparse
from collections.abc import Callable

import torch
from torch import Tensor

from ganworks.metrics.coverage import prdc
from ganworks.metrics.frechet import frechet_distance
from ganworks.metrics.intervals import interval, paired
from ganworks.metrics.kernel import squared_mmd

COUNT, FEATURES, MODES = 500, 32, 10
TARGET_DRAWS, RESAMPLES = 2000, 100
MOST = 20
"""Regenerations of each model in a comparison, at most."""
NAMES = ("FD", "KID", "precision", "recall", "density", "coverage")
Draw = Callable[[float], Tensor]


def law(features: int, seed: int) -> Draw:
    """Draws of COUNT from the mixture, moved by a shift along every axis."""
    source = torch.Generator().manual_seed(seed)
    centres = 0.7 * torch.randn(MODES, features, generator=source, dtype=torch.float64)
    widths = torch.linspace(1.5, 0.2, features, dtype=torch.float64)

    def draw(shift: float) -> Tensor:
        middles = centres[torch.randint(MODES, (COUNT,), generator=source)]
        return middles + widths * torch.randn(COUNT, features, generator=source, dtype=torch.float64) + shift

    return draw


def shift_for(draw: Draw, real: Tensor, multiple: float) -> float:
    """The shift whose expected distance is so many times the floor: the squared length of a shift adds to it."""
    floor = sum(frechet_distance(real, draw(0.0)) for _ in range(200)) / 200
    shift = ((multiple - 1) * floor / real.shape[1]) ** 0.5
    for _ in range(3):  # the reference's own mean is not the law's
        found = sum(frechet_distance(real, draw(shift)) for _ in range(200)) / 200
        shift = max(shift**2 + (multiple * floor - found) / real.shape[1], 0.0) ** 0.5
    return shift


def scores(real: Tensor, fake: Tensor) -> list[float]:
    return [frechet_distance(real, fake), squared_mmd(real, fake), *prdc(real, fake, k=5)]


def coverage(draw: Draw, real: Tensor, shift: float, repeats: int, regenerations: int) -> Tensor:
    """Prints how often each interval holds its target; returns the distances (repeats, regenerations)."""
    target = torch.tensor([scores(real, draw(shift)) for _ in range(TARGET_DRAWS)]).double().mean(0)
    played = torch.tensor([scores(real, draw(shift)) for _ in range(repeats * regenerations)]).double()
    played = played.view(repeats, regenerations, len(NAMES))
    print(f"intervals of 95 % from {regenerations} regenerations, {repeats:,} repeats")
    print("metric      target      holds it   in the first 200   half width")
    for i, name in enumerate(NAMES):
        found = [interval(row.tolist()) for row in played[:, :, i]]
        holds = [each.low <= target[i] <= each.high for each in found]
        width = sum(each.high - each.low for each in found) / len(found) / 2
        print(
            f"{name:11} {target[i]:<11.5g} {sum(holds) / repeats:7.1%}    {sum(holds[:200]) / min(repeats, 200):7.1%}"
            f"            {width / abs(target[i]):.1%}"
        )
    naive = sum(resampled(draw, real, shift, float(target[0])) for _ in range(200)) / 200
    print(
        f"{'FD, naive':11} {target[0]:<11.5g} {naive:7.1%}    one set resampled {RESAMPLES} times: why not\n",
        flush=True,
    )
    return played[:, :, 0]


def resampled(draw: Draw, real: Tensor, shift: float, target: float) -> bool:
    """Whether the percentile interval of the bootstrap holds the target."""
    fake = draw(shift)
    rows = torch.randint(COUNT, (RESAMPLES, COUNT), generator=torch.Generator().manual_seed(int(fake[0, 0] * 1e9)))
    values = torch.tensor([frechet_distance(real, fake[each]) for each in rows]).double()
    low, high = values.quantile(torch.tensor([0.025, 0.975], dtype=torch.float64)).tolist()
    return bool(low <= target <= high)


def verdicts(first: Tensor, second: Tensor) -> dict[str, float]:
    """Share of each verdict about the first, over repeats."""
    words = [paired(a, b, "lower").verdict for a, b in zip(first.tolist(), second.tolist(), strict=True)]
    return {word: words.count(word) / len(words) for word in ("better", "worse", "inconclusive")}


def comparisons(repeats: int) -> None:
    """Prints how often equal models and models 10 % apart are told apart, for other distances and counts."""
    print(f"better, worse or inconclusive by FD, {repeats} repeats; samples of the two models are independent")
    print("                                      of equal models:                of models 10 % apart:")
    print("features  FD / floor  regenerations   called better  called either   found   called the wrong way")
    for features, multiple in ((64, 3.0), (64, 1.5), (32, 3.0)):
        draw = law(features, seed=1)
        real = draw(0.0)
        near, far = (shift_for(draw, real, multiple * gap) for gap in (1.0, 1.1))
        sets = [[frechet_distance(real, draw(shift)) for _ in range(repeats * MOST)] for shift in (near, near, far)]
        for regenerations in (5, 10, MOST):
            a, b, c = (torch.tensor(each[: repeats * regenerations]).view(repeats, -1) for each in sets)
            equal, apart = verdicts(a, b), verdicts(a, c)
            either = equal["better"] + equal["worse"]
            print(
                f"{features:8}  {multiple:10.1f}  {regenerations:13}   {equal['better']:13.1%}  {either:13.1%}  "
                f"{apart['better']:6.1%}   {apart['worse']:20.1%}",
                flush=True,
            )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=1000)
    parser.add_argument("--comparisons", type=int, default=300)
    parser.add_argument("--regenerations", type=int, default=5)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    draw = law(FEATURES, seed=0)
    real = draw(0.0)
    coverage(draw, real, shift_for(draw, real, 3.0), arguments.repeats, arguments.regenerations)
    comparisons(arguments.comparisons)


if __name__ == "__main__":
    main()
