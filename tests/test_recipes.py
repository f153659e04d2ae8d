"""One contract over every recipe."""

import tomllib

import pytest
import torch

from ganworks.catalogue import CATALOGUE
from ganworks.domains import DOMAINS, Image, Points
from ganworks.recipes import RECIPES, Situation, choose
from ganworks.settings import ConfigError, DataError, Settings
from ganworks.training.run import Run
from ganworks.training.session import Session

CPU, CUDA = torch.device("cpu"), torch.device("cuda")


def situation(name: str) -> tuple[Situation, object]:
    points = name.startswith("mixture")
    side = 32 if name in SLOW else 28
    wanted = RECIPES[name].domain or {"name": "image"}
    if wanted["name"] in {"table", "series", "audio", "vocoder", "tokens", "molecules", "video", "voices"}:
        domain = DOMAINS[wanted["name"]].from_tree(wanted)
        dataset = domain.toy()
        return Situation("toy", domain, domain.fit(dataset).spec, len(dataset.train), CPU), dataset
    domain = Points(count=500) if points else DOMAINS[wanted["name"]].from_tree({**wanted, "size": [side, side]})
    if name == "colorize":
        domain = domain.model_copy(update={"channels": 3})  # grey pictures, as colour
    data = {"points": "ring", "pairs": "outlines", "unpaired": "recoloured", "grid": "hills"}.get(domain.name, "digits")
    dataset = domain.read(data)
    return Situation("digits", domain, domain.fit(dataset).spec, len(dataset.train), CPU), dataset


SLOW = {"sngan", "r3-nano", "r3-tiny", "r3-small", "r3-base", "projection", "colorize"}


@pytest.mark.parametrize("name", RECIPES)
def test_every_recipe_takes_two_steps_and_survives_toml(name: str) -> None:
    if name in ("r3-base", "r3-small"):
        pytest.skip("20 million parameters are for benchmarks; nano and tiny run the same code")
    where, dataset = situation(name)
    run = RECIPES[name].make(where)
    assert Run.from_tree(tomllib.loads(run.toml())) == run and run.recipe == name
    small = run.model_copy(update={"batch": 8 * run.packing})
    session = Session(small, dataset)
    session.clock.plan = [[0, 0.0, 1000]]
    for _ in range(2):
        stats = session.step()
    assert all(value.isfinite() for value in stats.values())
    assert session.weight_faults() == []


@pytest.mark.parametrize("name", RECIPES)
def test_every_recipe_says_where_it_comes_from(name: str) -> None:
    recipe = RECIPES[name]
    assert 2014 <= recipe.year <= 2026 and recipe.paper and recipe.networks and recipe.objective


@pytest.mark.parametrize("kind", CATALOGUE)
def test_every_name_in_every_table_is_what_its_component_calls_itself(kind: str) -> None:
    for name, component in CATALOGUE[kind].items():
        if isinstance(component, type) and issubclass(component, Settings):
            assert component.model_fields["name"].default == name
            undocumented = [key for key, field in component.model_fields.items() if not field.description]
            assert [key for key in undocumented if key != "name"] == []


@pytest.mark.parametrize(
    ("side", "device", "expected"),
    [(8, CPU, "lean-28"), (28, CPU, "lean-28"), (32, CPU, "lean-32"), (64, CPU, "lean-64"), (64, CUDA, "r3-small")],
)
def test_the_recipe_is_chosen_by_device_and_size_and_explained_in_one_line(side, device, expected) -> None:
    domain = Image(size=(side, side))
    spec = domain.fit(domain.read("digits")).spec
    name, why = choose(Situation("x", domain, spec, 60_000, device))
    assert name == expected and name in why and "\n" not in why


def test_an_impossible_size_for_a_network_is_one_line() -> None:
    domain = Image(size=(30, 30), grid="crop")
    dataset = domain.read("digits")
    run = RECIPES["dcgan"].make(Situation("x", domain, domain.fit(dataset).spec, 100, CPU))
    wrong = run.model_copy(update={"domain": Image(size=(50, 20))})
    with pytest.raises(ConfigError) as caught:
        Session(wrong, Image(size=(50, 20)).read("digits"))
    assert "dcgan" in str(caught.value) and "\n" not in str(caught.value)


def test_a_picture_to_aim_at_is_looked_for_before_anything_begins() -> None:
    where, dataset = situation("style-picture")
    run = RECIPES["style-picture"].make(where)
    terms = tuple(
        each.model_copy(update={"picture": "nowhere.jpg"}) if each.name == "gram" else each for each in run.terms
    )
    with pytest.raises(DataError, match=r"nowhere\.jpg: wanted a picture, there is no such file"):
        Session(run.model_copy(update={"terms": terms}), dataset)
