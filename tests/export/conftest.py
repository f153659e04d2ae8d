"""Small untrained models of recipes, whose weights are as random as a test needs."""

from functools import cache

import pytest
import torch
from torch import nn

from ganworks.model import Model
from ganworks.recipes import RECIPES
from tests.test_recipes import situation

SMALLER = {
    "width": 4, "widths": (8, 8), "widest": 8, "size": "nano", "embedding": 8, "code": 8, "style": 8, "mapping": 2,
    "motion_width": 4, "motion_levels": 1, "blocks": 1, "stages": 2,
}  # fmt: skip


@cache
def small(name: str) -> Model:
    """A recipe's generator, as narrow as it goes, on its toy data."""
    where, dataset = situation(name)
    run = RECIPES[name].make(where)
    codec = where.domain.fit(dataset)
    generator = run.generator
    for key, value in SMALLER.items():
        if key not in type(generator).model_fields:
            continue
        if key == "size" or not isinstance(getattr(generator, key), str):
            smaller = {**generator.tree(), key: value}
            try:
                candidate = type(generator).from_tree(smaller)
                candidate.build(codec.spec)
            except ValueError:
                continue
            generator = candidate
    torch.manual_seed(0)
    network = generator.build(codec.spec)
    for each in network.parameters():
        if each.ndim > 1 and each.std() < 0.02:
            nn.init.normal_(each, std=0.1)
    for each in network.modules():
        if isinstance(each, nn.BatchNorm1d | nn.BatchNorm2d) and each.running_var is not None:
            nn.init.uniform_(each.running_var, 0.5, 2)
    return Model(run.model_copy(update={"generator": generator}), codec, network, 64)


@pytest.fixture
def model() -> Model:
    return small("lean-28")
