"""One service a module, over one small model a session."""

import os
from pathlib import Path

import pytest

pytest.importorskip("fastapi", reason="the service needs ganworks[serve]")


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with data and a trained run."""
    from tests.server.service import trained  # noqa: PLC0415  imports fastapi

    root = tmp_path_factory.mktemp("served")
    before = os.environ.get("GANWORKS_CACHE")
    os.environ["GANWORKS_CACHE"] = str(root / "cache")
    try:
        trained(root)
    finally:
        os.environ.pop("GANWORKS_CACHE")
        if before is not None:
            os.environ["GANWORKS_CACHE"] = before
    return root
