"""What exact penalties cost: R1 and R2 on every step of a residual game at 32 x 32, by each engine.

Beside a loop as one would first write it: contiguous float32, a forward pass of its own for each penalty, torch's own
double backward. Rates are measured in turns in one process; ratios are to that loop. Seconds are CPU time with one
thread, else wall time.
"""

import argparse
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import softplus

from ganworks.bench import machine, pairs, sessions
from ganworks.networks import R3Discriminator, R3Generator, ResnetDiscriminator, ResnetGenerator
from ganworks.networks.base import Discriminator, Generator
from ganworks.recipes import RECIPES, Situation
from ganworks.settings import override
from ganworks.training.run import Run
from ganworks.training.session import Session

BATCH, GAMMA = 64, 1.0
PAIRS: dict[str, tuple[Generator, Discriminator]] = {
    "resnet, width 64": (ResnetGenerator(width=64), ResnetDiscriminator(width=64)),
    "r3-nano": (R3Generator(size="nano"), R3Discriminator(size="nano")),
}
VARIANTS: dict[str, tuple[str, ...]] = {
    "autograd": ("engine.name=autograd", "precision=float32"),
    "lean": ("precision=float32",),
    "lean, bfloat16": ("precision=bfloat16",),
    "finite-difference": ("engine.name=finite-difference", "precision=float32"),
    "no penalty": ("precision=float32", "terms=[]"),
}


class Naive:
    """The objective and both penalties, written down without a thought for time."""

    name, batch = "naive", BATCH

    def __init__(self, generator: Generator, discriminator: Discriminator, dataset: Any, domain: Any):
        spec = domain.fit(dataset).spec
        torch.manual_seed(0)
        self.generator, self.discriminator = generator.build(spec), discriminator.build(spec)
        self.latent = generator.latent
        pictures = torch.from_numpy(dataset.train.fetch(np.arange(len(dataset.train))).x)
        self.data = (pictures.permute(0, 3, 1, 2).float() / 127.5 - 1).contiguous()
        self.optimisers = [
            torch.optim.Adam(each.parameters(), 2e-4, (0.0, 0.99)) for each in (self.generator, self.discriminator)
        ]

    def step(self) -> None:
        real, fake = self._real(), self._fake().detach()
        loss = softplus(self.discriminator(fake) - self.discriminator(real)).mean()
        self._move(1, loss + GAMMA * (self._penalty(real) + self._penalty(fake)))
        real, fake = self._real(), self._fake()
        self._move(0, softplus(self.discriminator(real) - self.discriminator(fake)).mean())

    def wait(self) -> None:
        pass

    def _move(self, who: int, loss: Tensor) -> None:
        self.optimisers[who].zero_grad()
        loss.backward()
        self.optimisers[who].step()

    def _real(self) -> Tensor:
        return self.data[torch.randint(0, len(self.data), (BATCH,))]

    def _fake(self) -> Tensor:
        drawn: Tensor = self.generator(torch.randn(BATCH, self.latent))
        return drawn

    def _penalty(self, x: Tensor) -> Tensor:
        x = x.detach().requires_grad_()
        (slope,) = torch.autograd.grad(self.discriminator(x).sum(), x, create_graph=True)
        return slope.square().sum((1, 2, 3)).mean() / 2


def session(name: str, networks: tuple[Generator, Discriminator], dataset: Any, domain: Any) -> sessions.Stepping:
    situation = Situation("pictures", domain, domain.fit(dataset).spec, len(dataset.train), torch.device("cpu"))
    tree = RECIPES["r3-nano"].make(situation).tree()
    tree |= {"generator": networks[0].tree(), "discriminator": networks[1].tree()}
    tree |= {"batch": BATCH, "budget": {"samples": 10**9}}
    for assignment in VARIANTS[name]:
        tree = override(tree, assignment)
    made = Session(Run.from_tree(tree), dataset)
    return sessions.Stepping(name, made, BATCH, made.device)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=60, help="of timed training for each pair of networks")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    from ganworks.domains import Image  # noqa: PLC0415

    domain, device = Image(), torch.device("cpu")
    pictures = np.random.default_rng(0).integers(0, 256, (2048, 32, 32, 3), dtype=np.uint8)
    dataset, clock = sessions.dataset(pictures), machine.clock(device)
    print(machine.describe(device).line())
    print("networks          engine              samples/s  ratio (quartiles)")
    for name, networks in PAIRS.items():
        steppers: list[Any] = [Naive(*networks, dataset, domain)]
        steppers += [session(each, networks, dataset, domain) for each in VARIANTS]
        for row in pairs.compare(steppers, arguments.seconds, clock):
            ratio = f"{row.ratio.median:.2f} ({row.ratio.low:.2f} to {row.ratio.high:.2f})"
            print(f"{name:17} {row.name:18} {row.rate.median:9.1f}   {ratio}", flush=True)


if __name__ == "__main__":
    main()
