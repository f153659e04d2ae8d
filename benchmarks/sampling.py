"""How much faster each engine draws than the network as tutorials keep it: contiguous, float32, norms and all.

Engines take turns of some tenths of a second in one process; a ratio is of neighbours in time, and the median and the
quartiles of the rounds are printed. `--clock cpu` counts the seconds of the one thread that draws, for a machine on
which others work.
"""

import argparse
import statistics
import time
from collections.abc import Callable

import torch
from torch import Tensor, nn

from ganworks.networks import GENERATORS
from ganworks.settings import ConfigError
from ganworks.spec import Span, Spec
from ganworks.training.engines import KINDS
from ganworks.training.engines.choice import checked

NETWORKS = {
    "dcgan 64 x 64 x 1": ("dcgan", (1, 64, 64)),
    "dcgan 64 x 64 x 3": ("dcgan", (3, 64, 64)),
    "conv28 28 x 28 x 1": ("conv28", (1, 28, 28)),
    "lean 28 x 28 x 1": ("lean", (1, 28, 28)),
}


def built(name: str, shape: tuple[int, ...]) -> tuple[nn.Module, int]:
    """A generator whose norms have settled, and its length of latents."""
    torch.manual_seed(0)
    settings = GENERATORS[name]()
    network = settings.build(Spec(shape=shape, spans=(Span(channels=shape[0], kind="tanh"),)))
    for _ in range(30):
        network(torch.randn(64, settings.latent))
    return network.eval().requires_grad_(False), settings.latent


def turns(draws: dict[str, Callable[[], object]], rounds: int, clock: Callable[[], float]) -> dict[str, list[float]]:
    """Seconds a call of each, a list with an entry a round."""
    seconds: dict[str, list[float]] = {name: [] for name in draws}
    repeats = {}
    for name, draw in draws.items():
        draw()
        begun = time.perf_counter()
        draw()
        repeats[name] = max(1, min(50, int(0.3 / (time.perf_counter() - begun))))
    for _ in range(rounds):
        for name, draw in draws.items():
            draw()  # with the caches as this engine leaves them
            begun = clock()
            for _ in range(repeats[name]):
                draw()
            seconds[name].append((clock() - begun) / repeats[name])
    return seconds


def measure(title: str, batch: int, engines: list[str], rounds: int, clock: Callable[[], float]) -> None:
    plain, length = built(*NETWORKS[title])
    network = nn.Module.to(built(*NETWORKS[title])[0], memory_format=torch.channels_last)
    z = torch.randn(batch, length, generator=torch.Generator().manual_seed(1))
    draws: dict[str, Callable[[], object]] = {"eager": lambda: plain(z)}
    apart = {}
    for name in engines:
        begun = time.perf_counter()
        try:
            draw, difference = checked(name, network, z, plain(z))
        except ConfigError as error:
            print(f"  {error}")
            continue
        apart[name] = f"apart {difference:.1e}, ready in {time.perf_counter() - begun:.1f} s"
        draws[name] = _bound(draw, z)
    seconds = turns(draws, rounds, clock)
    print(f"{title}, batch {batch}, {torch.get_num_threads()} threads, {rounds} rounds", flush=True)
    for name, each in seconds.items():
        ratios = [base / own for base, own in zip(seconds["eager"], each, strict=True)]
        low, middle, high = statistics.quantiles(ratios, n=4)
        print(
            f"  {name:17s} {batch / statistics.median(each):8.0f} a second  "
            f"x {middle:.2f} ({low:.2f} to {high:.2f})  {apart.get(name, '')}",
            flush=True,
        )


def _bound(draw: Callable[[Tensor], Tensor], z: Tensor) -> Callable[[], object]:
    return lambda: draw(z)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--networks", nargs="*", default=list(NETWORKS), choices=list(NETWORKS))
    parser.add_argument("--threads", nargs="*", type=int, default=[1, 2])
    parser.add_argument("--batches", nargs="*", type=int, default=[64, 1])
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--compiled", action="store_true", help="also the engines that take long to prepare")
    parser.add_argument("--clock", choices=["wall", "cpu"], default="wall")
    arguments = parser.parse_args()
    clock = {"wall": time.perf_counter, "cpu": time.thread_time}[arguments.clock]
    here = torch.device("cpu")
    engines = [
        name for name, kind in KINDS.items() if not kind.missing(here) and (arguments.compiled or not kind.seconds)
    ]
    with torch.inference_mode():
        for threads in arguments.threads:
            if arguments.clock == "cpu" and threads > 1:
                parser.error("--clock cpu counts one thread: add --threads 1")
            torch.set_num_threads(threads)
            for title in arguments.networks:
                for batch in arguments.batches:
                    measure(title, batch, engines, arguments.rounds, clock)


if __name__ == "__main__":
    main()
