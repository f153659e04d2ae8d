"""Pictures that translators and judges of patches refuse, each in one line."""

import pytest
import torch

from ganworks.networks import DISCRIMINATORS, GENERATORS
from ganworks.settings import ConfigError
from ganworks.spec import Span, Spec
from tests.networks.translating import BUILDS, PATCHES, Tree, built, pictures, together

ROWS = Spec(shape=(10,), spans=(Span(channels=10, kind="softmax"),))
REFUSALS: list[tuple[Tree, Spec, str]] = [
    ({"name": "unet"}, pictures(3, 100, 100, given=(3, 100, 100)),
     "unet halves both sides at least 3 times, got 100 x 100; set domain.size, for example domain.size=[96, 96], "
     "or say generator.depth"),
    ({"name": "unet", "depth": 5}, pictures(3, 48, 100, given=(3, 48, 100)),
     "unet with depth 5 takes input sides that 32 divides, of at least 32, got 48 x 100; "
     "set domain.size, for example domain.size=[64, 96]"),
    ({"name": "resnet-translation"}, pictures(3, 30, 64, given=(3, 30, 64)),
     "resnet-translation with 2 halvings takes input sides that 4 divides, of at least 8, got 30 x 64; "
     "set domain.size, for example domain.size=[32, 64]"),
    ({"name": "resnet-translation"}, pictures(3, 4, 64, given=(3, 4, 64)),
     "resnet-translation with 2 halvings takes input sides that 4 divides, of at least 8, got 4 x 64; "
     "set domain.size, for example domain.size=[8, 64]"),
    ({"name": "resnet-translation", "heads": 8, "blocks": 4}, pictures(3, 32, 32, given=(3, 32, 32)),
     "heads_at names different depths from 0 to 6 of this generator, got [0, 1, 2, 3, 7]; "
     "set generator.heads_at, for example generator.heads_at=[0, 1, 2, 3, 4]"),
    ({"name": "unet"}, pictures(3, 64, 64, given=(3, 32, 32)),
     "unet wants input and output of one size, got 32 x 32 for 64 x 64; restoration enlarges"),
    ({"name": "unet"}, pictures(3, 64, 64),
     "unet turns pictures into pictures and needs a picture as condition, got none for samples of shape (3, 64, 64); "
     "use a domain such as pairs, unpaired or degraded"),
    ({"name": "cycle"}, Spec(shape=(3, 64, 64), spans=(Span(channels=3, kind="tanh"),), condition=ROWS),
     "cycle turns pictures into pictures and needs a picture as condition, got one of shape (10,) for samples of shape "
     "(3, 64, 64); use a domain such as pairs, unpaired or degraded"),
    ({"name": "restoration"}, pictures(3, 80, 80, given=(3, 16, 16)),
     "restoration wants output of 1, 2, 3, 4 or 8 times the input, got 16 x 16 for 80 x 80; "
     "set domain.size or the step that makes inputs smaller"),
    ({"name": "restoration", "fold": 4}, pictures(3, 36, 60, given=(3, 18, 30)),
     "restoration with fold=4 takes input sides that 4 divides, of at least 4, got 18 x 30; "
     "set domain.size, for example domain.size=[32, 64]"),
    ({"name": "restoration"}, pictures(3, 16, 16, given=(2, 16, 16)),
     "restoration continues 3 channels of its input, or one repeated, from base=0 on, got 2 in all; "
     "set generator.base=1"),
    ({"name": "holes"}, pictures(3, 32, 32, given=(3, 32, 32)),
     "holes wants the picture's 3 channels and a mask as condition, got 3 channels; "
     "use the domain degraded with the step holes"),
    ({"name": "holes"}, pictures(3, 34, 32, given=(4, 34, 32)),
     "holes with 2 halvings takes input sides that 4 divides, of at least 4, got 34 x 32; "
     "set domain.size, for example domain.size=[32, 32]"),
    ({"name": "cycle"}, pictures(3, 64, 64, given=(3, 64, 64)),
     "cycle translates both ways between pictures stacked on channels, got 3 channels for 3; "
     "set domain.cycle=true on the domain unpaired"),
    ({"name": "patch"}, pictures(3, 16, 16),
     "patch with layers=3 judges sides of at least 24, got 16 x 16; set discriminator.layers=2"),
    ({"name": "patch-scales", "layers": 1}, pictures(3, 8, 32),
     "patch-scales with layers=1 judges sides of at least 11, got 8 x 32; set domain.size to at least 11"),
    ({"name": "patch"}, pictures(2), "patch judges pictures (channels, height, width), got samples of shape (2,); "
     "mlp takes samples of any shape"),
    ({"name": "patch"}, Spec(shape=(3, 64, 64), spans=(Span(channels=3, kind="tanh"),), condition=ROWS),
     "patch sees pictures as condition, got one of shape (10,); set discriminator.sees=output, "
     "or use a discriminator that takes classes, such as dcgan"),
    ({"name": "patch"}, pictures(3, 64, 64, guess=ROWS),
     "patch recognises nothing beside real and fake; use another discriminator, such as dcgan"),
    ({"name": "patch-cycle"}, pictures(3, 64, 64),
     "patch-cycle judges two pictures stacked on channels, got 3 channels; "
     "set domain.cycle=true on the domain unpaired, or use patch"),
]  # fmt: skip


@pytest.mark.parametrize(("tree", "spec", "line"), REFUSALS)
def test_what_cannot_be_built_is_refused_in_one_line(tree: Tree, spec: Spec, line: str) -> None:
    with pytest.raises(ConfigError) as refusal, torch.device("meta"):
        built(tree, spec)
    assert str(refusal.value) == line


@pytest.mark.parametrize(("layers", "scales", "least"), [(1, 1, 6), (3, 1, 24), (1, 2, 11), (2, 3, 45)])
def test_the_least_side_of_a_judge_is_judged(layers: int, scales: int, least: int) -> None:
    name = "patch-scales" if scales > 1 else "patch"
    tree = {"name": name, "width": 2, "layers": layers, **({"scales": scales} if scales > 1 else {})}
    logits = built(tree, pictures(1, least, least))(torch.randn(1, 1, least, least))
    assert together(logits).shape[1] >= 1
    with pytest.raises(ConfigError, match=f"at least {least},"):
        built(tree, pictures(1, least - 1, least))


@pytest.mark.parametrize("tree", [*BUILDS.values(), *PATCHES.values()], ids=str)
def test_settings_survive_toml_values(tree: Tree) -> None:
    settings = (GENERATORS if tree["name"] in GENERATORS else DISCRIMINATORS)[tree["name"]].from_tree(tree)
    assert type(settings).from_tree(settings.tree()) == settings
