"""Pretrained weights beside the project, and the work the metric tests share."""

from pathlib import Path

import pytest

REAL_WEIGHTS = Path(__file__).parents[2] / "../shared/weights"


@pytest.fixture
def real_weights():
    """Path of a file of pretrained weights beside the project; skips where it is absent."""

    def find(name: str) -> Path:
        path = REAL_WEIGHTS / name
        if not path.exists():
            pytest.skip(f"the weights {name} are not beside the project")
        return path.resolve()

    return find
