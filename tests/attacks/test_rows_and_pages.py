"""Tables that lie, cells that want to be formulas, and names that want to be script in a page."""

import gzip
import pickle
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from ganworks.cli import ganworks
from ganworks.domains.table.domain import Table
from tests.attacks.models import Evil

SCRIPT = "<script>document.title='broken'</script>"
ROWS = "".join(f"{i},{'ab'[i % 2]}\n" for i in range(60))


def parquet(path: Path) -> bytes:
    pandas = pytest.importorskip("pandas")
    pytest.importorskip("pyarrow")
    pandas.DataFrame({"number": range(60), "word": ["a", "b"] * 30}).to_parquet(path)
    return path.read_bytes()


REFUSED: dict[str, tuple[str, Callable[[Path], bytes]]] = {
    "a pickle called parquet": ("x.parquet", lambda path: pickle.dumps(Evil())),
    "half a parquet file": ("x.parquet", lambda path: parquet(path)[: len(parquet(path)) // 2]),
    "a parquet file whose footer is noise": ("x.parquet", lambda path: parquet(path)[:-40] + b"\xff" * 36 + b"PAR1"),
    "a parquet file whose footer is longer than it": ("x.parquet", lambda path: b"PAR1" + b"\xff\xff\xff\x7fPAR1"),
    "a pickle called csv": ("x.csv", lambda path: pickle.dumps(Evil())),
    "noughts called csv": ("x.csv", lambda path: b"\0" * 100_000),
    "an archive called csv": ("x.csv", lambda path: gzip.compress(("number,word\n" + ROWS).encode())),
    "one line of ten megabytes": ("x.csv", lambda path: b"a," * 5_000_000),
    "a quote that is never closed": ("x.csv", lambda path: b'number,word\n"' + b"a,b\n" * 100_000),
    "a header alone": ("x.csv", lambda path: b"number,word\n"),
}


@pytest.mark.parametrize("how", REFUSED)
def test_a_table_that_lies_is_refused_in_one_line(how: str, sandbox: Path, attacked) -> None:
    name, forge = REFUSED[how]
    (sandbox / name).write_bytes(forge(sandbox / name))

    def fitted() -> None:
        domain = Table()
        domain.fit(domain.read(str(sandbox / name)))

    line = attacked(fitted)
    assert line is not None and "\n" not in line and len(line) < 1000


def test_cells_that_begin_like_formulas_are_quoted_where_a_spreadsheet_is_to_read_them(sandbox: Path) -> None:
    cells = ["=HYPERLINK(1)", "+1", "-2", "@SUM(A1)"]
    rows = "".join(f"{i},{cells[i % 4]}\n" for i in range(80))
    (sandbox / "x.csv").write_text("number,word\n" + rows)
    told = CliRunner().invoke(ganworks, ["train", "x.csv", "--samples", "500", "--run", "run", "--no-evaluate"])
    assert told.exit_code == 0, told.output
    words = ["sample", "run", "-n", "40", "--format", "csv", "--spreadsheet", "--out", "out.csv"]
    assert CliRunner().invoke(ganworks, words).exit_code == 0
    written = (sandbox / "out.csv").read_text().splitlines()[1:]
    assert written and all(line.split(",")[1].strip('"').startswith("'") for line in written if line.split(",")[1])


def test_a_report_shows_hostile_names_as_text(sandbox: Path) -> None:
    for number, label in enumerate((SCRIPT.replace("/", "\N{FRACTION SLASH}"), "\x1b[2Jplain")):
        (sandbox / "data" / label).mkdir(parents=True)
        for each in range(15):
            pixels = np.random.default_rng(100 * number + each).integers(0, 256, (8, 8), dtype=np.uint8)
            Image.fromarray(pixels).save(sandbox / "data" / label / f"{each}<b>.png")
    words = ["data", "--recipe", "conditional", "--samples", "64", "--run", "run", "--set", "batch=8"]
    told = CliRunner().invoke(ganworks, ["train", *words])
    assert told.exit_code == 0 and "\x1b[2J" not in told.output, told.output
    page = (sandbox / "run" / "report.html").read_text(encoding="utf-8")
    assert "<script>document" not in page and "\x1b" not in page and "<b>.png" not in page
