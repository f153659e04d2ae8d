"""Push and pull: what leaves, what may not, and that what comes is checked like any model."""

from pathlib import Path

import numpy as np
import pytest

import ganworks
from ganworks.export import hub
from ganworks.settings import CheckpointError, ConfigError
from tests.export.conftest import small
from tests.export.hub_stub import Hub

pytest.importorskip("huggingface_hub")


@pytest.fixture
def stub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    with Hub() as served:
        monkeypatch.setenv("HF_ENDPOINT", served.address)
        monkeypatch.setenv("HF_TOKEN", "hf_test")
        yield served


@pytest.fixture
def run(tmp_path: Path) -> Path:
    small("lean-28").save(tmp_path / "run/model")
    (tmp_path / "run/samples").mkdir()
    (tmp_path / "run/samples/real-beside-fake.png").write_bytes(b"a training record")
    return tmp_path / "run"


def test_what_is_pushed_comes_back_the_same(run: Path, stub: Hub, tmp_path: Path) -> None:
    hub.push(run, "user/digits")
    assert set(stub.files["user/digits"]) == {"model.safetensors", "model.json", "README.md"}
    assert stub.private["user/digits"]
    pulled = hub.pull("user/digits", tmp_path / "pulled")
    assert np.array_equal(ganworks.load(pulled).generate(3), ganworks.load(run).generate(3))


def test_only_the_files_of_a_model_are_fetched(run: Path, stub: Hub, tmp_path: Path) -> None:
    hub.push(run, "user/digits", public=True)
    assert not stub.private["user/digits"]
    stub.files["user/digits"] |= {"../../evil.json": b"{}", "pytorch_model.bin": b"cos\nsystem", "modeling.py": b"1"}
    stub.asked.clear()
    pulled = hub.pull("user/digits", tmp_path / "pulled")
    assert {each.name for each in pulled.iterdir()} == {"model.safetensors", "model.json", "README.md"}
    assert not [each for each in stub.asked if "evil" in each or ".bin" in each or ".py" in each]


def test_an_altered_or_oversized_model_is_refused_and_not_kept(
    run: Path, stub: Hub, tmp_path: Path, monkeypatch
) -> None:
    hub.push(run, "user/digits")
    files, good = stub.files["user/digits"], dict(stub.files["user/digits"])
    files["model.safetensors"] = good["model.safetensors"][:-4] + b"\0\1\2\3"
    with pytest.raises(CheckpointError, match="altered since it was written"):
        hub.pull("user/digits", tmp_path / "pulled")
    files.update(good)
    files["model.json"] = b" " * ((1 << 20) + 1)
    monkeypatch.setattr(hub, "LARGEST_PAGE", 1 << 20)
    with pytest.raises(CheckpointError, match=r"model\.json: larger than 1,048,576 bytes"):
        hub.pull("user/digits", tmp_path / "pulled")
    del files["model.json"]
    with pytest.raises(CheckpointError, match=r"has no model\.json, so it is no ganworks model"):
        hub.pull("user/digits", tmp_path / "pulled")
    assert not (tmp_path / "pulled").exists()


def test_private_records_and_alarms_stay_until_released(run: Path, stub: Hub, tmp_path: Path) -> None:
    (run / "audit.json").write_text('{"findings": [{"level": "alarm", "line": "half of the samples are copies"}]}')
    with pytest.raises(ConfigError, match=r"gives away training records .half of the samples"):
        hub.push(run, "user/digits")
    assert not stub.files
    model = ganworks.load(run)
    model.privacy = {"epsilon": 3.0, "delta": 1e-5}
    model.save(tmp_path / "private")
    with pytest.raises(ConfigError, match=r"private records and promises epsilon=3\.0, delta=1e-05"):
        hub.push(tmp_path / "private", "user/digits")
    hub.push(tmp_path / "private", "user/digits", release=True)
    assert "user/digits" in stub.files


@pytest.mark.parametrize(
    "name", ["digits", "../x", "a/b/c", "user/", "/etc/passwd", "user/..", "us er/x", "user/\x1b[2J"]
)
def test_a_repository_is_user_and_name(name: str, run: Path, tmp_path: Path) -> None:
    for call in (lambda: hub.push(run, name), lambda: hub.pull(name, tmp_path / "pulled")):
        with pytest.raises(ConfigError, match=r"^a repository is written user/name, got [^\n]*$"):
            call()


def test_what_is_not_there_or_in_the_way_is_one_line(stub: Hub, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"^user/nothing cannot be pulled: [^\n]+hf auth login`$"):
        hub.pull("user/nothing", tmp_path / "pulled")
    (tmp_path / "full").mkdir()
    (tmp_path / "full/a").touch()
    with pytest.raises(ConfigError, match="wanted a new or empty folder to pull into"):
        hub.pull("user/digits", tmp_path / "full")
