"""Backbones: named networks, the same everywhere, differentiable by the picture, and never put in another's place."""

from pathlib import Path

import numpy as np
import pytest
import safetensors.torch
import torch
from PIL import Image
from torch import Tensor, nn

from ganworks.metrics.features.backbones import learn_backbone, open_backbone
from ganworks.metrics.features.backbones.alexnet import alexnet
from ganworks.metrics.features.backbones.base import Layered
from ganworks.metrics.features.backbones.vgg import vgg, vgg_taps
from ganworks.metrics.features.squeezenet import SqueezeNet
from ganworks.settings import CheckpointError, ConfigError, DataError

RANDOM = ("random:vgg:0", "random:alexnet:0", "random:shallow:0")
PUBLIC = {
    "vgg16": (0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28),
    "vgg19": (0, 2, 5, 7, 10, 12, 14, 16, 19, 21, 23, 25, 28, 30, 32, 34),
    "alexnet": (0, 3, 6, 8, 10),
}
"""Where the convolutions lie in the files everyone has."""


def pictures(count: int, channels: int = 3, side: int = 40) -> Tensor:
    return torch.rand(count, channels, side, side, generator=torch.Generator().manual_seed(0)) * 2 - 1


def layers_of(kind: str) -> nn.Sequential:
    return alexnet() if kind == "alexnet" else vgg(kind)


def written(kind: str, path: Path) -> Path:
    """A file of small weights in the public layout, with a classifier that nobody needs."""
    with torch.device("meta"):
        wanted = SqueezeNet().state_dict() if kind == "squeezenet" else layers_of(kind).state_dict()
    prefix = "" if kind == "squeezenet" else "features."
    weights = {f"{prefix}{name}": torch.full(each.shape, 0.01) for name, each in wanted.items()}
    if kind != "squeezenet":
        weights["classifier.6.bias"] = torch.zeros(1000)
    safetensors.torch.save_file(weights, path)
    return path


@pytest.mark.parametrize("kind", PUBLIC)
def test_published_networks_have_their_convolutions_where_the_public_files_do(kind: str) -> None:
    with torch.device("meta"):
        layers = layers_of(kind)
    assert tuple(i for i, each in enumerate(layers) if isinstance(each, nn.Conv2d)) == PUBLIC[kind]
    count = {"vgg16": 14_714_688, "vgg19": 20_024_384, "alexnet": 2_469_696}[kind]
    assert sum(each.numel() for each in layers.parameters()) == count
    if kind != "alexnet":
        assert all(isinstance(layers[tap], nn.ReLU) for tap in vgg_taps(kind))
        assert len(vgg_taps(kind)) == 5 and vgg_taps(kind)[-1] == len(layers) - 1


@pytest.mark.parametrize("name", RANDOM)
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_random_maps_are_those_of_their_seed_and_follow_the_picture_alone(name: str, channels: int) -> None:
    backbone, x = open_backbone(name), pictures(2, channels).requires_grad_()
    torch.manual_seed(3)
    state = torch.get_rng_state()
    maps = backbone(x)
    assert torch.equal(torch.get_rng_state(), state)
    assert not backbone.trained and backbone.name == name and len(backbone.sha256) == 64
    assert len(maps) == 5 and all(each.shape[0] == 2 and each.isfinite().all() for each in maps)
    assert all(0.05 < each.std() < 5 for each in maps)  # neither dies out nor blows up on the way
    (slope,) = torch.autograd.grad(sum(each.sum() for each in maps), x)
    assert slope.isfinite().all() and (slope != 0).any()
    assert not any(each.requires_grad for each in backbone.parameters())
    if channels == 1:
        assert torch.equal(backbone(x.expand(-1, 3, -1, -1))[0], maps[0])
    other = open_backbone(name[:-1] + "7")
    assert other.sha256 != backbone.sha256 and open_backbone(name) is backbone


def test_the_weights_of_a_seed_are_the_same_on_every_machine() -> None:
    assert [open_backbone(name).sha256[:8] for name in RANDOM] == ["a3631bba", "c7d63a88", "44d0f7e0"]


def test_small_pictures_have_fewer_maps_and_too_small_ones_are_refused() -> None:
    assert [tuple(each.shape[2:]) for each in open_backbone("random:vgg:0")(pictures(1, side=5))] == [
        (5, 5),
        (2, 2),
        (1, 1),
    ]
    assert len(open_backbone("random:alexnet:0")(pictures(1, side=8))) == 1
    with pytest.raises(DataError, match="random:alexnet:0 reads larger pictures than 5 x 5"):
        open_backbone("random:alexnet:0")(pictures(1, side=5))


@pytest.mark.parametrize("kind", ["alexnet", "squeezenet"])
def test_a_file_is_recognised_by_its_names_and_shapes(kind: str, tmp_path: Path) -> None:
    path = written(kind, tmp_path / "weights.safetensors")
    backbone = open_backbone(f"file:{path}")
    assert backbone.trained and backbone.name == f"file:{path}"
    widths = {"alexnet": [64, 192, 384, 256, 256], "squeezenet": [96, 256, 512, 512]}[kind]
    assert [each.shape[1] for each in backbone(pictures(1, side=64))] == widths


def test_vgg_reads_the_weights_that_torch_saved_under_their_public_names(tmp_path: Path) -> None:
    path = written("vgg16", tmp_path / "weights.safetensors")
    saved = tmp_path / "vgg16.pth"
    torch.save(safetensors.torch.load_file(path), saved)
    backbone = open_backbone(f"file:{saved}")
    x = pictures(1, side=8)
    maps = backbone(x)
    assert [each.shape[1] for each in maps] == [64, 128, 256, 512]
    by_hand = x.add(1).div(2).sub(torch.tensor([0.485, 0.456, 0.406]).view(1, 3, 1, 1))
    by_hand = by_hand / torch.tensor([0.229, 0.224, 0.225]).view(1, 3, 1, 1)
    for channels in (3, 64):
        weight = torch.full((64, channels, 3, 3), 0.01)
        by_hand = torch.relu(nn.functional.conv2d(by_hand, weight, torch.full((64,), 0.01), padding=1))
    torch.testing.assert_close(maps[0], by_hand)


def test_maps_are_not_computed_in_less_than_full_precision() -> None:
    backbone, x = open_backbone("random:vgg:1"), pictures(1)
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(backbone(x)[-1], backbone(x.float())[-1]) and backbone(x)[-1].dtype == torch.float32


def test_a_learnt_backbone_is_kept_opened_again_and_repeats(tmp_path: Path) -> None:
    told: list[str] = []
    x, path = pictures(12, side=48), tmp_path / "deep" / "mine.safetensors"
    made = learn_backbone([x[:5], x[5:]], path, steps=2, notify=told.append)
    opened = open_backbone(f"self:{path}")
    assert opened.trained and opened.sha256 == made.sha256 and told
    maps = opened(x.requires_grad_())
    assert [each.shape[1] for each in maps] == [96, 128]
    assert all(torch.equal(a, b) for a, b in zip(maps, made(x), strict=True))
    assert torch.autograd.grad(maps[-1].sum(), x)[0].isfinite().all()
    again = learn_backbone([x], tmp_path / "again.safetensors", steps=2)
    assert len(again(x[:1])) == 2
    with pytest.raises(DataError, match="learnt from pictures of 3 channels, got 1"):
        opened(x[:, :1])


def test_a_backbone_is_learnt_from_pictures_into_a_file_of_its_kind(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"kept in a \.safetensors file"):
        learn_backbone([pictures(2)], tmp_path / "mine.pth")
    with pytest.raises(DataError, match="there are none"):
        learn_backbone([], tmp_path / "mine.safetensors")


def test_a_picture_is_itself_in_the_channels_asked_for_and_fits_the_canvas(tmp_path: Path) -> None:
    path = tmp_path / "wave.png"
    Image.fromarray(np.full((60, 90, 3), (255, 0, 0), np.uint8)).save(path)
    still = open_backbone(f"picture:{path}")
    (colour,) = still(pictures(2, 3, 64))
    assert colour.shape == (1, 3, 60, 90) and colour[0, :, 0, 0].tolist() == [1, -1, -1]
    (grey,) = still(pictures(2, 1, 20))
    assert grey.shape == (1, 1, 20, 30) and torch.allclose(grey, torch.tensor(-1 / 3))
    with pytest.raises(DataError, match="1 or 3 channels, wanted are 4"):
        still(pictures(1, 4))
    (tmp_path / "no.png").write_text("no picture")
    with pytest.raises(DataError, match="wanted a picture, cannot be read"):
        open_backbone(f"picture:{tmp_path / 'no.png'}")


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("vgg", "no backbone 'vgg'; there are random:vgg:SEED (needs nothing), self:FILE"),
        ("random:vgg", "random ones are random:vgg:0, random:alexnet:0, random:shallow:0"),
        ("random:vgg:many", "no backbone 'random:vgg:many'"),
        ("random:resnet:0", "no backbone 'random:resnet:0'"),
        ("self:", "no backbone 'self:'"),
        ("file:nowhere.pth", "file:nowhere.pth: there is no such file; there are random:vgg:SEED (needs nothing)"),
        ("self:nowhere.safetensors", "there is no such file"),
        ("picture:nowhere.png", "nowhere.png: wanted a picture, there is no such file; without one there is waves"),
    ],
)
def test_what_there_is_not_is_answered_in_one_line_with_what_there_is(name: str, line: str) -> None:
    with pytest.raises((ConfigError, DataError)) as caught:
        open_backbone(name)
    assert line in str(caught.value) and "\n" not in str(caught.value)


def test_weights_of_another_network_are_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "other.safetensors"
    safetensors.torch.save_file({"conv1.weight": torch.zeros(3)}, path)
    with pytest.raises(CheckpointError, match="weights of none of VGG16, VGG19, AlexNet and SqueezeNet"):
        open_backbone(f"file:{path}")
    safetensors.torch.save_file(
        {"features.0.weight": torch.zeros(64, 3, 3, 3), "features.34.weight": torch.zeros(3)}, path
    )
    with pytest.raises(CheckpointError, match=r"these are no weights of VGG19: 0\.bias is missing"):
        open_backbone(f"file:{path}")


def test_squeezenet_reads_its_published_file(real_data) -> None:
    path = real_data("facades").parents[1] / "weights/squeezenet1_0_imagenet/squeezenet1_0-deepcompression.pth"
    if not path.exists():
        pytest.skip("the published weights are not beside the project")
    maps = open_backbone(f"file:{path}")(pictures(1, side=64))
    assert [each.shape[1] for each in maps] == [96, 256, 512, 512] and all(each.isfinite().all() for each in maps)


def test_layers_beyond_the_last_tap_are_not_kept() -> None:
    backbone = Layered("short", vgg("vgg16", 16), (1, 3), "", trained=False)
    assert len(backbone.layers) == 4 and len(backbone(pictures(1, side=4))) == 2


def test_a_drawn_picture_is_at_hand_without_a_file() -> None:
    drawn = open_backbone("picture:waves")
    (large,), (small,) = drawn(torch.zeros(1, 3, 256, 256)), drawn(torch.zeros(2, 1, 64, 96))
    assert large.shape == (1, 3, 256, 256) and small.shape == (1, 1, 96, 96)
    assert large.min() >= -1 and large.max() <= 1 and large.std() > 0.5
    assert drawn.sha256 == open_backbone("picture:waves").sha256


def test_a_style_for_opacity_is_refused_in_one_line() -> None:
    line = r"^picture:waves: a picture to aim at has 1 or 3 channels, [^\n]+$"
    with pytest.raises((ConfigError, DataError), match=line):
        open_backbone("picture:waves")(torch.zeros(1, 4, 16, 16))
