"""Where the studio looks, and where it never does."""

from pathlib import Path

import pytest

pytest.importorskip("fastapi", reason="the studio needs ganworks[serve]")

from ganworks.server.errors import Refused
from ganworks.server.studio.places import data_path, inside, listing, new_name, run_folder
from ganworks.settings import ConfigError


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    for each in ("runs/good", "outside"):
        (tmp_path / each).mkdir(parents=True)
        (tmp_path / each / "run.toml").write_text("")
    (tmp_path / "runs/link").symlink_to(tmp_path / "outside")
    (tmp_path / "runs/good/report.html").symlink_to(tmp_path / "outside/run.toml")
    return tmp_path / "runs"


@pytest.mark.parametrize(
    "name", ["", ".", "..", "../outside", "good/", "/etc", "good/../good", "a\0b", "..\\outside", "link"]
)
def test_a_name_that_is_a_path_or_leads_out_is_no_run(runs: Path, name: str) -> None:
    assert run_folder(runs, "good").name == "good"
    with pytest.raises(Refused) as refused:
        run_folder(runs, name)
    assert refused.value.status == 404 and "\n" not in refused.value.line


def test_a_file_that_is_a_link_out_of_its_run_is_not_served(runs: Path) -> None:
    with pytest.raises(Refused):
        inside(runs / "good", "report.html")
    assert inside(runs / "good", "run.toml").is_file()


@pytest.mark.parametrize("name", ["", ".", "..", ".hidden", "a/b", "a\\b", "a\nb", "x" * 65, "-rf", "end.", "<script>"])
def test_a_new_run_gets_a_plain_name(name: str) -> None:
    with pytest.raises(ConfigError, match="name must be"):
        new_name(name)


def test_what_lies_below_the_data_folder_is_listed_and_nothing_else(tmp_path: Path) -> None:
    data = tmp_path / "data"
    (data / "cats").mkdir(parents=True)
    (data / "table.csv").write_text("a,b\n")
    (data / ".secret").write_text("")
    (data / "away").symlink_to("/etc")
    found = listing(data, "")
    assert [(each["path"], each["kind"]) for each in found["entries"]] == [("cats", "folder"), ("table.csv", "file")]
    assert data_path(data, "cats") == str(data / "cats") and data_path(data, "digits") == "digits"
    for wrong in ("..", "../data", "/etc", "cats/../..", "away", "away/passwd", "C:\\x", "a\0b"):
        with pytest.raises(ConfigError):
            listing(data, wrong)
        with pytest.raises(ConfigError):
            data_path(data, wrong)
