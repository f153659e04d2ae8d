"""Pictures of 64 x 64 streamed from shards: how many a second, with how much memory, beside the speed of training.

Makes shards of drawn pictures with the weight of photographs (about 8 kB each), streams all of them once without any
cache, so that each is read and decoded, then plays `lean-64` in turns from shards and from memory.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from ganworks.domains import Dataset, Stored
from ganworks.domains import Image as Pictures
from ganworks.domains.base import Raw
from ganworks.domains.image.shards.index import Shard, ShardIndex
from ganworks.domains.image.shards.pack import members
from ganworks.domains.image.shards.tar import ShardWriter
from ganworks.launch import Words, plan
from ganworks.training.feed import Feed
from ganworks.training.session import Session

SIDE, RECORDS, BATCH = 64, 10_000, 64
ROUNDS, STEPS = 12, 4


def picture(number: int) -> Raw:
    """Soft shapes with the noise of a camera."""
    rng = np.random.default_rng(number)
    small = Image.fromarray(rng.integers(0, 256, (6, 6, 3), dtype=np.uint8))
    soft = np.asarray(small.resize((SIDE, SIDE), Image.Resampling.BICUBIC)).astype(np.int16)
    return np.clip(soft + rng.integers(-4, 5, soft.shape, dtype=np.int16), 0, 255).astype(np.uint8)


def make(folder: Path, count: int, distinct: int) -> None:
    """`distinct` pictures in shards; the shards beyond them are further names of the same files."""
    shards: list[Shard] = []
    for number in range(-(-count // RECORDS)):
        path = folder / f"{number:06d}.tar"
        if number * RECORDS < distinct:
            writer = ShardWriter(path)
            for each in range(number * RECORDS, min((number + 1) * RECORDS, count)):
                writer.add(f"{each:08d}", members(picture(each), "RGB", each % 10))
            size, sha256 = writer.finish()
            shards.append(Shard(name=path.name, records=writer.records, bytes=size, sha256=sha256))
        else:
            original = shards[number % (distinct // RECORDS)]
            path.hardlink_to(folder / original.name)
            shards.append(original.model_copy(update={"name": path.name}))
    classes = tuple("0123456789")
    page = {"size": (SIDE, SIDE), "channels": 3, "bits": 8, "mode": "RGB", "classes": classes, "source": "drawn"}
    ShardIndex(**page, records=sum(each.records for each in shards), shards=tuple(shards)).write(folder)


class Memory:
    """The largest resident memory of this process and its children together, in MB, looked at ten times a second.

    Shared pages are counted once for each process, so it says rather too much.
    """

    def __init__(self) -> None:
        self.most, self.own = 0.0, 0.0
        threading.Thread(target=self._look, daemon=True).start()

    def _look(self) -> None:
        while True:
            mine = resident(os.getpid())
            self.own = max(self.own, mine)
            self.most = max(self.most, mine + sum(map(resident, children())))
            time.sleep(0.1)


def resident(process: int) -> float:
    try:
        pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6
    except (OSError, IndexError):
        return 0.0


def children() -> list[int]:
    found = []
    for task in Path(f"/proc/{os.getpid()}/task").iterdir():
        try:
            found += [int(each) for each in (task / "children").read_text().split()]
        except OSError:
            continue
    return found


def stream(dataset: Dataset, image: Pictures) -> float:
    """Pictures a second over one epoch."""
    feed = Feed(dataset.train, image.fit(dataset), BATCH, torch.device("cpu"), 0)
    batches = len(dataset.train) // BATCH
    begun = time.perf_counter()
    for _ in range(batches):
        feed.prepare(1)
        next(feed)
    return batches * BATCH / (time.perf_counter() - begun)


def train(folder: Path, settings: list[str]) -> tuple[float, float, list[float]]:
    """Training speed from memory and from shards, samples a second, and the ratio of each pair of turns."""
    words = Words(str(folder), "lean-64", samples=10**6, settings=(*settings, f"batch={BATCH}"))
    planned = plan(words)
    session = Session(planned.run, planned.dataset)
    streamed = session.feed
    x = planned.dataset.train.fetch(planned.dataset.train.some(4096, 0)).x
    stored = Feed(Stored(x, np.arange(len(x))), session.codec, BATCH, session.device, 0)
    rates: dict[str, list[float]] = {"memory": [], "shards": []}
    for turn in range(ROUNDS + 1):
        for name, feed in (("memory", stored), ("shards", streamed)):
            session.feed = feed
            begun = time.perf_counter()
            for _ in range(STEPS):
                feed.prepare(2)
                stats = session.step()
            float(next(iter(stats.values())))
            if turn:
                rates[name].append(STEPS * BATCH / (time.perf_counter() - begun))
    ratios = [b / a for a, b in zip(rates["memory"], rates["shards"], strict=True)]
    return statistics.median(rates["memory"]), statistics.median(rates["shards"]), ratios


def main() -> None:
    words = argparse.ArgumentParser()
    words.add_argument("--count", type=int, default=1_000_000)
    words.add_argument("--distinct", type=int, default=100_000, help="pictures really drawn; others repeat their files")
    words.add_argument("--workers", type=int, default=1)
    words.add_argument("--device", default="auto")
    words.add_argument("--train", metavar="FOLDER", help=argparse.SUPPRESS)
    given = words.parse_args()
    if given.train:
        tell_of_training(Path(given.train), given.workers, given.device)
        return
    with tempfile.TemporaryDirectory() as place:
        os.environ["GANWORKS_CACHE"] = f"{place}/cache"
        folder = Path(place) / "shards"
        folder.mkdir()
        distinct = max(RECORDS, min(given.count, given.distinct) // RECORDS * RECORDS)
        begun = time.perf_counter()
        make(folder, given.count, distinct)
        tree = json.loads((folder / "index.json").read_text())
        size = sum(each["bytes"] for each in tree["shards"]) / given.count
        print(f"stream: {given.count:,} pictures of {SIDE} x {SIDE}, {distinct:,} distinct, {size:,.0f} bytes each")
        print(f"  drawn and packed in {time.perf_counter() - begun:,.0f} s", flush=True)
        memory = Memory()
        image = Pictures(workers=given.workers, cache_bytes=0)
        begun = time.perf_counter()
        dataset = image.read(str(folder))
        print(f"  opened in           {time.perf_counter() - begun:,.1f} s")
        print(f"  streamed, decoded   {stream(dataset, image):,.0f} pictures/s with {given.workers} workers")
        print(
            f"  peak memory         {memory.most:,.0f} MB, workers included ({memory.own:,.0f} MB in this process)",
            flush=True,
        )
        # Training is measured in a process of its own, so that its memory is its own.
        more = ["--workers", str(given.workers), "--device", given.device]
        subprocess.run([sys.executable, __file__, "--train", str(folder), *more], check=True)


def tell_of_training(folder: Path, workers: int, device: str) -> None:
    memory = Memory()
    settings = [f"domain.workers={workers}", "domain.cache_bytes=0", f"device={device}"]
    stored, streamed, ratios = train(folder, settings)
    print(f"  lean-64 trains at   {stored:,.0f} samples/s from memory, {streamed:,.0f} from shards")
    print(f"  ratio of the turns  {statistics.median(ratios):.3f} ({min(ratios):.3f} to {max(ratios):.3f})")
    print(f"  peak memory         {memory.most:,.0f} MB with training, workers included", flush=True)


if __name__ == "__main__":
    main()
