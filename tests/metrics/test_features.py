"""What every extractor promises, the choice among them, and the ones that need no file."""

import json
import subprocess
import sys

import numpy as np
import pytest
import torch
from PIL import Image as PILImage
from safetensors import safe_open

from ganworks.metrics.features import EXTRACTORS, chosen, extract, pick, same
from ganworks.metrics.features.digits import WEIGHTS, Digits
from ganworks.metrics.features.files import read_weights, sha256_of
from ganworks.metrics.features.pictures import as_imagenet, coloured, resized
from ganworks.metrics.features.simple import Pixels, RandomConvolutions
from ganworks.settings import ConfigError, DataError

SHAPES = [(2,), (7,), (1, 40), (3, 300), (1, 28, 28), (3, 32, 32), (4, 9, 50), (2, 3, 8, 8), (3, 20, 24, 24)]


def samples(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed)) * 2 - 1


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("name", ["pixels", "random"])
def test_extractors_without_weights_read_every_shape(name: str, shape: tuple[int, ...]) -> None:
    extractor = pick(name, shape)
    x = samples(6, *shape)
    features = extractor(x)
    assert features.shape[0] == 6 and features.ndim == 2 and features.dtype == torch.float32
    assert features.isfinite().all() and torch.equal(features, extractor(x))
    assert features.shape[1] <= (max(np.prod(shape[1:]), 256) if len(shape) != 3 else 16 * 16) * shape[0] + 256
    assert extractor.record() == {
        "name": name,
        "sha256": extractor.sha256,
        "licence": "Apache-2.0",
        "reads": extractor.reads,
    }
    assert len(extractor.sha256) == 64


@pytest.mark.parametrize("shape", [(1, 28, 28), (3, 64, 64)], ids=str)
def test_random_features_have_as_many_numbers_for_any_size_and_see_what_they_should(shape: tuple[int, ...]) -> None:
    random = RandomConvolutions(shape)
    x = resized(samples(80, shape[0], 7, 7), shape[1])
    features = random(x)
    assert features.shape[1] == 256
    spread = features.std(0)
    assert (spread > 1e-4).all()
    for changed in (x.flip(3), resized(resized(x, 8), shape[1]), (x + 0.2).clamp(-1, 1), x + 0.2 * samples(*x.shape)):
        assert ((random(changed) - features).mean(0).abs() / spread).max() > 0.05


def test_the_hash_of_random_features_is_the_same_everywhere() -> None:
    assert RandomConvolutions((1, 28, 28)).sha256 == RandomConvolutions((1, 64, 64)).sha256
    assert RandomConvolutions((1, 28, 28)).sha256 == "1a5fe3beb8ff6604a816471f84d2571fb54c1f79d6bccfed8d6daa098aa02998"
    assert RandomConvolutions((3, 32, 32)).sha256 == "9e94246824da63a26e377be018a88ddfc825b726974a83aa2d60e5b265d081c3"
    assert RandomConvolutions((5,)).sha256 == "465005ef090d0cea7fe97ba5a8c3bbe0aed4880099225f9a4df13d1a9a9062bf"


def test_no_extractor_disturbs_the_random_numbers_of_a_run() -> None:
    torch.manual_seed(3)
    before = torch.get_rng_state()
    for shape in SHAPES:
        RandomConvolutions(shape)(samples(4, *shape))
    Digits(1)(samples(4, 1, 28, 28))
    assert torch.equal(torch.get_rng_state(), before)


def test_pixels_are_averages_over_areas_of_at_most_sixteen_a_side() -> None:
    x = samples(3, 2, 64, 32)
    features = Pixels()(x)
    assert features.shape == (3, 2 * 16 * 16)
    torch.testing.assert_close(features[0, 0], x[0, 0, :4, :2].mean())
    assert torch.equal(Pixels()(x[:, :, :5, :7]), x[:, :, :5, :7].flatten(1))


@pytest.mark.parametrize("filter", ["bilinear", "bicubic"])
@pytest.mark.parametrize("side", [28, 299])
def test_resizing_is_that_of_pillow_on_floats(filter: str, side: int) -> None:
    x = samples(1, 1, 61, 47)
    how = {"bilinear": PILImage.Resampling.BILINEAR, "bicubic": PILImage.Resampling.BICUBIC}[filter]
    wanted = np.asarray(PILImage.fromarray(x[0, 0].numpy(), mode="F").resize((side, side), how))
    assert np.abs(resized(x, side, filter)[0, 0].numpy() - wanted).max() < 1e-5


def test_pictures_of_any_channels_are_seen_in_colour() -> None:
    x = samples(2, 4, 5, 5)
    for channels in (1, 2, 3, 4):
        seen = coloured(x[:, :channels])
        assert seen.shape == (2, 3, 5, 5)
        assert torch.equal(seen[:, 2], x[:, 2 if channels > 2 else 0])
    white = as_imagenet(torch.ones(1, 3, 1, 1)).flatten()
    torch.testing.assert_close(white, torch.tensor([(1 - 0.485) / 0.229, (1 - 0.456) / 0.224, (1 - 0.406) / 0.225]))


def test_the_digit_classifier_is_small_and_says_where_it_came_from() -> None:
    assert WEIGHTS.stat().st_size < 1_000_000
    digits = Digits()
    assert digits.sha256 == sha256_of(WEIGHTS) and digits.classes == tuple("0123456789")
    assert all(each.isfinite().all() for each in read_weights(WEIGHTS).tensors.values())
    with safe_open(WEIGHTS, "pt") as file:
        about = json.loads(file.metadata()["about"])
    assert about["test_accuracy"] >= 0.993 and about["test_digits"] == 10_000 and about["seed"] == 0
    assert about["licence"] == "Apache-2.0" and "LeCun" in about["data"]


def test_the_digit_classifier_names_real_test_digits(real_data) -> None:
    x, labels = _digits(real_data, 1000)
    digits = Digits()
    probabilities = torch.cat([digits.probabilities(part) for part in x.split(500)])
    assert (probabilities.argmax(1) == labels).float().mean() >= 0.993
    torch.testing.assert_close(probabilities.sum(1), torch.ones(len(x)))
    features = extract(digits, [x[:600], x[600:]])
    assert features.shape == (1000, 64) and (features.std(0) > 0.1).all()
    larger = digits.probabilities(torch.nn.functional.interpolate(x[:300], scale_factor=2, mode="bilinear"))
    assert (larger.argmax(1) == labels[:300]).float().mean() > 0.97


def test_stacked_digits_are_numbered_as_the_picture_domain_numbers_them(real_data) -> None:
    x, labels = _digits(real_data, 600)
    digits = pick("digits", (3, 28, 28))
    stacked = x.view(200, 3, 28, 28)
    numbers = labels.view(200, 3) @ torch.tensor([100, 10, 1])
    probabilities = digits.probabilities(stacked)
    assert probabilities.shape == (200, 1000)
    torch.testing.assert_close(probabilities.sum(1), torch.ones(200))
    assert (probabilities.argmax(1) == numbers).float().mean() > 0.95
    assert digits.classes[427] == "427" and len(digits.classes) == 1000
    assert torch.allclose(digits(stacked)[:, 64:128], Digits()(stacked[:, 1:2]), atol=1e-5)


def _digits(real_data, count: int) -> tuple[torch.Tensor, torch.Tensor]:
    from ganworks.domains import DOMAINS  # noqa: PLC0415

    domain = DOMAINS["image"]()
    data = domain.read(str(real_data("mnist")))
    fetched = data.test.fetch(np.arange(count))
    return domain.fit(data).encode(torch.from_numpy(np.ascontiguousarray(fetched.x))).x, torch.from_numpy(
        fetched.labels
    )


@pytest.mark.parametrize(
    ("shape", "data", "name"),
    [
        ((1, 28, 28), "mnist", "digits"),
        ((1, 28, 28), "/data/MNIST", "digits"),
        ((1, 28, 28), "my-mnist-copy", "digits"),
        ((1, 28, 28), "fashion-mnist", "random"),
        ((1, 28, 28), "pneumoniamnist", "random"),
        ((1, 28, 28), "glyphs", "random"),
        ((3, 28, 28), "mnist", "random"),
        ((1, 32, 32), "mnist", "random"),
        ((2,), "ring", "pixels"),
        ((1, 100), "mnist", "pixels"),
    ],
)
def test_auto_chooses_by_shape_and_by_the_name_of_the_data(shape: tuple[int, ...], data: str, name: str) -> None:
    assert chosen(shape, data) == name
    assert pick("auto", shape, data).name == name


@pytest.mark.parametrize(
    ("text", "shape", "line"),
    [
        ("digit", (1, 28, 28), "no extractor 'digit'; did you mean 'digits'?"),
        ("", (1, 28, 28), "no extractor ''; known: auto, digits, random, pixels, own, inception, dinov2, "),
        ("inception:", (3, 32, 32), "a file is wanted after the colon of 'inception:'"),
        ("pixels:a.pth", (3, 32, 32), "pixels reads no file, got 'pixels:a.pth'"),
        ("own", (3, 32, 32), "own is trained on your data first"),
        ("inception", (3, 32, 32), "inception needs its weights, and there is no folder to fetch them into; give the"),
        ("dinov2", (3, 32, 32), "dinov2 needs its weights: write dinov2:FILE"),
        ("squeezenet", (3, 32, 32), "squeezenet needs its weights: write squeezenet:FILE"),
        ("cifar-resnet", (3, 32, 32), "cifar-resnet needs its weights: write cifar-resnet:FILE"),
    ],
)
def test_what_cannot_be_picked_is_answered_with_what_can(text: str, shape: tuple[int, ...], line: str) -> None:
    with pytest.raises(ConfigError) as refused:
        pick(text, shape)
    assert line in str(refused.value) and "\n" not in str(refused.value)


@pytest.mark.parametrize("shape", [(2,), (64, 28, 28), (1, 100), (0, 4, 4)], ids=str)
def test_digits_refuse_what_is_no_picture_of_few_channels(shape: tuple[int, ...]) -> None:
    with pytest.raises(DataError, match="digits reads pictures of 1 to 3 channels, got "):
        pick("digits", shape)


def test_a_table_names_what_a_user_may_write() -> None:
    assert list(EXTRACTORS)[:4] == ["digits", "random", "pixels", "own"]


def test_no_samples_give_no_features() -> None:
    for parts in ([], [torch.zeros(0, 1, 28, 28)]):
        with pytest.raises(DataError, match="digits: no samples to take features of; the split is empty"):
            extract(Digits(), parts)


def test_numbers_of_another_extractor_are_refused_with_both_hashes() -> None:
    digits, pixels = Digits(), Pixels()
    same(digits.record(), digits)
    for record in (pixels.record(), digits.record() | {"sha256": "f" * 64}, {}):
        with pytest.raises(DataError, match=f"in hand is digits {digits.sha256[:12]}; evaluate anew") as refused:
            same(record, digits)
        assert str(record.get("sha256"))[:12] in str(refused.value)


def test_who_is_no_classifier_has_no_probabilities() -> None:
    with pytest.raises(TypeError, match="pixels is no classifier"):
        Pixels().probabilities(samples(2, 3))


def test_help_imports_no_extractor() -> None:
    code = (
        "import sys; from ganworks.cli import run; run(['--help']); print([m for m in sys.modules if 'features' in m])"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.splitlines()[-1] == "[]"
