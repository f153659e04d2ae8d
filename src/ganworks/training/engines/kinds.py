"""The ways to compute a generator's samples, and which of them this machine has."""

import importlib.util
import logging
import os
import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor, nn

from .arrange import arranged
from .packed import onednn, packed, there

Draw = Callable[[Tensor], Tensor]
"""z (B, L) -> x (B, *shape), for batches of one size."""


class Kind(NamedTuple):
    """One way to compute. `prepare` takes the network and latents of the batch to come, on the network's device."""

    prepare: Callable[[nn.Module, Tensor], Draw]
    missing: Callable[[torch.device], str | None]
    """Why it cannot be had on a device, in a few words; None when it can."""
    bfloat16: bool = False
    """Whether it computes with 8 bits of mantissa, and agrees with the others only as far as that goes."""
    seconds: float = 0.0
    """What preparing it takes on one core, roughly, where that is long enough to ask whether it is worth it."""
    sized: bool = True
    """Whether what was prepared is for batches of one size, and another size has to be prepared anew."""


def _everywhere(device: torch.device) -> str | None:
    return None


def _in_bfloat16(device: torch.device) -> str | None:
    if device.type == "cuda" and not torch.cuda.is_bf16_supported():
        return "this GPU computes no bfloat16"
    if device.type == "cpu" and not onednn():
        return "this build of torch is without oneDNN"
    return None


def _with_operators(device: torch.device) -> str | None:
    return None if device.type == "cpu" and there() else "only for CPUs, by torch with oneDNN"


def _with_runtime(device: torch.device) -> str | None:
    if device.type != "cpu":
        return "used on CPUs only"
    lacking = [name for name in ("onnx", "onnxscript", "onnxruntime") if not _installed(name)]
    return f"{', '.join(lacking)} not installed: pip install 'ganworks[export]'" if lacking else None


def _installed(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except (ImportError, ValueError):  # what is marked as absent in sys.modules
        return False


def with_compiler(device: torch.device) -> str | None:
    if device.type == "cuda":
        return None if _installed("triton") else "triton is not installed"
    if device.type != "cpu":
        return "compiled code is used on CPUs and CUDA only"
    named = os.environ.get("CXX")
    return (
        None if any(map(shutil.which, [named] if named else ["g++", "clang++"])) else "no C++ compiler on this machine"
    )


def _exact(network: nn.Module, z: Tensor) -> Draw:
    return network


def _folded(network: nn.Module, z: Tensor) -> Draw:
    return arranged(network)


def _folded_bfloat16(network: nn.Module, z: Tensor) -> Draw:
    return _halved(arranged(network))


def _packed(network: nn.Module, z: Tensor) -> Draw:
    return packed(arranged(network), z)


def _packed_bfloat16(network: nn.Module, z: Tensor) -> Draw:
    return _halved(packed(arranged(network).bfloat16(), z.bfloat16()))


def _compiled(network: nn.Module, z: Tensor) -> Draw:
    return torch.compile(arranged(network), dynamic=False)


def _compiled_bfloat16(network: nn.Module, z: Tensor) -> Draw:
    compiled: Draw = torch.compile(arranged(network).bfloat16(), dynamic=False)
    return lambda z: compiled(z.bfloat16())


def _halved(network: nn.Module) -> Draw:
    network = network.bfloat16()
    return lambda z: network(z.bfloat16())


def _onnxruntime(network: nn.Module, z: Tensor) -> Draw:
    import onnxruntime  # noqa: PLC0415

    with quietly():
        # Two at least: an exporter takes a batch of one for a law.
        program = torch.onnx.export(
            arranged(network), (z.expand(max(2, len(z)), -1),), dynamo=True, external_data=False, verbose=False,
            dynamic_shapes=({0: torch.export.Dim.DYNAMIC},),
        )  # fmt: skip
    assert program is not None
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = torch.get_num_threads(), 1
    options.log_severity_level = 3
    model = program.model_proto.SerializeToString()
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    return lambda z: torch.from_numpy(session.run(None, {name: z.numpy()})[0])


def _aot(network: nn.Module, z: Tensor) -> Draw:
    return _ahead_of_time(arranged(network), z)


def _aot_bfloat16(network: nn.Module, z: Tensor) -> Draw:
    drawn = _ahead_of_time(arranged(network).bfloat16(), z.bfloat16())
    return lambda z: drawn(z.bfloat16())


def _ahead_of_time(network: nn.Module, z: Tensor) -> Draw:
    from torch._inductor import aoti_compile_and_package, aoti_load_package  # noqa: PLC0415

    with tempfile.TemporaryDirectory() as folder, quietly():
        package = str(Path(folder) / "generator.pt2")
        path = aoti_compile_and_package(torch.export.export(network, (z,)), package_path=package)
        return aoti_load_package(path)


@contextmanager
def quietly() -> Iterator[None]:
    """Exporters speak of packages that are not needed here."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)


KINDS: dict[str, Kind] = {
    "exact": Kind(_exact, _everywhere, sized=False),
    "folded": Kind(_folded, _everywhere, sized=False),
    "folded-bfloat16": Kind(_folded_bfloat16, _in_bfloat16, bfloat16=True),
    "packed": Kind(_packed, _with_operators),
    "packed-bfloat16": Kind(_packed_bfloat16, _with_operators, bfloat16=True),
    "onnxruntime": Kind(_onnxruntime, _with_runtime, seconds=3, sized=False),
    "compiled": Kind(_compiled, with_compiler, seconds=20),
    "compiled-bfloat16": Kind(_compiled_bfloat16, with_compiler, bfloat16=True, seconds=20),
    "aot": Kind(_aot, with_compiler, seconds=30),
    "aot-bfloat16": Kind(_aot_bfloat16, with_compiler, bfloat16=True, seconds=30),
}
"""Every way there is; `exact` is the network itself, whose bytes are the ones that are promised."""
