"""A package for torch alone: the exported program, and beside it compiled code where there is a compiler."""

import json
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from torch import Tensor

from ..model import Model
from ..settings import ConfigError
from ..training.engines.kinds import quietly, with_compiler
from ..training.folder import write_atomic
from .check import Computed, agree, reason_of
from .onnx import about, dynamic
from .program import Program, called, program_of

ABOUT = "ganworks.json"
"""Name of the page inside the exported program."""


def write(model: Model, path: Path, compiled: bool = True) -> dict[Path, float]:
    """Write PATH.pt2, which torch.export loads, and PATH.compiled.pt2, which runs without Python code where there is a
    C++ compiler. Returns how far each is from torch, at most.

    Raises ConfigError, and leaves nothing, for what cannot be exported or comes out otherwise.
    """
    program, exact = program_of(model), program_of(model, rewritten=False)
    given = program.examples(model, 3, 0)
    written: dict[Path, float] = {}
    with TemporaryDirectory() as place, quietly(), torch.no_grad():
        try:
            exported = torch.export.export(program.module, given, dynamic_shapes=dynamic(program))
            plain = Path(place) / "plain.pt2"
            page = json.dumps(about(model, program))
            torch.export.save(exported, plain, extra_files={ABOUT: page})
            module = torch.export.load(plain).module()
        except Exception as error:  # exporters raise classes of their own
            raise ConfigError(
                f"{called(model.run.generator)} cannot be exported: {reason_of(error)}; use --to folder"
            ) from error
        written[path] = agree("package", model, program, exact, lambda given: module(*given))
        keep = {path: plain.read_bytes()}
        if compiled and with_compiler(torch.device("cpu")) is None:
            place_of = path.with_name(f"{path.stem}.compiled.pt2")
            quick = Path(place) / "compiled.pt2"
            written[place_of] = agree("compiled package", model, program, exact, _compiled(exported, quick, program))
            keep[place_of] = quick.read_bytes()
    path.parent.mkdir(parents=True, exist_ok=True)
    for target, data in keep.items():
        write_atomic(target, data)
    return written


def _compiled(exported: torch.export.ExportedProgram, path: Path, program: Program) -> Computed:
    from torch._inductor import aoti_compile_and_package, aoti_load_package  # noqa: PLC0415

    try:
        runner = aoti_load_package(aoti_compile_and_package(exported, package_path=str(path)))
    except Exception as error:  # compilers raise classes of their own
        raise ConfigError(f"the compiled package fails here: {reason_of(error)}; use --no-compile") from error

    def compute(given: tuple[Tensor, ...]) -> Tensor:
        drawn: Tensor = runner(*given)
        return drawn

    return compute
