"""Rules of levels, against levels whose answer is seen by eye."""

import numpy as np
import pytest

from ganworks.domains.grid import Checker, Rules, hills
from ganworks.domains.grid.reach import by_jumping, by_walking
from ganworks.domains.grid.rules import PRESETS, REACH, Adjacent, Count, Reach, preset, read_rules
from ganworks.settings import ConfigError, DataError

from .conftest import drawn


def crossed(*rows: str, jump: int = 4) -> bool:
    return bool(by_jumping(drawn(*rows) == 1, jump)[0])


def test_flat_ground_is_crossed_and_a_wall_of_four_too_but_not_of_five() -> None:
    assert crossed("-----", "XXXXX")
    for tall, expected in ((4, True), (5, False)):
        wall = ["--X--" if i >= 8 - 1 - tall else "-----" for i in range(7)]
        assert crossed(*wall, "XXXXX") is expected
    assert crossed("--X--", "--X--", "XXXXX", jump=2) and not crossed("--X--", "--X--", "XXXXX", jump=1)


def test_a_gap_is_as_wide_as_a_jump_of_four_up_and_four_down_carries() -> None:
    sky = ["-" * 12] * 6
    assert crossed(*sky, "X" + "-" * 7 + "XXXX")
    assert not crossed(*sky, "X" + "-" * 9 + "XX")


def test_a_ceiling_shortens_jumps_and_a_closed_way_stops() -> None:
    sky, low = ["-" * 12] * 6, "X" * 12
    gap = "X" + "-" * 6 + "XXXXX"
    assert crossed(*sky, gap) and not crossed(*[low] * 5, "-" * 12, gap)
    assert not crossed(*["----X-------"] * 7, "XXXXXXXXXXXX")


def test_a_walker_falls_to_a_lower_ground_and_climbs_by_platforms() -> None:
    assert crossed("------", "XX----", "XX----", "XX--XX")
    steps = ["-" * 10, "-------XXX", "-" * 10, "-----X-XXX", "-" * 10, "---X---XXX", "-------XXX", "XXXXXXXXXX"]
    assert crossed(*steps, jump=2)


def test_many_levels_are_judged_as_each_alone() -> None:
    levels = np.concatenate([each[None, :, i : i + 28] for each in hills.levels(0) for i in (0, 9, 31)])
    solid = hills.LEGEND.mask(["tag:solid"])[levels]
    alone = [bool(by_jumping(each[None], 4)[0]) for each in solid]
    assert by_jumping(solid, 4).tolist() == alone and sum(alone) > 0


def test_doors_have_to_be_joined_by_steps() -> None:
    level = drawn("E-X-E", "--X--")
    passable, ends = level == 0, level == 2
    assert not by_walking(passable, ends)[0]
    open_ = drawn("E-X-E", "-----")
    assert by_walking(open_ == 0, open_ == 2)[0]
    assert by_walking(passable, np.zeros_like(ends))[0]


def test_whole_pipes_pass_and_broken_ones_are_named(legend) -> None:
    checker = Checker(PRESETS["smb"], legend)
    whole = drawn("--------", "--<>----", "--[]-E--", "XXXXXXXX")
    assert checker.broken(whole).of(0) == []
    torn = drawn("--------", "--<-----", "--[]----", "XXXXXXXX")
    assert checker.broken(torn).of(0) == ["right of < stands one of >", "above of ] stands one of > ]"]
    assert checker.misplaced(torn)[0].sum() == 2 and not checker.misplaced(whole).any()
    cut = drawn(">-------", "]-------", "XXXXXXXX")  # at the edge the other half is not known
    assert checker.broken(cut).of(0) == []


def test_numbers_of_tiles_and_the_way_are_rules_too(legend) -> None:
    rules = Rules(count=(Count(tiles=("tag:enemy",), least=1, most=2),), reach=Reach(jump=1))
    checker = Checker(rules, legend)
    assert checker.broken(drawn("-E--", "XXXX")).of(0) == []
    assert checker.broken(drawn("----", "XXXX")).of(0) == ["at least 1 and at most 2 of tag:enemy"]
    assert checker.broken(drawn("-EX-", "--X-", "XXXX")).of(0) == [REACH]
    found = checker.broken(np.concatenate([drawn("-E--", "XXXX"), drawn("EEE-", "XXXX")]))
    assert found.any.tolist() == [False, True] and found.table.shape == (2, 2)


def test_rules_are_read_from_toml_and_known_by_their_tiles(tmp_path, legend) -> None:
    path = tmp_path / "rules.toml"
    path.write_text('[[adjacent]]\ntile = "<"\nright = [">"]\n[reach]\njump = 3\n')
    assert read_rules(path, legend) == Rules(adjacent=(Adjacent(tile="<", right=(">",)),), reach=Reach(jump=3))
    assert preset(legend) == "smb" and Rules.from_tree(PRESETS["smb"].tree()) == PRESETS["smb"]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("[[adjacent]]\ntile = 7\n", "adjacent.0.tile must be text"),
        ('[[adjacent]]\ntile = "<"\n', "says nothing; give left, right, above or below"),
        ('[[adjacent]]\ntile = "Z"\nright = ["X"]\n', "no tile of the rules 'Z'"),
        ('[[count]]\ntiles = ["tag:enemies"]\n', "did you mean 'tag:enemy'"),
        ("[reach]\nphysics = 'fly'\n", "reach.physics must be 'jump' or 'walk'"),
        ("[raech]\n", "no setting 'raech'; did you mean 'reach'"),
        ("[[[", "wanted a TOML file"),
    ],
)
def test_a_rule_file_that_is_wrong_gets_one_line(tmp_path, legend, text: str, line: str) -> None:
    path = tmp_path / "rules.toml"
    path.write_text(text)
    with pytest.raises((DataError, ConfigError)) as caught:
        read_rules(path, legend)
    assert line in str(caught.value) and "\n" not in str(caught.value) and str(path) in str(caught.value)
