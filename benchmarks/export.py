"""An exported ONNX file beside torch: pictures a second and the latency of one, at batch 1 and 64.

Ways take turns in one process, so that a ratio is of neighbours in time; the median of the rounds is printed. `--clock
cpu` counts the seconds of this process, for a machine on which others work; with two threads it counts those of both.
"""

import argparse
import copy
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import torch

from ganworks.domains.image.codec import Pictures
from ganworks.domains.image.domain import Image
from ganworks.export import onnx
from ganworks.model import Model
from ganworks.recipes import RECIPES, Situation
from ganworks.training import sampling
from ganworks.training.engines.arrange import arranged

NETWORKS = {"r3-tiny": (1, 32), "dcgan": (1, 28), "dcgan 64": (3, 64), "conv28": (1, 28), "lean-28": (1, 28)}
WAYS = ("torch eager", "torch contiguous", "torch arranged", "onnx")


def built(title: str) -> Model:
    """A recipe's generator at its full width, with norms that have settled and no weight at zero."""
    channels, side = NETWORKS[title]
    torch.manual_seed(0)
    codec = Pictures(channels=channels, height=side, width=side, mode="L" if channels == 1 else "RGB")
    situation = Situation("digits", Image(size=(side, side)), codec.spec, 60_000, torch.device("cpu"))
    run = RECIPES[title.split(maxsplit=1)[0]].make(situation)
    network = run.generator.build(codec.spec)
    for each in network.parameters():
        if each.ndim > 1 and each.std() == 0:
            torch.nn.init.normal_(each, std=0.02)
    with torch.no_grad():
        for _ in range(20):
            network(torch.randn(64, run.generator.latent))
    return Model(run, codec, network.to(memory_format=torch.channels_last), 0)


def ways(model: Model, path: Path, threads: int) -> dict[str, Callable[[torch.Tensor], object]]:
    """Every way to draw; `torch eager` is what `ganworks.load` gives, `contiguous` what tutorials have."""
    session = onnx.session(path.read_bytes(), threads)
    plain = copy.deepcopy(model.network).to(memory_format=torch.contiguous_format)
    return dict(zip(WAYS, (model.network, plain, arranged(model.network), lambda z: session.draw((z,))), strict=True))


def turns(
    draws: dict[str, Callable[[torch.Tensor], object]], z: torch.Tensor, rounds: int, clock: Callable[[], float]
) -> dict[str, list[float]]:
    """Seconds of every single call, by way; each round every way has its turn of some tenths of a second."""
    seconds: dict[str, list[float]] = {name: [] for name in draws}
    for round_ in range(rounds + 1):
        for name, draw in draws.items():
            draw(z)  # with the caches as this way leaves them
            begun = time.perf_counter()
            while True:
                start = clock()
                draw(z)
                if round_:
                    seconds[name].append(clock() - start)
                if time.perf_counter() - begun > 0.15:
                    break
    return seconds


@torch.no_grad()
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("networks", nargs="*", default=[*NETWORKS])
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--threads", type=int, nargs="*", default=[1, 2])
    parser.add_argument("--clock", choices=("wall", "cpu"), default="wall")
    chosen = parser.parse_args()
    clock = time.perf_counter if chosen.clock == "wall" else time.process_time
    print("| network | threads | batch | way | pictures/s | p50 ms | p99 ms | times eager | difference |")
    print("|---|---|---|---|---|---|---|---|---|")
    for title in chosen.networks:
        model = built(title)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "model.onnx"
            onnx.write(model, path)
            for threads in chosen.threads:
                torch.set_num_threads(threads)
                draws = ways(model, path, threads)
                for batch in (1, 64):
                    z = sampling.latents(model.run.latents, model.run.generator.latent, batch, 0)
                    exact = model.network(z)
                    seconds = turns(draws, z, chosen.rounds, clock)
                    middle = {name: statistics.median(each) for name, each in seconds.items()}
                    for name, draw in draws.items():
                        apart = (draw(z) - exact).abs().max().item()
                        tail = sorted(seconds[name])[int(0.99 * (len(seconds[name]) - 1))]
                        print(
                            f"| {title} | {threads} | {batch} | {name} | {batch / middle[name]:,.0f} "
                            f"| {1e3 * middle[name]:.2f} | {1e3 * tail:.2f} "
                            f"| {middle['torch eager'] / middle[name]:.2f} | {apart:.1e} |",
                            flush=True,
                        )


if __name__ == "__main__":
    main()
