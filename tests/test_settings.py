"""Frozen values <-> text, and the lines a user sees."""

import tomllib
from typing import Annotated, Literal

import pytest
from pydantic import Field

from ganworks.schedule import Cosine, Linear, Number, at
from ganworks.settings import Chosen, ConfigError, Settings, merge, override


class Ada(Settings):
    name: Literal["ada"] = "ada"
    weight: Number = 1.0
    turns: int = Field(default=1, gt=0)


class Bee(Settings):
    name: Literal["bee"] = "bee"
    margin: float = 2


TABLE: dict[str, type[Settings]] = {"ada": Ada, "bee": Bee}


class Root(Settings):
    part: Annotated[Settings, Chosen(TABLE, "part")] = Ada()
    parts: tuple[Annotated[Settings, Chosen(TABLE, "part")], ...] = (Ada(), Bee(margin=3))
    size: tuple[int, int] | None = None


def test_a_value_survives_toml() -> None:
    root = Root(part=Bee(), parts=(Ada(weight=Cosine(start=1, end=0)),), size=(3, 4))
    assert Root.from_tree(tomllib.loads(root.toml())) == root


def test_a_part_is_spelled_by_its_name_alone() -> None:
    assert Root.from_tree({"part": "bee"}).part == Bee()


def test_changing_a_name_swaps_the_whole_part_and_other_changes_keep_their_siblings() -> None:
    tree = Root().tree()
    assert override(tree, "part=bee")["part"] == {"name": "bee"}
    assert override(tree, "parts.0.turns=4")["parts"][0] == {"name": "ada", "weight": 1.0, "turns": 4}
    assert merge({"a": {"b": 1, "c": 2}}, {"a": {"b": 3}}) == {"a": {"b": 3, "c": 2}}


@pytest.mark.parametrize(
    ("assignment", "line"),
    [
        ("part=bea", "part: no part 'bea'; did you mean 'bee'?"),
        ("part.margin=many", "no setting 'margin'"),
        ("parts.1.margin=many", "parts.1.margin must be a number, got 'many'"),
        ("parts.0.weigth=3", "parts.0: no setting 'weigth'; did you mean 'weight'?"),
        ("parts.0.turns=0", "parts.0.turns must be above 0, got 0"),
        ("parts.0.turns=1.5", "parts.0.turns must be a whole number, got 1.5"),
        ("parts.0.weight=nan", "parts.0.weight must be a finite number, got nan"),
        ("parts.0.weight=cosin", "parts.0.weight: no schedule 'cosin'; did you mean 'cosine'?"),
        ("parts.7.weight=1", "parts.7: parts has entries 0 to 1, got '7'"),
        ("sise=[1, 2]", "no setting 'sise'; did you mean 'size'?"),
        ("size=[1, 2, 3]", "size must be"),
        ("nonsense", "a setting is written name=value, got 'nonsense'"),
    ],
)
def test_every_mistake_gets_one_line_in_the_users_spelling(assignment: str, line: str) -> None:
    with pytest.raises(ConfigError) as caught:
        Root.from_tree(override(Root().tree(), assignment))
    assert line in str(caught.value)
    assert "\n" not in str(caught.value)


def test_schedules_hold_their_ends() -> None:
    assert at(3.0, 0.5) == 3
    cosine = Cosine(start=4, end=2, begin=0.25, until=0.75)
    assert [cosine.at(t) for t in (0, 0.25, 0.5, 0.75, 1)] == pytest.approx([4, 4, 3, 2, 2])
    assert Linear(start=0, end=1, until=0.5).at(0.25) == pytest.approx(0.5)
