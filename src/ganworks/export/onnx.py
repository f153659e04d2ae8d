"""ONNX: one file that any runtime computes, with all in it that a stranger needs to know."""

import json
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.export import Dim

from .. import __version__
from ..extras import library
from ..model import Model
from ..settings import ConfigError
from ..training.engines.kinds import quietly
from ..training.folder import write_atomic
from .card import card
from .check import agree, reason_of
from .program import Program, called, program_of

WHY = "ONNX files"


def write(model: Model, path: Path) -> float:
    """Write the generator as an ONNX file. Returns how far it is from torch, at most, on random inputs.

    Raises ConfigError, and leaves nothing, for what cannot be exported or comes out otherwise.
    """
    for name in ("onnx", "onnxscript", "onnxruntime"):
        library(name, WHY, "export")
    program, exact = program_of(model), program_of(model, rewritten=False)
    proto = _proto(program, model)
    for key, text in about(model, program).items():
        entry = proto.metadata_props.add()
        entry.key, entry.value = key, text
    data: bytes = proto.SerializeToString()
    apart = agree("ONNX file", model, program, exact, session(data).draw)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomic(path, data)
    return apart


def about(model: Model, program: Program) -> dict[str, str]:
    """What the file says of itself: who it is, what goes in, how what comes out is read, and that it is synthetic."""
    inputs = [
        {"name": each.name, "law": each.law, "axes": [axis._asdict() for axis in each.axes]} for each in program.inputs
    ]
    spans = [each.model_dump(exclude={"right", "below", "words"}) for each in model.codec.output.spec.spans]
    mark = {"synthetic": True, "maker": f"ganworks {__version__}", "model": model.sha256, "run": name_of(model)}
    decode = {"spans": spans, "logits": program.logits, "codec": model.codec.output.tree(), "range": [-1, 1]}
    plain: dict[str, Any] = {"inputs": inputs, "decode": decode, "provenance": mark}
    return {
        "name": name_of(model), "sha256": model.sha256, "domain": model.run.domain.name, "recipe": model.run.recipe,
        "latents": json.dumps(model.run.latents.tree()), "card": card(model, None),
        **{key: json.dumps(value) for key, value in plain.items()},
    }  # fmt: skip


def name_of(model: Model) -> str:
    """The run's own name."""
    return (model.path.resolve().name if model.path else "") or model.run.recipe


class Session:
    """onnxruntime on the CPU, as a user would start it."""

    def __init__(self, data: bytes, threads: int):
        runtime = library("onnxruntime", WHY, "export")
        options = runtime.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
        options.log_severity_level = 3
        self._session = runtime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
        self._names = [each.name for each in self._session.get_inputs()]

    def draw(self, given: tuple[Tensor, ...]) -> Tensor:
        inputs = {name: each.numpy() for name, each in zip(self._names, given, strict=True)}
        return torch.from_numpy(self._session.run(None, inputs)[0])


def session(data: bytes, threads: int | None = None) -> Session:
    """A session of the bytes of a file, on as many threads as torch has."""
    return Session(data, threads or torch.get_num_threads())


def dynamic(program: Program) -> tuple[Any, ...]:
    """Which axes of the inputs any size may have, as torch's exporters ask for it."""
    shapes = tuple(
        {0: Dim.DYNAMIC} | {place: Dim.DYNAMIC for place, axis in enumerate(each.axes, 1) if axis.name}
        for each in program.inputs
    )
    return (shapes,) if program.inputs[-1].name == "u" else shapes  # given as one row of arguments


def _proto(program: Program, model: Model) -> Any:
    given = program.examples(model, 3, 0)
    names = [each.name for each in program.inputs]
    try:
        with quietly(), torch.no_grad():
            exported = torch.onnx.export(
                program.module, given, dynamo=True, external_data=False, verbose=False, input_names=names,
                output_names=["x"], dynamic_shapes=dynamic(program),
            )  # fmt: skip
        assert exported is not None
    except Exception as error:  # exporters raise classes of their own
        name = called(model.run.generator)
        raise ConfigError(f"{name} cannot be said in ONNX: {reason_of(error)}; use --to folder") from error
    proto = exported.model_proto
    proto.producer_name, proto.producer_version = "ganworks", __version__
    proto.graph.doc_string = ""
    return proto
