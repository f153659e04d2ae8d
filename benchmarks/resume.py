"""Kill a training run with SIGKILL at random moments, many times: is anything lost, is the end the same?

Every child trains the same short run in a folder of its own, is killed at a random moment (a share of them while a
checkpoint is being written), and is started again until it ends. Prints how many were killed in a save, how many lost a
checkpoint, and how many final hashes equal the uninterrupted run's.
"""

import argparse
import hashlib
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from ganworks.training.checkpoint import Checkpoints

SETTINGS = ("batch=32", "checkpoints=60", "previews=3", "generator.width=16", "discriminator.width=16")


def command(data: Path, folder: Path, samples: int) -> list[str]:
    words = [sys.executable, "-m", "ganworks", "train", str(data), "--recipe", "lean-28", "--samples", str(samples)]
    words += ["--seed", "7", "--run", str(folder)]
    for setting in SETTINGS:
        words += ["--set", setting]
    return words


def start(data: Path, folder: Path, samples: int) -> "subprocess.Popen[bytes]":
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    return subprocess.Popen(
        command(data, folder, samples), env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


def final_hash(folder: Path) -> str:
    """Of everything the last checkpoint holds: weights, average, moments, positions."""
    last = Checkpoints(folder / "checkpoints").latest()
    assert last is not None
    digest = hashlib.sha256()
    for part, tensors in sorted(last.parts.items()):
        for name, value in sorted(tensors.items()):
            digest.update(f"{part}.{name}".encode() + value.numpy().tobytes())
    digest.update(str((last.samples, last.values["position"], last.values["steps"])).encode())
    return digest.hexdigest()


def saving(folder: Path) -> bool:
    """Whether a checkpoint is being written at this moment: its temporary directory is there."""
    try:
        return any(entry.name.startswith(".partial-") for entry in os.scandir(folder / "checkpoints"))
    except OSError:
        return False


def kill_somewhere(data: Path, folder: Path, samples: int, rng: random.Random, in_a_save: bool) -> tuple[bool, bool]:
    """Start the run and kill it. Returns (was it killed at all, was a save under way)."""
    child = start(data, folder, samples)
    until = time.monotonic() + 120
    while child.poll() is None and not (folder / "checkpoints").exists() and time.monotonic() < until:
        time.sleep(0.005)
    time.sleep(rng.uniform(0.0, 1.5))
    if in_a_save:
        while child.poll() is None and not saving(folder):
            pass
        time.sleep(rng.uniform(0.0, 0.004))
    if child.poll() is not None:
        return False, False
    child.send_signal(signal.SIGSTOP)  # hold it still, to see what it was doing
    during = saving(folder)
    child.kill()
    child.wait()
    return True, during


def trial(data: Path, folder: Path, samples: int, rng: random.Random, in_a_save: bool) -> dict[str, bool | str]:
    killed, during = kill_somewhere(data, folder, samples, rng, in_a_save)
    before = Checkpoints(folder / "checkpoints").latest() if killed else None
    whole = not killed or before is not None or not any((folder / "checkpoints").glob("0*"))
    ended = start(data, folder, samples).wait()
    return {"killed": killed, "in a save": during, "whole": whole and ended == 0, "hash": final_hash(folder)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--samples", type=int, default=6400)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    rng = random.Random(arguments.seed)
    with tempfile.TemporaryDirectory() as temporary:
        place = Path(temporary)
        data = place / "data.npy"
        np.save(data, np.random.default_rng(0).integers(0, 256, (256, 8, 8), dtype=np.uint8))
        assert start(data, place / "straight", arguments.samples).wait() == 0
        expected = final_hash(place / "straight")
        results: list[dict[str, bool | str]] = []
        attempts = 0
        while sum(bool(each["killed"]) for each in results) < arguments.kills and attempts < 3 * arguments.kills:
            results.append(trial(data, place / f"run{attempts}", arguments.samples, rng, attempts % 2 == 0))
            attempts += 1
    killed = [each for each in results if each["killed"]]
    print(f"resume: {len(killed)} runs killed with SIGKILL, seed {arguments.seed}")
    print(f"  killed during a save       {sum(bool(each['in a save']) for each in killed)}")
    print(f"  lost a checkpoint          {sum(not each['whole'] for each in killed)}")
    print(f"  final hash as undisturbed  {sum(each['hash'] == expected for each in killed)} of {len(killed)}")


if __name__ == "__main__":
    main()
