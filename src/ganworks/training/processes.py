"""Processes: how the workers of one run come together, agree, and stop together.

Who belongs to a run stands in the environment that torch's launcher makes (RANK, WORLD_SIZE, LOCAL_RANK); without it a
run is one process and nothing here does anything. The first process, rank 0, alone writes, talks and decides by the
clock; the others compute.
"""

import contextlib
import hashlib
import os
import platform
from collections.abc import Callable, Iterator, Mapping
from importlib import metadata
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import numpy as np
import torch
from torch import Tensor, distributed

from ..adversarial.collective import average, gather, largest, rank, share, world
from ..settings import CheckpointError, ConfigError, DataError, TrainingError
from .checkpoint import Checkpoint, Checkpoints
from .elastic import PATIENCE, meeting, refuse, was_refused
from .interrupt import Halted
from .run import Run

if TYPE_CHECKING:
    from .session import Session

Result = TypeVar("Result")


class Elsewhere(SystemExit):
    """This process leaves without a word: the first one has said why, or it is the one that went away."""


@contextlib.contextmanager
def joined() -> Iterator[None]:
    """While entered, this process plays with the others that the environment names, if it names any.

    Raises TrainingError in the first process when another one goes away, Elsewhere in the rest.
    """
    if int(os.environ.get("WORLD_SIZE", "1")) < 2 or "RANK" not in os.environ or world() > 1:
        yield
        return
    if was_refused():
        raise Elsewhere(1)
    gone = False
    try:
        _meet()
        yield
        gather(None)  # nobody hangs up while another still listens
    except Halted as halted:
        raise halted if rank() == 0 else Elsewhere(halted.exit_code) from None
    except RuntimeError as error:
        if not (gone := _is_about_a_peer(error)):
            raise
        raise once(
            TrainingError(
                "another process of this run went away or cannot be reached; with restarts left the launcher starts "
                "all again from the last checkpoint, otherwise run the same command again"
            )
        ) from error
    finally:
        if distributed.is_initialized() and not gone:  # with a peer gone, taking leave would wait for it
            distributed.destroy_process_group()


def once(error: BaseException) -> BaseException:
    """For an error that every process meets: itself in the first one, a quiet end in the others."""
    return error if rank() == 0 else Elsewhere(getattr(error, "exit_code", 1))


def together(action: Callable[[], Result]) -> Result:
    """Do something in every process, and stop them all, with one line, where a user's mistake stops one of them.

    `action` must not wait for the other processes itself.
    """
    if world() == 1:
        return action()
    result: list[Result] = []
    mine: Exception | None = None
    try:
        result.append(action())
    except (ConfigError, DataError, CheckpointError, TrainingError) as error:
        mine = error
    told = gather(None if mine is None else str(mine))
    failed = [number for number, line in enumerate(told) if line is not None]
    if not failed:
        return result[0]
    refuse()
    raise once(mine or TrainingError(f"process {failed[0]}: {told[failed[0]]}")) from None


class Word(NamedTuple):
    """What several processes agree on after a step: of each number the largest that any of them says."""

    faulty: int = 0
    signal: int = 0
    planned: int = 0
    overdue: int = 0
    watched: int = 0


def agree(word: Word, looking: bool) -> Word:
    """The word of all processes, for steps after which they look at their numbers; between those nothing is said."""
    if world() == 1:
        return word
    return Word(*largest(*map(int, word))) if looking else Word()


def first_of(faults: list[str]) -> list[str]:
    """The faults of the first process that has any."""
    return next(filter(None, gather(faults)), [])


def find(checkpoints: Checkpoints, search: Callable[[], Checkpoint | None]) -> Checkpoint | None:
    """The checkpoint that the first process's search gives; the others read the same one."""
    mine = search() if rank() == 0 else None
    name = share(None if mine is None else mine.path.name)
    return None if name is None else together(lambda: mine or checkpoints.load(checkpoints.folder / name))


def several() -> dict[str, int]:
    """For the journal: how many processes there are, where there are several."""
    return {"processes": world()} if world() > 1 else {}


def mean(stats: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
    """Numbers of a step, averaged over the processes; every one of them has to ask."""
    if world() == 1:
        return stats
    values = {name: value.detach().clone() for name, value in stats.items()}
    average(list(values.values()))
    return values


def place(device: torch.device) -> torch.device:
    """This process's own device of the kind that was picked."""
    if world() == 1 or device.type == "cpu":
        return device
    local = int(os.environ.get("LOCAL_RANK", rank()))
    check_devices(device, int(os.environ.get("LOCAL_WORLD_SIZE", local + 1)))
    torch.cuda.set_device(local)
    return torch.device("cuda", local)


def check_devices(device: torch.device, count: int) -> None:
    """Raises ConfigError when `count` processes on one machine cannot have a device of this kind each."""
    if count == 1 or device.type == "cpu":
        return
    if device.type != "cuda" or device.index is not None:
        raise ConfigError(f"device '{device}' is one device and {count} processes want one each; use cuda or cpu")
    if count > torch.cuda.device_count():
        there = torch.cuda.device_count()
        raise ConfigError(
            f"{count} processes want a CUDA device each and there are {there}; start {there}, or use device=cpu"
        )


def check_batch(run: Run, count: int) -> None:
    """Raises ConfigError when a batch, or a part of one, cannot be dealt out evenly in whole packs."""
    if run.private is not None and count > 1:
        raise ConfigError(
            f"differential privacy: one process draws and noises a turn, got {count}; leave --processes out"
        )
    part = min(run.part or run.batch, run.batch)
    packs = f" times packing={run.packing}" if run.packing > 1 else ""
    for name, size in (("batch", run.batch), ("part", part), ("what part leaves of batch", run.batch % part)):
        if size % (count * run.packing):
            raise ConfigError(
                f"{name} must be a multiple of the {count} processes{packs}, got {size}; choose another batch or part, "
                "or fewer processes"
            )


def own(run: Run) -> Run:
    """The run with this process's slice as its batch."""
    part = None if run.part is None else max(1, run.part // world())
    return run if world() == 1 else run.model_copy(update={"batch": run.batch // world(), "part": part})


def compare(session: "Session") -> None:
    """Stop all processes when one was started with other settings, other data or other libraries than the first."""
    if world() == 1:
        return
    libraries = {"python": platform.python_version(), "torch": torch.__version__, "numpy": np.__version__}
    told = gather(
        {
            **session.run.tree(),
            "the data": session.dataset.fingerprint,
            "what was learnt from the data": hashlib.sha256(repr(session.codec.tree()).encode()).hexdigest(),
            "the kind of device": session.device.type,
            "the libraries": libraries | {"ganworks": metadata.version("ganworks")},
        }
    )
    for number, theirs in enumerate(told):
        for name in {**told[0], **theirs}:
            if theirs.get(name) != told[0].get(name):
                refuse()
                values = [_short(each.get(name)) for each in (theirs, told[0])]
                raise once(
                    ConfigError(
                        f"process {number} was started with another {name.removeprefix('the ')} than process 0 "
                        f"({values[0]}, not {values[1]}); start all with the same command on the same data"
                    )
                )


def check_weights(session: "Session") -> None:
    """Stop all processes when one holds other weights than the first: they would drift apart ever further."""
    if world() == 1:
        return
    seals = {}
    for name, player in session.game.players().items():
        seal = hashlib.sha256()
        networks = [player.network] if player.average is None else [player.network, player.average]
        for network in networks:
            for value in network.state_dict().values():
                seal.update(value.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy().data)
        seals[name] = seal.hexdigest()
    told = gather(seals)
    for number, theirs in enumerate(told):
        for name in seals:
            if theirs[name] != told[0][name]:
                raise once(
                    TrainingError(
                        f"process {number} holds another {name} than process 0 at {session.samples:,} samples; run the "
                        "same command again, it goes on from the last checkpoint, on machines of one kind"
                    )
                )


def _meet() -> None:
    backend, store = "cpu:gloo,cuda:nccl" if torch.cuda.is_available() else "gloo", meeting()
    if store is None:
        distributed.init_process_group(backend, timeout=PATIENCE)
        return
    number, count = int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"])
    distributed.init_process_group(backend, store=store, rank=number, world_size=count, timeout=PATIENCE)


def _is_about_a_peer(error: RuntimeError) -> bool:
    """gloo raises plain RuntimeErrors; only their text tells them from others."""
    text = str(error)
    return isinstance(error, distributed.DistError) or any(each in text for each in ("gloo", "Connection", "NCCL"))


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:37]}..."
