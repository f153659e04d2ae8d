"""What a measurement depends on beside the code: the machine, in words, and how time and memory are read on it."""

import os
import platform
import resource
import sys
import time
from pathlib import Path
from typing import NamedTuple

import torch

from .pairs import Clock

WALL: Clock = time.perf_counter


class Machine(NamedTuple):
    processor: str
    cores: int
    """That this process may use."""
    threads: int
    device: str
    python: str
    torch: str
    clock: str
    """cpu: seconds of this process alone; wall: seconds that pass."""

    def line(self) -> str:
        device = "" if self.device == "cpu" else f", {self.device}"
        seconds = "seconds of CPU time" if self.clock == "cpu" else "seconds on the wall"
        return (
            f"{self.processor}, {_count(self.cores, 'core')}, {_count(self.threads, 'thread')}{device}, "
            f"Python {self.python}, torch {self.torch}; {seconds}"
        )


def describe(device: torch.device) -> Machine:
    affinity = getattr(os, "sched_getaffinity", None)
    return Machine(
        processor=processor(),
        cores=len(affinity(0)) if affinity else os.cpu_count() or 1,
        threads=torch.get_num_threads(),
        device=torch.cuda.get_device_name(device) if device.type == "cuda" else device.type,
        python=platform.python_version(),
        torch=torch.__version__,
        clock="cpu" if alone(device) else "wall",
    )


def processor() -> str:
    """The processor's name, as the system knows it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        return next(line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def alone(device: torch.device) -> bool:
    """Whether all of the work is done by one thread, whose own time says more than the wall's on a busy machine."""
    return device.type == "cpu" and torch.get_num_threads() == 1


def clock(device: torch.device) -> Clock:
    return time.process_time if alone(device) else WALL


def wait(device: torch.device) -> None:
    """Until the device has done what was asked of it."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    elif device.type == "mps":
        torch.mps.synchronize()


def peak_memory(device: torch.device) -> float:
    """Most memory so far, in GB: of the device where it has its own, else of this process."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device) / 2**30
    try:
        # The system's other count also holds what the parent of this process once needed.
        lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 2**20
    except (OSError, StopIteration):
        unit = 1 if sys.platform == "darwin" else 1024  # one system counts bytes, the others kilobytes
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 2**30


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'s' * (number != 1)}"
