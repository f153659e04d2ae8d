"""Levels from a trained run: evidence, rejection, search, whole levels, and the commands around them."""

import json
from pathlib import Path

import numpy as np
import pytest

from ganworks.domains.grid import Rules
from ganworks.domains.grid.rules import Count
from ganworks.evaluation.grids import evidence
from ganworks.evaluation.own_kind import Ask
from ganworks.evaluation.subject import load as load_subject
from ganworks.latent import levels, search
from ganworks.model import Model, load
from ganworks.settings import ConfigError


def ruled(model: Model, rules: Rules | None) -> Model:
    """The same generator under other rules."""
    return Model(model.run, model.codec.model_copy(update={"rules": rules}), model.network, model.samples)


@pytest.fixture
def easy(levels_run: Path) -> Model:
    """Rules that untrained levels keep now and then: not too many enemies."""
    records = load(levels_run).generate(256)
    model = load(levels_run)
    enemies = np.isin(records, model.codec.legend.codes(["E"])).sum((1, 2))
    return ruled(model, Rules(count=(Count(tiles=("E",), most=int(np.median(enemies))),)))


def test_evidence_holds_the_generator_beside_its_floor_and_rivals(levels_run: Path) -> None:
    found = evidence(load_subject(levels_run), Ask(40, 2, "test", False, lambda line: None))
    first = found.record["tables"][0]
    names = [row["name"] for row in first["rows"]]
    assert names[0] == "generated" and {"held-out levels", "copycat", "column chain"} <= set(names)
    for table in found.record["tables"]:
        assert all(len(row["values"]) == len(table["columns"]) for row in table["rows"])
    rows = {row["name"]: dict(zip(first["columns"], row["values"], strict=True)) for row in first["rows"]}
    assert rows["copycat"]["exact copies"] == "100.0 %" and rows["held-out levels"]["exact copies"] == "0.0 %"
    assert rows["held-out levels"]["breaks a rule"] == "0.0 %" and rows["copycat"]["tiles to nearest training"] == 0
    assert rows["column chain"]["TPKL-2"] < rows["generated"]["TPKL-2"]
    titles = [table["title"] for table in found.record["tables"]]
    assert titles == ["Levels", "Rules", "Asked and got"]
    assert {each.kind for each in found.findings} == {"grid"} and len(found.findings) == 3
    assert (levels_run / "samples" / found.record["pictures"][0]["file"]).stat().st_size > 1000
    json.dumps(found.record, allow_nan=False)


def test_rejection_keeps_the_first_sound_levels_of_a_seed(easy: Model) -> None:
    found = levels.kept(easy, 20, seed=3)
    whole = easy.generate(found.drawn, seed=3)
    sound = ~easy.codec.checker.broken(whole).any
    assert np.array_equal(found.records, whole[sound]) and sound[-1] and len(found.records) == 20
    assert np.array_equal(levels.kept(easy, 5, seed=3).records, found.records[:5])


def test_rules_that_nothing_keeps_and_no_rules_get_one_line(levels_run: Path) -> None:
    model = load(levels_run)
    with pytest.raises(ConfigError, match="0 of 100 levels keep the rules, 2 are wanted"):
        levels.kept(ruled(model, Rules(count=(Count(tiles=("X",), least=9999),))), 2)
    with pytest.raises(ConfigError, match="this run knows no rules"):
        levels.kept(ruled(model, None), 2)


def test_a_whole_level_is_sound_all_along_and_its_windows_are_as_long_as_asked(easy: Model) -> None:
    free = ruled(easy, None)
    level = levels.assembled(free, 75, seed=1)
    assert level.shape == (14, 75) and np.array_equal(level, levels.assembled(free, 75, seed=1))
    with pytest.raises(ConfigError, match="at least one segment of 28 columns long, got 20"):
        levels.assembled(free, 20)


def test_a_search_comes_nearer_to_what_is_asked_for(easy: Model) -> None:
    pytest.importorskip("cma")
    free = ruled(easy, None)
    asked = search.wanted("E=7", free)
    state = np.random.get_state()[1][:3].tolist()  # noqa: NPY002
    found = search.search(free, asked, seed=1, steps=6)
    assert np.random.get_state()[1][:3].tolist() == state  # noqa: NPY002
    usual = np.abs(np.isin(free.generate(64), free.codec.legend.codes(["E"])).sum((1, 2)) - 7).mean()
    assert abs(found.numbers["E"] - 7) < usual and found.record.shape == (14, 28) and not found.broken
    for words, line in (("F=1", "no count 'F'"), ("E=many", "a search is written NAME=NUMBER")):
        with pytest.raises(ConfigError, match=line):
            search.wanted(words, free)


def test_the_commands_write_levels_and_their_picture(levels_run: Path, commanded, told, tmp_path: Path) -> None:
    said = commanded("levels", str(levels_run), "-n", "3", "--raw", "--ask", "gaps=2", "--out", str(tmp_path))
    assert "3 levels as they come" in said and len(list(tmp_path.rglob("level-*.txt"))) == 3
    assert (tmp_path / "levels-seed0.png").stat().st_size > 500
    commanded("sample", str(levels_run), "-n", "4", "--out", str(tmp_path / "drawn"))
    assert len((tmp_path / "drawn" / "level-000003.txt").read_text().splitlines()) == 14
    assert "choose one" in told("levels", str(levels_run), "--length", "50", "--search", "E=1")
    assert "no count 'gasp'; did you mean 'gaps'?" in told("levels", str(levels_run), "--raw", "--ask", "gasp=2")
