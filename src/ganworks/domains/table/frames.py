"""Data frames in and out: a run keeps what it was given as a file, so that it can be resumed, judged and audited."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...extras import library
from ...settings import ConfigError, DataError, printable
from .cells import Floats
from .writing import WHY, arrow_table

if TYPE_CHECKING:
    from .codec import Coded

FILE = "data.parquet"
"""Where a run keeps the data frame it was given."""


def is_frame(data: object) -> bool:
    """Whether data is a data frame: of pandas, or of a library whose frames turn into one (polars, Arrow)."""
    return hasattr(data, "columns") and (hasattr(data, "to_parquet") or hasattr(data, "to_pandas"))


def kept(frame: Any, folder: str | Path | None) -> Path:
    """Write a data frame into the folder of the run that learns from it, and return the file.

    The index is left out. The same frame given again is the same data. Raises ConfigError when the folder keeps another
    one or none was named, DataError when the frame mixes types in a column.
    """
    if folder is None:
        raise ConfigError("a data frame has no name to call its run by; say where it shall live, run='runs/mine'")
    frame = frame if hasattr(frame, "to_parquet") else frame.to_pandas()
    arrow, parquet = library("pyarrow", WHY, "tabular"), library("pyarrow.parquet", WHY, "tabular")
    try:
        table = arrow.Table.from_pandas(frame, preserve_index=False)
    except (arrow.ArrowException, ValueError, TypeError) as error:
        raise DataError(f"this data frame mixes types in a column: {printable(str(error))[:120]}") from None
    path = Path(folder) / FILE
    part = path.with_suffix(".part")
    path.parent.mkdir(parents=True, exist_ok=True)
    parquet.write_table(table, part)
    try:
        # Compared as both are read: writing changes types, such as how wide the codes of categories are.
        if path.exists() and not parquet.read_table(path).equals(parquet.read_table(part)):
            raise ConfigError(f"{path} holds another data frame; choose another run=, or remove that folder")
        part.replace(path)
    except (arrow.ArrowException, OSError) as error:
        raise DataError(f"{path} cannot be read: {printable(str(error))[:120]}; choose another run=") from None
    finally:
        part.unlink(missing_ok=True)
    return path


def frame(codec: "Coded", records: Floats) -> Any:
    """Records as a pandas data frame, each column of its own kind. Needs the extra `tabular`."""
    library("pandas", WHY, "tabular")
    return arrow_table(codec, records, 0).to_pandas()
