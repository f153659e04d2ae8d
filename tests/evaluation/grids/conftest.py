"""A small run on levels, trained for some steps."""

from pathlib import Path

import pytest

from ganworks.cli import run
from ganworks.launch import train

NARROW = ("batch=16", "generator.width=8", "discriminator.width=8")


@pytest.fixture(scope="session")
def levels_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("levels") / "run"
    train("hills", recipe="level", samples=160, run=folder, settings=[*NARROW, "domain.condition=counts"])
    return folder


@pytest.fixture
def commanded(capsys: pytest.CaptureFixture[str]):
    """Run a command line that succeeds; returns what it printed."""

    def printed(*words: str) -> str:
        capsys.readouterr()
        assert run(list(words)) == 0
        return capsys.readouterr().out

    return printed
