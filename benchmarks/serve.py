"""The service under load: what it holds beside what the machine could do, in floods, for long, and when it is stopped.

    python benchmarks/serve.py --quick      two minutes; without --quick all of it, about twenty

C is what one thread of this machine computes and packs without any service, in batches as large as the service's and by
its engine. The client is light and shares the machine's cores; its share of one is printed.
"""

import argparse
import json
import os
import secrets
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

import numpy as np

from ganworks.launch import Words, launch, plan
from ganworks.model import load
from ganworks.server import media
from ganworks.server.engine import Engine
from ganworks.server.running import threads
from ganworks.server.settings import Limits

CLIENT = Path(__file__).with_name("serve_client.py")
TOKEN = secrets.token_urlsafe(18)
PATH = "/v1/models/generator/generate?"


class Service:
    """A service in a process of its own."""

    def __init__(self, run: Path, *words: str):
        command = [sys.executable, "-m", "ganworks", "serve", str(run), "--port", "0", "--token", TOKEN, *words]
        self.process = subprocess.Popen(
            [*command, "--runs", str(run.parent / "none")], stdout=subprocess.PIPE, stderr=sys.stderr, text=True
        )
        assert self.process.stdout is not None
        self.port = int(self.process.stdout.readline().split(":")[2].split("/")[0])
        urllib.request.urlopen(f"http://127.0.0.1:{self.port}/health/ready", timeout=10).read()

    def load(self, **told: object) -> subprocess.Popen[str]:
        told = {"port": self.port, "token": TOKEN, "path": PATH, **told}
        return subprocess.Popen([sys.executable, str(CLIENT), json.dumps(told)], stdout=subprocess.PIPE, text=True)

    def measure(self, **told: object) -> dict:
        return answer(self.load(**told))

    def state(self) -> dict[str, int]:
        """Memory in bytes, descriptors and threads."""
        place = Path(f"/proc/{self.process.pid}")
        pages = int((place / "statm").read_text().split()[1])
        return {
            "memory": pages * os.sysconf("SC_PAGE_SIZE"),
            "descriptors": len(list((place / "fd").iterdir())),
            "threads": len(list((place / "task").iterdir())),
        }

    def stop(self) -> float:
        """Seconds until it has ended."""
        begun = time.perf_counter()
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(timeout=20) == 0
        return time.perf_counter() - begun


def answer(process: subprocess.Popen[str]) -> dict:
    text, _ = process.communicate()
    found: dict = json.loads(text)
    return found


def trained(folder: Path) -> Path:
    """A generator of 32 x 32 colours by the recipe dcgan; how good it is does not matter here."""
    np.save(folder / "data.npy", np.random.default_rng(0).integers(0, 256, (80, 32, 32, 3), dtype=np.uint8))
    words = Words(
        str(folder / "data.npy"), "dcgan", samples=64, folder=str(folder / "generator"), settings=("batch=16",)
    )
    launch(plan(words))
    return folder / "generator"


def capacity(run: Path, seconds: float = 3.0) -> None:
    """Print pictures a second, drawn and packed as the service does, by one thread and nothing else."""
    threads()
    model, limits = load(run), Limits()
    batch, mark = limits.batch, model.mark(0, 0)
    engine = Engine.of(model.network, lambda count: model.inputs(count, 0), batch, limits.patience)
    z, best = model.inputs(batch, 0), 0.0
    for _ in range(3):
        begun, made = time.perf_counter(), 0
        while time.perf_counter() - begun < seconds / 3:
            for pixels in model.codec.decode(engine.draw(z)):
                media.picture(model.codec, pixels, "png", mark)
            made += batch
        best = max(best, made / (time.perf_counter() - begun))
    print(json.dumps({"capacity": best, "engine": engine.name, "sizes": engine.sizes}))


def closed(run: Path, most: float, seconds: float) -> None:
    service = Service(run)
    service.measure(clients=8, seconds=1)
    print("| clients | pictures/s | of C | p50 ms | p99 ms | codes | client |\n|---|---|---|---|---|---|---|")
    for clients in (1, 8, 32):
        found = service.measure(clients=clients, seconds=seconds)
        row = [
            clients,
            f"{found['rate']:.0f}",
            f"{found['rate'] / most:.2f}",
            found["good"]["p50"],
            found["good"]["p99"],
        ]
        print("|", " | ".join(map(str, [*row, found["codes"], f"{found['client']:.0%}"])), "|", flush=True)
    service.stop()


def flood(run: Path, most: float, seconds: float) -> None:
    service = Service(run)
    calm = service.measure(clients=8, seconds=2)
    found = service.measure(rate=4 * most, seconds=seconds)
    after = time.perf_counter()
    normal = None
    while normal is None and time.perf_counter() - after < 20:
        again = service.measure(clients=8, seconds=0.5)
        if again["good"]["p99"] <= max(50, 2 * calm["good"]["p99"]) and set(again["codes"]) == {"200"}:
            normal = round(time.perf_counter() - after, 1)
    offered = (found["sent"] + found["unsent"]) / seconds
    print(
        f"open loop: {offered:.0f}/s offered for {seconds:.0f} s, 4 C = {4 * most:.0f}; good {found['rate']:.0f}/s = "
        f"{found['rate'] / most:.2f} C; accepted p99 {found['good']['p99']} ms, refused p99 "
        f"{found['refused'].get('p99')} ms; {found['codes']}, "
        f"{found['unanswered']} unanswered, {found['unsent']} unsent; client "
        f"{found['client']:.0%}; normal after {normal} s",
        flush=True,
    )
    service.stop()


def long(run: Path, count: int) -> None:
    """Growth by requests: memory, descriptors and threads at ten marks, the first as the warm-up."""
    service = Service(run)
    service.measure(clients=8, count=count // 10)
    states = [service.state()]
    for _ in range(9):
        service.measure(clients=8, count=count // 10)
        states.append(service.state())
    memory = np.array([state["memory"] for state in states])
    slope = np.polyfit(np.arange(len(memory)) * (count // 10), memory, 1)[0]
    print(
        f"{count:,} requests: memory {memory[0] / 1e6:.1f} -> {memory[-1] / 1e6:.1f} MB, "
        f"{slope / 1000:.3f} kB a request; "
        f"descriptors {states[0]['descriptors']} -> {states[-1]['descriptors']}, "
        f"threads {states[0]['threads']} -> "
        f"{states[-1]['threads']}",
        flush=True,
    )
    service.stop()


def stops(run: Path, times: int) -> None:
    sent = good = refused = unanswered = 0
    longest = 0.0
    for _ in range(times):
        service = Service(run)
        load = service.load(clients=16, seconds=30, again=False)
        time.sleep(0.7 + 0.6 * np.random.default_rng(sent).random())
        longest = max(longest, service.stop())
        found = answer(load)
        sent, unanswered = sent + found["sent"], unanswered + found["unanswered"]
        good, refused = good + found["codes"].get("200", 0), refused + found["codes"].get("503", 0)
    print(
        f"{times} SIGTERMs under load: {sent:,} requests sent, {good:,} answered, {refused} told 503, "
        f"{unanswered} without an answer; longest until the end {longest:.2f} s",
        flush=True,
    )


def same(run: Path, seeds: int) -> None:
    service = Service(run)
    hashes = [service.measure(clients=clients, count=seeds, hash=True)["hashes"] for clients in (1, 4, 16, 48)]
    equal = sum(len({each[str(seed)] for each in hashes}) == 1 for seed in range(seeds))
    print(f"{equal} of {seeds} seeds gave the same bytes with 1, 4, 16 and 48 clients", flush=True)
    service.stop()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--only", nargs="*", default=["closed", "flood", "long", "stops", "same"])
    parser.add_argument("--run", type=Path)
    parser.add_argument("--capacity", action="store_true")
    asked = parser.parse_args()
    if asked.capacity:
        capacity(asked.run)
        return
    with tempfile.TemporaryDirectory() as place:
        run = asked.run or trained(Path(place))
        command = [sys.executable, __file__, "--capacity", "--run", str(run)]
        found = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()[-1])
        most = found["capacity"]
        print(f"C = {most:.0f} pictures/s: engine {found['engine']}, batches of {found['sizes']}", flush=True)
        for name in asked.only:
            {
                "closed": lambda: closed(run, most, 3 if asked.quick else 20),
                "flood": lambda: flood(run, most, 8 if asked.quick else 60),
                "long": lambda: long(run, 10_000 if asked.quick else 50_000),
                "stops": lambda: stops(run, 5 if asked.quick else 50),
                "same": lambda: same(run, 200 if asked.quick else 1000),
            }[name]()


if __name__ == "__main__":
    main()
