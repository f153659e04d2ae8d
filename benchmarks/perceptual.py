"""Does a distance see what people see? Blur against warp, for every perceptual term.

From patches of held-out photographs: A, a smooth warp of at most 2.5 pixels, which hardly anyone notices; B, a blur
with 0.7 times A's mean squared error, which anyone does. Printed is the share of patches where a distance rightly calls
the blur worse. L2 never does, by construction. It is a necessary test, not proof of beauty.
"""

import argparse
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn
from torch.nn.functional import conv2d, grid_sample, interpolate, pad, relu

from ganworks.adversarial.reconstructions import L1, FeatureMatching, Frequency, Gram, Perceptual
from ganworks.adversarial.reconstructions.features import angular, relative
from ganworks.adversarial.turn import Noticed, Term, Turn
from ganworks.metrics.features.backbones import learn_backbone, open_backbone

SIDE, MARGIN, REACH, SHARE = 64, 16, 2.5, 0.7
HELD_OUT = 10
"""One photograph in so many, the last by name."""
STEPS = 150
"""Turns of the discriminator against pictures enlarged four times, before its features are read."""
Distance = Callable[[Tensor, Tensor], Tensor]


class Patches(nn.Module):
    """A small PatchGAN whose rectified maps are what it notices."""

    def __init__(self, width: int = 32):
        super().__init__()
        channels = [3, width, 2 * width, 4 * width]
        self.layers = nn.ModuleList(nn.Conv2d(channels[i], channels[i + 1], 4, 2, 1) for i in range(3))
        self.last = nn.Conv2d(channels[-1], 1, 4, 1, 1)

    def noticed(self, x: Tensor) -> tuple[Tensor, ...]:
        found = []
        for layer in self.layers:
            x = nn.functional.leaky_relu(layer(x), 0.2)
            found.append(x)
        return tuple(found)

    def forward(self, x: Tensor) -> Tensor:
        logits: Tensor = self.last(self.noticed(x)[-1])
        return logits.flatten(1)


def warped(x: Tensor, generator: torch.Generator) -> Tensor:
    """Each pixel moved smoothly, the farthest by REACH, and read between pixels without much blur."""
    count, _, height, width = x.shape
    coarse = torch.randn(count, 2, 6, 6, generator=generator)
    field = interpolate(coarse, (height, width), mode="bicubic", align_corners=True)
    field = field * (REACH / field.norm(dim=1).amax((1, 2)).view(-1, 1, 1, 1))
    rows, columns = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    places = torch.stack([columns, rows], -1).float() + field.permute(0, 2, 3, 1)
    grid = (places + 0.5) * 2 / torch.tensor([width, height]) - 1
    return grid_sample(x, grid, mode="bicubic", padding_mode="border", align_corners=False).clamp(-1, 1)


def blurred(x: Tensor, deviation: float) -> Tensor:
    reach = max(1, round(4 * deviation))
    bell = torch.exp(-torch.arange(-reach, reach + 1).float().square() / (2 * deviation**2))
    bell = (bell / bell.sum()).expand(x.shape[1], 1, 1, -1)
    for kernel, edges in ((bell, (reach, reach, 0, 0)), (bell.transpose(2, 3), (0, 0, reach, reach))):
        x = conv2d(pad(x, edges, mode="replicate"), kernel, groups=x.shape[1])
    return x


def inner(x: Tensor) -> Tensor:
    return x[:, :, MARGIN:-MARGIN, MARGIN:-MARGIN]


def triples(large: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor, Tensor]:
    """Patches (N, C, SIDE, SIDE), warped, and blurred to SHARE of the warp's error; flat ones are left out."""
    moved = warped(large, generator)
    kept = []
    for x, a in zip(large.split(1), moved.split(1), strict=True):
        aim = SHARE * float((inner(a) - inner(x)).square().mean())
        low, high = 0.2, 8.0
        for _ in range(20):
            middle = (low * high) ** 0.5
            error = float((inner(blurred(x, middle)) - inner(x)).square().mean())
            low, high = (middle, high) if error < aim else (low, middle)
        b = inner(blurred(x, low))
        if abs(float((b - inner(x)).square().mean()) / max(aim, 1e-9) - 1) < 0.05:
            kept.append((inner(x), inner(a), b))
    columns = [torch.cat(each) for each in zip(*kept, strict=True)]
    return columns[0], columns[1], columns[2]


def photographs(folder: Path, half: str) -> list[Tensor]:
    """(3, H, W) in -1..1, by name; of pairs side by side, one half."""
    found = []
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() in (".jpg", ".jpeg", ".png"):
            with Image.open(path) as opened:
                values = torch.from_numpy(np.asarray(opened.convert("RGB")).copy())
            width = values.shape[1] // 2
            values = {"all": values, "left": values[:, :width], "right": values[:, width:]}[half]
            found.append(values.permute(2, 0, 1).float() / 127.5 - 1)
    return found


def cut(pictures: list[Tensor], count: int, side: int, generator: torch.Generator) -> Tensor:
    """Squares (count, 3, side, side) from random places, the pictures taking turns."""
    cuts = []
    for i in range(count):
        picture = pictures[i % len(pictures)]
        y, x = (int(torch.randint(each - side + 1, (1,), generator=generator)) for each in picture.shape[1:])
        cuts.append(picture[:, y : y + side, x : x + side])
    return torch.stack(cuts)


def judged(pictures: list[Tensor], steps: int, seed: int) -> Patches:
    """A discriminator after so many hinge steps against the same patches reduced and enlarged four times."""
    torch.manual_seed(seed)
    generator = torch.Generator().manual_seed(seed)
    network = Patches()
    optimiser = torch.optim.Adam(network.parameters(), 2e-4, (0.5, 0.999))
    for _ in range(steps):
        real = cut(pictures, 16, SIDE, generator)
        small = interpolate(real, scale_factor=1 / 4, mode="bicubic", antialias=True)
        fake = interpolate(small, (SIDE, SIDE), mode="bicubic").clamp(-1, 1)
        loss = relu(1 - network(real)).mean() + relu(1 + network(fake)).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return network.eval().requires_grad_(False)


def by_term(term: Term, network: Patches | None = None) -> Distance:
    """The distance that a term charges for."""

    def distance(fake: Tensor, real: Tensor) -> Tensor:
        def judge(x: Tensor, c: Tensor | None) -> Tensor:
            seen.append((network(x), x))
            return seen[-1][0]

        def noticed(logits: object) -> Noticed:
            return Noticed(network.noticed(next(x for each, x in seen if each is logits)), None)

        seen: list[tuple[Tensor, Tensor]] = []
        logits = judge(fake, None) if network else fake.new_zeros(len(fake), 1)
        return term.cost(
            Turn(
                fake[:, 0, 0, :0], None, real, fake, None, logits, nn.Identity(), judge,
                noticed=noticed, extract=lambda name, x: open_backbone(name)(x),
            )
        )  # fmt: skip

    return distance


def distances(train: list[Tensor], seeds: int, own: Path) -> Iterator[tuple[str, Distance]]:
    yield "L1", by_term(L1())
    yield "frequency", by_term(Frequency())
    for seed in range(seeds):
        for kind in ("vgg", "alexnet", "shallow"):
            name = f"random:{kind}:{seed}"
            yield f"perceptual {name}" + (" (refused)" if kind == "shallow" else ""), by_maps(name, relative)
            yield f"gram {name}", by_term(Gram(extractor=name))
        yield f"random:vgg:{seed} by directions, as if trained", by_maps(f"random:vgg:{seed}", angular)
    for seed in range(seeds):
        yield f"feature matching, untrained, seed {seed}", by_term(FeatureMatching(), judged(train, 0, seed))
        yield f"feature matching, {STEPS} steps, seed {seed}", by_term(FeatureMatching(), judged(train, STEPS, seed))
    for seed in range(seeds):
        learnt = own / f"{seed}.safetensors"
        learn_backbone([torch.stack(train)], learnt, seed=seed)
        yield f"perceptual self:, seed {seed}", by_term(Perceptual(extractor=f"self:{learnt}"))
        yield f"gram self:, seed {seed}", by_term(Gram(extractor=f"self:{learnt}"))


def by_maps(name: str, compare: Distance) -> Distance:
    """As the term `perceptual` does, but with either way to compare maps, whatever the network."""

    def distance(fake: Tensor, real: Tensor) -> Tensor:
        maps = zip(open_backbone(name)(fake), open_backbone(name)(real), strict=True)
        return torch.stack([compare(a, b) for a, b in maps]).mean(0)

    return distance


@torch.no_grad()
def tell(name: str, distance: Distance, x: Tensor, a: Tensor, b: Tensor) -> None:
    parts = zip(x.split(32), a.split(32), b.split(32), strict=True)
    worse = torch.cat([distance(blur, real) > distance(warp, real) for real, warp, blur in parts])
    print(f"{float(worse.float().mean()):6.1%}  {name}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="a folder of photographs of one size, 96 pixels a side or more")
    parser.add_argument("--half", choices=("all", "left", "right"), default="all", help="of pairs side by side")
    parser.add_argument("--patches", type=int, default=200)
    parser.add_argument("--seeds", type=int, default=3, help="of random networks and discriminators")
    parser.add_argument("--extractor", action="append", default=[], help="another one, such as file:vgg16.pth")
    arguments = parser.parse_args()
    pictures = photographs(arguments.data, arguments.half)
    train, held_out = pictures[: -len(pictures) // HELD_OUT], pictures[-len(pictures) // HELD_OUT :]
    generator = torch.Generator().manual_seed(0)
    x, a, b = triples(cut(held_out, arguments.patches, SIDE + 2 * MARGIN, generator), generator)
    print(f"{len(x)} patches of {len(held_out)} held-out photographs; {len(train)} to learn from", flush=True)
    for name in arguments.extractor:
        for kind in (Perceptual, Gram):
            tell(f"{kind().name} {name}", by_term(kind(extractor=name)), x, a, b)
    with TemporaryDirectory() as own:
        for name, distance in distances(train, arguments.seeds, Path(own)):
            tell(name, distance, x, a, b)


if __name__ == "__main__":
    main()
