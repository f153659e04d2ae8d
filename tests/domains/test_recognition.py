"""Which domain a path is read as where nobody says."""

from pathlib import Path

import pytest

from ganworks.domains import DOMAINS

FOLDERS = {
    "unpaired": ("trainA", "TRAINB"), "pairs": ("Input", "target"),
    "nobody's": ("A", "B"), "nobody's either": ("cats", "dogs"),
}  # fmt: skip


@pytest.mark.parametrize("wanted", FOLDERS)
def test_folders_are_recognised_by_the_names_that_everybody_gives_them(wanted: str, tmp_path: Path) -> None:
    for name in FOLDERS[wanted]:
        (tmp_path / name).mkdir()
    assert [name for name, domain in DOMAINS.items() if domain.recognises(tmp_path)] == [
        wanted for wanted in [wanted] if wanted in DOMAINS
    ]


@pytest.mark.parametrize("path", [Path("no-such-place"), Path("digits")])
def test_nobody_recognises_what_is_not_there(path: Path) -> None:
    assert not any(domain.recognises(path) for domain in DOMAINS.values())
