"""Rows of a table from a trained generator, streamed into one file: what `ganworks sample` does for tables."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..model import Model


def place(out: str | None, run: str, seed: int, form: str | None, suffix: str) -> Path:
    """The file that rows go to: the one named, or one in the folder named, of the format wanted or the data's own.

    Raises ConfigError where the name and the format say different things.
    """
    from ..domains.table.writing import SUFFIXES  # noqa: PLC0415
    from ..settings import ConfigError  # noqa: PLC0415

    wanted = f".{form}" if form else suffix
    path = Path(out) if out else Path(run) / "generated"
    if path.suffix.lower() not in SUFFIXES:
        return path / f"seed{seed}{wanted}"
    if form and path.suffix.lower() != wanted:
        raise ConfigError(f"--format {form} and --out {path} say different things; leave one of them out")
    return path


def asked(count: int, wheres: Sequence[str], engine: str, safe: bool) -> dict[str, str]:
    """What a mark says about rows, beside the seed."""
    said = {"rows": str(count)}
    if wheres:
        said["where"] = json.dumps(list(wheres))
    if engine != "exact":
        said["engine"] = engine
    return {**said, "spreadsheet": "yes"} if safe else said


def write(model: "Model", path: Path, count: int, seed: int, wheres: Sequence[str], engine: str, safe: bool) -> str:
    """Write so many rows, all of which hold, and say what was done. Raises ConfigError when none could be found."""
    from ..domains.table.writing import opened  # noqa: PLC0415
    from ..latent.where import Search, told  # noqa: PLC0415
    from ..provenance import CARRIERS, stamp, words  # noqa: PLC0415
    from ..settings import ConfigError  # noqa: PLC0415
    from ..writing import check  # noqa: PLC0415

    check(model)
    search = Search(model, count, seed, wheres, engine=engine)
    mark, producer = model.mark(seed, 0, **asked(count, wheres, engine, safe)), model.marking.producer
    written, part = 0, path.with_name(f".unfinished-{path.name}")  # half a file would look like a whole one
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with opened(part, search.codec, safe, words(mark, producer)) as file:
            for records in search:
                file.add(records, written)
                written += len(records)
        if written:
            part.replace(path)
            if path.suffix.lower() not in CARRIERS:
                stamp(path, mark, producer)
    except OSError as error:
        raise ConfigError(f"{path} cannot be written: {error.strerror or error}; choose another place") from None
    finally:
        part.unlink(missing_ok=True)
    if not written:
        raise ConfigError(f"{told(0, count, search.drawn)}: none is as asked for; ask for less")
    said = f"{written:,} rows in {path}"
    return f"{said}; {told(written, count, search.drawn)}" if search.rejects else said
