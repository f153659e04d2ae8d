"""Networks read from files of published weights: their layout, their numbers, and what is refused."""

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import safetensors.torch
import torch
from torch import Tensor, nn

from ganworks.domains import DOMAINS
from ganworks.metrics.features import EXTRACTORS, pick
from ganworks.metrics.features import inception as inception_file
from ganworks.metrics.features.cifar import ResNet
from ganworks.metrics.features.dinov2 import DINOv2, VisionTransformer
from ganworks.metrics.features.files import Weights, fetched, fitted, read_weights, sha256_of
from ganworks.metrics.features.inception import Inception, InceptionNet, pooled
from ganworks.metrics.features.squeezenet import SqueezeNet
from ganworks.settings import CheckpointError, DataError

from .inception_layout import layout


def drawn(build: Callable[[], nn.Module], sha256: str = "0" * 64) -> Weights:
    """Small random weights in the layout of a network."""
    generator = torch.Generator().manual_seed(0)
    with torch.device("meta"):
        wanted = build().state_dict()
    tensors = {}
    for name, each in wanted.items():
        if name.endswith("running_var") or (each.ndim == 1 and name.endswith("weight")):
            tensors[name] = torch.ones(each.shape)
        elif not name.endswith("num_batches_tracked"):
            spread = 1.4 / math.sqrt(max(1, each[0].numel())) if each.ndim > 1 else 0.1
            tensors[name] = spread * torch.randn(each.shape, generator=generator)
    return Weights(tensors, sha256, Path("weights.pth"))


@pytest.fixture(scope="module")
def inception() -> Inception:
    return Inception(drawn(InceptionNet))


def test_the_inception_network_has_the_names_and_shapes_of_the_public_file() -> None:
    with torch.device("meta"):
        network = InceptionNet()
    own = {name: tuple(each.shape) for name, each in network.state_dict().items() if "num_batches" not in name}
    assert own == layout()
    assert sum(each.numel() for each in network.parameters()) == 23_850_960


def test_inception_gives_2048_features_and_1008_probabilities(inception: Inception) -> None:
    x = torch.rand(1, 1, 40, 30, generator=torch.Generator().manual_seed(1)) * 2 - 1
    features = inception(x)
    assert features.shape == (1, 2048) and features.isfinite().all() and (features >= 0).all()
    probabilities = inception.probabilities(x)
    assert probabilities.shape == (1, 1008) and len(inception.classes) == 1008
    wanted = (features @ inception.network.fc.weight.t()).softmax(1)
    torch.testing.assert_close(probabilities, wanted)


def test_inception_averages_leave_out_what_lies_beyond_the_edge(inception: Inception) -> None:
    x = torch.arange(9.0).view(1, 1, 3, 3)
    assert pooled(x, "average")[0, 0, 0, 0] == (0 + 1 + 3 + 4) / 4
    assert pooled(x, "average")[0, 0, 1, 1] == 4 and pooled(x, "average")[0, 0, 2, 1] == (3 + 4 + 5 + 6 + 7 + 8) / 6
    assert pooled(x, "max")[0, 0].flatten().tolist() == [4, 5, 5, 7, 8, 8, 7, 8, 8]
    assert pooled(torch.arange(25.0).view(1, 1, 5, 5), "halve")[0, 0].flatten().tolist() == [12, 14, 22, 24]
    # By hand, from the tensors: of the last block, the branch that pools and the one that forks.
    block = inception.network.Mixed_7c
    x = torch.rand(2, 2048, 4, 4, generator=torch.Generator().manual_seed(2))
    out = block(x)
    assert out.shape == (2, 2048, 4, 4)

    def unit(name: str, h: Tensor, padding: tuple[int, int]) -> Tensor:
        each = block.get_submodule(name)
        h = nn.functional.conv2d(h, each.conv.weight, padding=padding)
        of = [value.view(1, -1, 1, 1) for value in (each.bn.running_mean, each.bn.running_var)]
        h = (h - of[0]) / (of[1] + 1e-3).sqrt()
        return (h * each.bn.weight.view(1, -1, 1, 1) + each.bn.bias.view(1, -1, 1, 1)).relu()

    pool = unit("branch_pool", nn.functional.max_pool2d(x, 3, 1, 1), (0, 0))
    torch.testing.assert_close(out[:, -192:], pool, rtol=1e-4, atol=1e-4)
    h = unit("branch3x3_1", x, (0, 0))
    fork = torch.cat([unit("branch3x3_2a", h, (0, 1)), unit("branch3x3_2b", h, (1, 0))], 1)
    torch.testing.assert_close(out[:, 320 : 320 + 768], fork, rtol=1e-4, atol=1e-4)
    before = inception.network.Mixed_7b
    x = torch.rand(1, 1280, 3, 3, generator=torch.Generator().manual_seed(3))
    mean = nn.functional.avg_pool2d(x, 3, 1, 1, count_include_pad=False)
    torch.testing.assert_close(before(x)[:, -192:], before.branch_pool(mean), rtol=1e-4, atol=1e-4)


def test_inception_pictures_are_resized_bicubically_and_grey_ones_are_repeated(inception: Inception) -> None:
    x = torch.rand(1, 1, 31, 57, generator=torch.Generator().manual_seed(4)) * 2 - 1
    by_hand = nn.functional.interpolate(x, (299, 299), mode="bicubic", antialias=True).repeat(1, 3, 1, 1)
    with torch.no_grad():
        torch.testing.assert_close(inception(x), inception.network.features(by_hand))


def test_only_the_weights_of_2015_may_be_called_fid(tmp_path: Path, inception: Inception) -> None:
    assert not inception.official
    inception.sha256, before = "6726825d" + "0" * 56, inception.sha256
    assert inception.official
    inception.sha256 = before
    path = tmp_path / "other.safetensors"
    safetensors.torch.save_file({"fc.bias": torch.zeros(1008)}, path)
    with pytest.raises(
        CheckpointError, match="FID is defined by weights whose SHA-256 begins with 6726825d, this"
    ) as no:
        pick(f"inception:{path}", (3, 32, 32))
    assert sha256_of(path)[:8] in str(no.value) and "random, pixels, own" in str(no.value)


@pytest.fixture
def server(tmp_path: Path) -> str:
    """Where one small file is served from, not the weights of 2015: a file: address needs no port to be free."""
    folder = tmp_path / "served"
    folder.mkdir()
    (folder / "weights.pth").write_bytes(b"no weights")
    return folder.as_uri()


def test_weights_are_fetched_once_and_checked(server: str, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    begin = sha256_of(tmp_path / "served" / "weights.pth")[:8]
    path = fetched(f"{server}/weights.pth", kept, begin, "give a file")
    assert path == kept / "weights.pth" and path.read_bytes() == b"no weights"
    (tmp_path / "served" / "weights.pth").unlink()
    assert fetched(f"{server}/weights.pth", kept, begin, "give a file") == path
    path.write_bytes(b"damaged")
    with pytest.raises(DataError, match=r"weights.pth: cannot be fetched \(.*\); give a file"):
        fetched(f"{server}/weights.pth", kept, begin, "give a file")
    (tmp_path / "served" / "weights.pth").write_bytes(b"another file")
    with pytest.raises(DataError, match=f"SHA-256 begins with .*, wanted {begin}; give a file"):
        fetched(f"{server}/weights.pth", kept, begin, "give a file")
    assert [each.name for each in kept.iterdir()] == ["weights.pth"]


def test_without_a_network_inception_names_the_ways_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inception_file, "URL", "http://127.0.0.1:9/pt_inception-2015-12-05-6726825d.pth")
    with pytest.raises(
        DataError, match=r"cannot be fetched \(.*refused.*\); give the file pt_inception.*inception:FILE"
    ):
        pick("inception", (3, 32, 32), cache=tmp_path)


def test_a_vision_transformer_of_dinov2_has_the_public_layout_and_the_formulas_of_one() -> None:
    def build() -> VisionTransformer:
        return VisionTransformer(384, 2, 1 + 37 * 37)

    weights = drawn(build)
    names = {"cls_token": (1, 1, 384), "pos_embed": (1, 1370, 384), "mask_token": (1, 384)}
    names |= {"patch_embed.proj.weight": (384, 3, 14, 14), "patch_embed.proj.bias": (384,)}
    names |= {"norm.weight": (384,), "norm.bias": (384,)}
    shapes = {"norm1.weight": (384,), "norm1.bias": (384,), "norm2.weight": (384,), "norm2.bias": (384,)}
    shapes |= {"attn.qkv.weight": (1152, 384), "attn.qkv.bias": (1152,), "attn.proj.weight": (384, 384)}
    shapes |= {"attn.proj.bias": (384,), "ls1.gamma": (384,), "ls2.gamma": (384,)}
    shapes |= {"mlp.fc1.weight": (1536, 384), "mlp.fc1.bias": (1536,), "mlp.fc2.weight": (384, 1536)}
    shapes |= {"mlp.fc2.bias": (384,)}
    names |= {f"blocks.{i}.{name}": shape for i in range(2) for name, shape in shapes.items()}
    assert {name: tuple(each.shape) for name, each in weights.tensors.items()} == names
    extractor = DINOv2(weights)
    assert extractor.name == "dinov2-s" and not extractor.classes
    x = torch.rand(2, 3, 32, 32, generator=torch.Generator().manual_seed(1)) * 2 - 1
    features = extractor(x)
    assert features.shape == (2, 384) and features.isfinite().all()
    # Attention by hand, on one block of the network.
    attention = extractor.network.blocks[0].attn
    h = torch.randn(1, 5, 384, generator=torch.Generator().manual_seed(2))
    q, k, v = (h @ attention.qkv.weight.t() + attention.qkv.bias).split(384, 2)
    heads = [
        (q[0, :, rows] @ k[0, :, rows].t() / 8).softmax(1) @ v[0, :, rows]
        for rows in (slice(i, i + 64) for i in range(0, 384, 64))
    ]
    wanted = torch.cat(heads, 1) @ attention.proj.weight.t() + attention.proj.bias
    torch.testing.assert_close(attention(h)[0], wanted, rtol=1e-4, atol=1e-5)


def test_positions_of_dinov2_are_scaled_to_the_patches_there_are() -> None:
    network = fitted(
        lambda: VisionTransformer(384, 1, 1 + 37 * 37), drawn(lambda: VisionTransformer(384, 1, 1370)), "it"
    )
    assert torch.equal(network._positions(37, 37), network.pos_embed)
    scaled = network._positions(16, 16)
    assert scaled.shape == (1, 257, 384) and torch.equal(scaled[:, 0], network.pos_embed[:, 0])
    network.pos_embed = nn.Parameter(torch.ones(1, 1370, 384))
    torch.testing.assert_close(network._positions(16, 16), torch.ones(1, 257, 384))


@pytest.mark.parametrize(
    "tensors",
    [
        {},
        {"pos_embed": torch.zeros(1, 1370, 1536)},
        {"pos_embed": torch.zeros(1, 1370, 384), "register_tokens": torch.zeros(1, 4, 384)},
        {"pos_embed": torch.zeros(1370, 384)},
        {"pos_embed": torch.zeros(1, 1370, 384)},
        {"pos_embed": torch.zeros(1, 1370, 384), "blocks.x.y": torch.zeros(1)},
        {"pos_embed": torch.zeros(1, 0, 384)},
        {"pos_embed": torch.zeros(1, 12, 384)},
    ],
    ids=["nothing", "giant", "registers", "flat", "bare", "odd", "empty", "oblong"],
)
def test_other_weights_are_not_taken_for_dinov2(tensors: dict[str, Tensor]) -> None:
    with pytest.raises(CheckpointError, match=r"dino.pth: (wanted DINOv2 S, B or L|these are no weights of DINOv2 S)"):
        DINOv2(Weights(tensors, "0" * 64, Path("dino.pth")))


def test_a_file_of_torch_is_unwrapped_and_only_tensors_are_read(tmp_path: Path) -> None:
    path = tmp_path / "a.pth"
    torch.save({"state_dict": {"module.a": torch.ones(2), "b": torch.zeros(1)}, "best": 92.6}, path)
    weights = read_weights(path)
    assert weights.tensors.keys() == {"a", "b"} and weights.sha256 == sha256_of(path)
    for nothing in ({}, [], {"state_dict": {"epoch": 3}}, {1: torch.ones(2)}, torch.ones(2), "text"):
        torch.save(nothing, path)
        with pytest.raises(CheckpointError, match="it holds no table of tensors"):
            read_weights(path)
    torch.save({"state_dict": {"a": _Surprise()}}, path)
    with pytest.raises(CheckpointError, match=r"a\.pth: no readable file of weights"):
        read_weights(path)
    assert not Surprised.happened


class Surprised:
    happened = False


def _surprise() -> None:
    Surprised.happened = True


class _Surprise:
    def __reduce__(self) -> tuple[Callable[[], None], tuple[()]]:
        return _surprise, ()


@pytest.mark.parametrize("suffix", [".pth", ".safetensors", ".th"])
@pytest.mark.parametrize(
    "content", [b"", b"PK\x03\x04 torn", b"\x80\x02}q\x00.", b"hello" * 100, b"\x08" + b"\0" * 7 + b"{}"]
)
def test_what_is_no_file_of_weights_is_answered_in_one_line(tmp_path: Path, suffix: str, content: bytes) -> None:
    path = tmp_path / f"weights{suffix}"
    path.write_bytes(content)
    for name in ("squeezenet", "cifar-resnet", "dinov2", "inception"):
        with pytest.raises(CheckpointError) as refused:
            pick(f"{name}:{path}", (3, 32, 32))
        assert str(refused.value).startswith(str(path)) and "\n" not in str(refused.value)


@pytest.mark.parametrize("name", [name for name in EXTRACTORS if name not in ("digits", "random", "pixels")])
def test_a_missing_file_of_weights_is_named(tmp_path: Path, name: str) -> None:
    with pytest.raises(DataError, match=r"none.pth: wanted a file of weights \(.safetensors, .pth\), there is none"):
        pick(f"{name}:{tmp_path / 'none.pth'}", (3, 32, 32))


def test_a_file_cut_short_is_refused(tmp_path: Path) -> None:
    for path, save in ((tmp_path / "a.safetensors", safetensors.torch.save_file), (tmp_path / "a.pth", torch.save)):
        save({"a": torch.ones(4000)}, path)
        whole = path.read_bytes()
        for share in (0.1, 0.5, 0.99):
            path.write_bytes(whole[: int(len(whole) * share)])
            with pytest.raises(CheckpointError, match="no readable file of weights"):
                read_weights(path)


def test_up_to_three_tensors_that_disagree_are_named() -> None:
    weights = drawn(SqueezeNet)
    assert fitted(SqueezeNet, weights, "it").training is False
    del weights.tensors["classifier.1.bias"]
    weights.tensors["features.0.weight"] = torch.zeros(96, 3, 5, 5)
    with pytest.raises(CheckpointError) as refused:
        fitted(SqueezeNet, weights, "SqueezeNet 1.0")
    assert str(refused.value) == (
        "weights.pth: these are no weights of SqueezeNet 1.0: classifier.1.bias is missing, "
        "features.0.weight is 96x3x5x5, wanted 96x3x7x7"
    )
    weights.tensors.update({f"more.{i}": torch.zeros(1) for i in range(4)})
    with pytest.raises(CheckpointError, match=r"wanted 96x3x7x7, more.0 is not known and 3 more$"):
        fitted(SqueezeNet, weights, "SqueezeNet 1.0")


def test_weights_stored_in_half_precision_are_computed_with_in_single() -> None:
    weights = drawn(lambda: ResNet(3))
    half = Weights({name: each.half() for name, each in weights.tensors.items()}, "0" * 64, Path("half.safetensors"))
    assert all(each.dtype == torch.float32 for each in fitted(lambda: ResNet(3), half, "it").parameters())


@pytest.mark.parametrize(("file", "least"), [("resnet20-12fca82f.th", 0.95), ("resnet56-4bfd9763.th", 0.95)])
def test_published_classifiers_name_cifar_pictures(real_weights, real_data, file: str, least: float) -> None:
    extractor = pick(f"cifar-resnet:{real_weights(f'cifar10_resnet/{file}')}", (3, 32, 32))
    domain = DOMAINS["image"]()
    data = domain.read(str(real_data("cifar10")))
    fetched = data.train.fetch(np.arange(100))
    x = domain.fit(data).encode(torch.from_numpy(np.ascontiguousarray(fetched.x))).x
    probabilities = extractor.probabilities(x)
    assert data.classes == extractor.classes
    assert (probabilities.argmax(1) == torch.from_numpy(fetched.labels)).float().mean() >= least
    assert extractor(x[:5]).shape == (5, 64)


def test_published_squeezenet_gives_512_features_and_1000_classes(real_weights) -> None:
    path = real_weights("squeezenet1_0_imagenet/squeezenet1_0-deepcompression.pth")
    extractor = pick(f"squeezenet:{path}", (3, 48, 48))
    assert extractor.sha256 == sha256_of(path)
    x = torch.rand(2, 3, 48, 48, generator=torch.Generator().manual_seed(0)) * 2 - 1
    features = extractor(x)
    assert features.shape == (2, 512) and features.isfinite().all()
    assert extractor.probabilities(x).shape == (2, 1000)
    with pytest.raises(CheckpointError, match=r"resnet20.*: these are no weights of SqueezeNet 1.0: .* and \d+ more"):
        pick(f"squeezenet:{real_weights('cifar10_resnet/resnet20-12fca82f.th')}", (3, 48, 48))
