"""Terms of the generator against values worked out by hand."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from ganworks.adversarial import chance
from ganworks.adversarial.reconstructions import (
    L1,
    L2,
    RECONSTRUCTIONS,
    Charbonnier,
    Content,
    Cycle,
    FeatureMatching,
    Frequency,
    Gram,
    Identity,
    PatchNce,
    Perceptual,
)
from ganworks.adversarial.reconstructions.contrast import at_places, contrast, drawn_places
from ganworks.adversarial.reconstructions.cycle import swapped
from ganworks.adversarial.reconstructions.features import angular, gram, relative
from ganworks.adversarial.turn import Noticed, Turn
from ganworks.settings import ConfigError

PIXEL = (L1(), L2(), Charbonnier())


def drawn(*shape: int, seed: int = 0) -> Tensor:
    return torch.rand(shape, generator=torch.Generator().manual_seed(seed)) * 2 - 1


class Translator(nn.Module):
    """A picture times a weight a channel; activations before and after, and a head that scales."""

    def __init__(self, channels: int = 3):
        super().__init__()
        self.weight = nn.Parameter(torch.linspace(0.5, 1.5, channels))
        self.head = nn.Parameter(torch.ones(()))

    def forward(self, z: Tensor, c: Tensor) -> Tensor:
        return c * self.weight.view(1, -1, 1, 1)

    def encode(self, x: Tensor) -> tuple[Tensor, ...]:
        return x, self(x, x)[:, :, ::2, ::2]

    def project(self, index: int, vectors: Tensor) -> Tensor:
        return vectors * self.head


class Judge(nn.Module):
    """Two rectified maps and a logit, kept by the logits as a game keeps them."""

    def __init__(self, channels: int = 3) -> None:
        super().__init__()
        self.layers = nn.ModuleList([nn.Conv2d(channels, 4, 3, padding=1), nn.Conv2d(4, 2, 3, padding=1)])
        self.heard: list[tuple[Tensor, Noticed]] = []

    def forward(self, x: Tensor, c: Tensor | None = None) -> Tensor:
        features = []
        for layer in self.layers:
            x = torch.relu(layer(x))
            features.append(x)
        logits = x.flatten(1).sum(1, keepdim=True)
        self.heard.append((logits, Noticed(tuple(features), None)))
        return logits

    def noticed(self, logits: Tensor) -> Noticed:
        return next(noticed for each, noticed in self.heard if each is logits)


def two_maps(name: str, x: Tensor) -> tuple[Tensor, ...]:
    """A stand-in for a frozen network: the picture, and its negative at half the size, both above 0."""
    if name.startswith("picture:"):
        return (drawn(1, *x.shape[1:], seed=9),)
    return (x + 2, 2 - x[:, :, ::2, ::2])


def turn_of(real: Tensor, fake: Tensor, c: Tensor | None = None, generator: nn.Module | None = None) -> Turn:
    judge = Judge(real.shape[1]) if real.ndim == 4 else None
    logits = judge(fake) if judge else fake.flatten(1)[:, :1]
    noticed = judge.noticed if judge else None
    turn = Turn(real[:, :0], c, real, fake, None, logits, generator or nn.Identity(), judge, extract=two_maps)
    return replace(turn, noticed=noticed) if noticed else turn


def every_term() -> list:
    """Each term of the table in a situation it is meant for: (term, real, fake, c, generator)."""
    pictures = drawn(2, 4, 20, 12)
    elsewhere = ("flow", "temporal", "asked", "neighbours", "mel-l1")  # each in a file of its own
    return [pytest.param(kind(), pictures, id=name) for name, kind in RECONSTRUCTIONS.items() if name not in elsewhere]


@pytest.mark.parametrize(("term", "real"), every_term())
def test_a_term_is_one_finite_value_a_sample_and_moves_the_fake_or_the_generator(term, real) -> None:
    generator = Translator(4)
    real.requires_grad_()
    fake = generator(real, drawn(2, 4, 20, 12, seed=1))
    fake.retain_grad()
    turn = turn_of(real, fake, drawn(2, 4, 20, 12, seed=1), generator)
    cost = term.cost(turn)
    assert cost.shape == (2,) and cost.isfinite().all() and (cost > 0).all()
    cost.sum().backward()
    assert generator.weight.grad is not None and generator.weight.grad.isfinite().all()
    assert (generator.weight.grad != 0).any()


@pytest.mark.parametrize(
    "name", ["l1", "l2", "charbonnier", "frequency", "feature-matching", "perceptual", "content", "gram"]
)
def test_what_is_drawn_as_wanted_costs_nothing_and_what_is_wanted_gets_no_order_to_move(name: str) -> None:
    term, real = RECONSTRUCTIONS[name](), drawn(2, 3, 17, 16)
    torch.testing.assert_close(term.cost(turn_of(real, real.clone())), torch.zeros(2), atol=1e-6, rtol=0)
    fake = drawn(2, 3, 17, 16, seed=1).requires_grad_()
    term.cost(turn_of(real, fake)).sum().backward()
    assert fake.grad is not None and fake.grad.isfinite().all() and (fake.grad != 0).any()


@pytest.mark.parametrize("shape", [(2,), (3, 5), (1, 4, 4), (2, 3, 4, 4)])
def test_pixel_terms_are_means_over_any_axes(shape: tuple[int, ...]) -> None:
    real, fake = drawn(5, *shape), drawn(5, *shape, seed=1)
    apart = (fake - real).double().flatten(1)
    wanted = (apart.abs(), apart.square(), (apart.square() + 1e-6).sqrt() - 1e-3)
    for term, values in zip(PIXEL, wanted, strict=True):
        torch.testing.assert_close(term.cost(turn_of(real, fake)).double(), values.mean(1), atol=1e-6, rtol=1e-5)


@pytest.mark.parametrize("kind", [L1, L2, Charbonnier])
def test_a_term_of_holes_reads_holes_alone_and_one_of_the_rest_the_rest(kind) -> None:
    real, mask = drawn(3, 2, 6, 5), -torch.ones(3, 1, 6, 5)
    mask[0, :, 1:3, 2:4] = 1
    mask[1] = 1
    c = torch.cat([real, mask], 1)
    hole = (mask > 0).expand_as(real)
    outside = torch.where(hole, real, real + 0.5)
    inside = torch.where(hole, real - 0.5, real)
    dear = {L1: 0.5, L2: 0.25, Charbonnier: math.hypot(0.5, 1e-3) - 1e-3}[kind]
    for where, cheap, costly, rows in (("hole", outside, inside, (0, 1)), ("known", inside, outside, (0, 2))):
        term = kind(where=where)
        torch.testing.assert_close(term.cost(turn_of(real, cheap, c)), torch.zeros(3))
        wanted = torch.tensor([dear if row in rows else 0.0 for row in range(3)])
        torch.testing.assert_close(term.cost(turn_of(real, costly, c)), wanted)
    for c in (None, real[:, :, :3]):
        with pytest.raises(ConfigError, match="where=hole wants a mask as large as samples of"):
            kind(where="hole").cost(turn_of(real, inside, c))


def test_frequency_is_the_mean_difference_of_window_magnitudes() -> None:
    real, fake = drawn(1, 2, 28, 24), drawn(1, 2, 28, 24, seed=1)

    def windows(x: Tensor) -> list[np.ndarray]:
        values = np.pad(x[0].numpy(), ((0, 0), (0, 4), (0, 0)), mode="edge")
        corners = [(y, x) for y in (0, 8, 16) for x in (0, 8)]
        return [np.abs(np.fft.rfft2(values[:, y : y + 16, x : x + 16])) / 16 for y, x in corners]

    wanted = np.mean([np.abs(a - b).mean() for a, b in zip(windows(fake), windows(real), strict=True)])
    assert float(Frequency().cost(turn_of(real, fake))) == pytest.approx(wanted, rel=1e-5)


def test_frequency_forgives_a_shift_and_charges_a_blur() -> None:
    waves = torch.cos(torch.arange(64.0) * math.pi / 2).expand(1, 1, 64, 64)
    blur = nn.functional.avg_pool2d(nn.functional.pad(waves, (1, 1, 0, 0), mode="replicate"), (1, 3), 1)
    cost = Frequency().cost
    assert float(cost(turn_of(waves, waves.roll(1, 3)))) < 1e-5
    assert float(cost(turn_of(waves, blur))) > 0.04
    with pytest.raises(ConfigError, match="frequency compares pictures"):
        cost(turn_of(drawn(2, 3), drawn(2, 3)))


def test_feature_matching_averages_layers_and_judges_the_target_once() -> None:
    turn = turn_of(drawn(2, 3, 8, 8), drawn(2, 3, 8, 8, seed=1))
    judge = turn.judge
    cost = FeatureMatching().cost(turn)
    assert len(judge.heard) == 2
    fake, real = (noticed.features for _, noticed in judge.heard)
    wanted = sum((a - b).abs().flatten(1).mean(1) for a, b in zip(fake, real, strict=True)) / 2
    torch.testing.assert_close(cost, wanted)
    assert fake[0].requires_grad and not real[0].requires_grad
    paired = replace(turn, real_logits=judge(turn.real))
    torch.testing.assert_close(FeatureMatching().cost(paired), wanted)
    assert len(judge.heard) == 3  # a paired objective has judged the target already


def test_perceptual_terms_compare_by_the_kind_of_extractor() -> None:
    real, fake = drawn(2, 3, 8, 8), drawn(2, 3, 8, 8, seed=1)
    turn, maps = turn_of(real, fake), list(zip(two_maps("", fake), two_maps("", real), strict=True))
    by_size = [(a - b).abs().flatten(1).sum(1) / b.abs().flatten(1).sum(1) for a, b in maps]
    torch.testing.assert_close(Perceptual(extractor="random:vgg:3").cost(turn), torch.stack(by_size).mean(0))
    torch.testing.assert_close(Perceptual(layers=(1,)).cost(turn), by_size[1])
    cosines = [2 - 2 * nn.functional.cosine_similarity(a, b, dim=1).mean((1, 2)) for a, b in maps]
    for trained in ("self:mine.safetensors", "file:vgg16.pth"):
        torch.testing.assert_close(Perceptual(extractor=trained).cost(turn), torch.stack(cosines).mean(0))
    with pytest.raises(ConfigError, match="perceptual: random:vgg:0 has layers 0 to 1, got 2"):
        Perceptual(layers=(2,)).cost(turn)


def test_content_is_the_squared_difference_of_one_map_from_target_or_input() -> None:
    real, fake, c = drawn(2, 3, 8, 8), drawn(2, 3, 8, 8, seed=1), drawn(2, 3, 8, 8, seed=2)
    turn = turn_of(real, fake, c)
    plain = (two_maps("", fake)[1] - two_maps("", real)[1]).square().flatten(1).mean(1)
    torch.testing.assert_close(Content(relative=False).cost(turn), plain)
    size = two_maps("", real)[1].square().flatten(1).mean(1)
    torch.testing.assert_close(Content().cost(turn), plain / size)
    kept = (two_maps("", fake)[0] - two_maps("", c)[0]).square().flatten(1).mean(1)
    torch.testing.assert_close(Content(layer=0, input=True, relative=False).cost(turn), kept)
    with pytest.raises(ConfigError, match=r"content.input wants inputs of shape \(3, 8, 8\)"):
        Content(input=True).cost(turn_of(real, fake, c[:, :1]))


def test_gram_is_blind_to_places_and_may_aim_at_one_picture() -> None:
    real, fake = drawn(2, 3, 8, 8), drawn(2, 3, 8, 8, seed=1)
    matrix = gram(real)
    assert float(matrix[1, 0, 2]) == pytest.approx(float((real[1, 0] * real[1, 2]).mean()), rel=1e-4)
    torch.testing.assert_close(
        Gram(layers=(0,)).cost(turn_of(real, real.flip(3).roll(3, 2))), torch.zeros(2), atol=1e-6, rtol=0
    )

    def distance(a: Tensor, b: Tensor) -> Tensor:
        return (gram(a) / 3 - gram(b) / 3).square().flatten(1).mean(1)

    pairs = zip(two_maps("", fake), two_maps("", real), strict=True)
    plain = Gram(relative=False)
    torch.testing.assert_close(plain.cost(turn_of(real, fake)), sum(distance(a, b) for a, b in pairs) / 2)
    picture = drawn(1, 3, 8, 8, seed=9)
    aimed = Gram(relative=False, picture="wave.png")
    assert aimed.wants == ("random:vgg:0", "picture:wave.png") and plain.wants == ("random:vgg:0",)
    pairs = zip(two_maps("", fake), two_maps("", picture), strict=True)
    torch.testing.assert_close(aimed.cost(turn_of(real, fake)), sum(distance(a, b) for a, b in pairs) / 2)


def test_features_of_nothing_cost_little_and_stay_finite() -> None:
    fake = drawn(1, 2, 4, 4).mul(1e-4).requires_grad_()
    for compare in (relative, angular):
        cost = compare(fake, torch.zeros(1, 2, 4, 4)).sum()
        (slope,) = torch.autograd.grad(cost, fake)
        assert cost.isfinite() and cost.item() < 1 and float(slope.abs().max()) < 100


@pytest.mark.parametrize("name", ["vgg", "random", "self:", "http://weights"])
def test_an_extractor_is_never_guessed(name: str) -> None:
    with pytest.raises(ConfigError, match="wanted random:vgg:SEED, self:FILE or file:FILE, got") as caught:
        Perceptual.from_tree({"name": "perceptual", "extractor": name})
    assert "\n" not in str(caught.value)


def test_one_layer_of_random_filters_is_for_textures_alone() -> None:
    with pytest.raises(ConfigError, match="perceptual wants a deep network, such as random:vgg:0"):
        Perceptual.from_tree({"name": "perceptual", "extractor": "random:shallow:0"})
    assert Gram(extractor="random:shallow:0").trained is False


def test_contrast_of_places_that_are_all_alike_is_a_guess_and_of_clear_ones_nothing() -> None:
    alike = torch.ones(2, 16, 5)
    torch.testing.assert_close(contrast(alike, alike, 0.07), torch.full((2,), math.log(16)))
    clear = 3 * torch.eye(4).expand(2, 4, 4)  # directions count, lengths do not
    wanted = math.log(1 + 3 * math.exp(-1 / 0.5))
    torch.testing.assert_close(contrast(clear, clear / 7, 0.5), torch.full((2,), wanted))
    # Every place shows what the next one should: a wrong answer as sure as it can be.
    wrong = math.log(3 + math.exp(1 / 0.5))
    torch.testing.assert_close(contrast(clear.roll(1, 1), clear, 0.5), torch.full((2,), wrong))


def test_places_differ_within_a_sample_and_come_from_the_steps_numbers() -> None:
    maps = drawn(3, 2, 6, 7)
    chance.seed(5)
    first = drawn_places(maps, 30)
    chance.seed(5)
    assert torch.equal(first, drawn_places(maps, 30))
    assert first.shape == (3, 30) and all(len(row.unique()) == 30 for row in first)
    assert drawn_places(maps, 256).sort(1).values.equal(torch.arange(42).expand(3, -1))
    found = at_places(maps, first)
    assert torch.equal(found[2, 4], maps[2, :, int(first[2, 4]) // 7, int(first[2, 4]) % 7])


def test_patch_nce_moves_the_output_and_the_head_and_leaves_the_input_alone() -> None:
    generator = Translator()
    c, real = drawn(2, 3, 8, 8).requires_grad_(), drawn(2, 3, 8, 8, seed=1)
    fake = drawn(2, 3, 8, 8, seed=2).requires_grad_()
    term = PatchNce(identity=False, places=16)
    term.cost(turn_of(real, fake, c, generator)).sum().backward()
    assert fake.grad is not None and (fake.grad != 0).any() and c.grad is None
    assert generator.head.grad is not None and generator.head.grad.isfinite()
    # A head that scales changes no direction: the output that repeats the input has the value of the input with itself.
    all_places = PatchNce(identity=False, places=64)
    found = all_places.cost(turn_of(real, c, c, generator))
    vectors = [each.flatten(2).transpose(1, 2) for each in generator.encode(c)]
    torch.testing.assert_close(found, sum(contrast(each, each, 0.07) for each in vectors) / 2)


def test_identity_of_patch_nce_is_the_mean_with_a_pass_over_the_target() -> None:
    generator, c, real = Translator(), drawn(2, 3, 4, 4), drawn(2, 3, 4, 4, seed=1)
    turn = turn_of(real, generator(c, c), c, generator)
    alone = PatchNce(identity=False).cost(turn)
    same = PatchNce(identity=False).cost(turn_of(real, generator(real, real), real, generator))
    torch.testing.assert_close(PatchNce().cost(turn), (alone + same) / 2)


def test_patch_nce_says_what_it_cannot_compare() -> None:
    real, grey = drawn(2, 3, 8, 8), drawn(2, 1, 8, 8)
    with pytest.raises(ConfigError, match="inputs of 1 x 8 x 8 for outputs of 3 x 8 x 8"):
        PatchNce().cost(turn_of(real, real, grey, Translator()))
    with pytest.raises(ConfigError, match=r"can be asked for its features .* got Identity"):
        PatchNce().cost(turn_of(real, real, real, nn.Identity()))


class Both(nn.Module):
    """A made B by doubling, B made A by `back`."""

    def __init__(self, back: float):
        super().__init__()
        self.back = nn.Parameter(torch.tensor(back))

    def forward(self, z: Tensor, c: Tensor) -> Tensor:
        a, b = c.chunk(2, 1)
        return torch.cat([2 * a, self.back * b], 1)


def test_a_cycle_that_comes_back_costs_nothing() -> None:
    a, b = drawn(2, 3, 4, 4), drawn(2, 3, 4, 4, seed=1)
    real, c = torch.cat([b, a], 1), torch.cat([a, b], 1)
    assert torch.equal(swapped(real), c)
    for back, wanted in ((0.5, 0.0), (1.5, 2.0)):
        both = Both(back)
        turn = turn_of(real, both(c, c), c, both)
        # B' = 2 * back * B and A' = back * 2 * A: each misses by 2 * back - 1 of itself.
        by_hand = wanted * (a.abs().flatten(1).mean(1) + b.abs().flatten(1).mean(1))
        torch.testing.assert_close(Cycle().cost(turn), by_hand)
    same = b.abs().flatten(1).mean(1) + 0.5 * a.abs().flatten(1).mean(1)  # doubles B, and A times 1.5
    torch.testing.assert_close(Identity(stacked=True).cost(turn), same)
    torch.testing.assert_close(Identity().cost(turn), same / 2)


def test_cycle_and_identity_want_inputs_like_their_targets() -> None:
    real = drawn(2, 3, 4, 4)
    for term in (Cycle(), Identity()):
        with pytest.raises(ConfigError, match=r"wants inputs of their shape \(3, 4, 4\), got \(1, 4, 4\)"):
            term.cost(turn_of(real, real, real[:, :1]))
    with pytest.raises(ConfigError, match="stack both directions on the channels, got 3 channels"):
        Cycle().cost(turn_of(real, real, real))


def test_terms_compare_the_same_in_whatever_order_numbers_lie_in_memory() -> None:
    real, fake = drawn(2, 4, 20, 12), drawn(2, 4, 20, 12, seed=1)
    for term in (L1(), Frequency(), Perceptual(), Gram()):
        last = term.cost(turn_of(real, fake.to(memory_format=torch.channels_last)))
        torch.testing.assert_close(term.cost(turn_of(real, fake)), last)


def test_places_are_looked_for_in_the_mirrored_input_half_of_the_time() -> None:
    class Encoder(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.seen: list[Tensor] = []

        def encode(self, x: Tensor) -> tuple[Tensor, ...]:
            self.seen.append(x.detach().clone())
            return (x,)

        def project(self, index: int, vectors: Tensor) -> Tensor:
            return vectors

    torch.manual_seed(0)
    c, encoder = torch.rand(2, 3, 4, 4), Encoder()
    fake = torch.rand(2, 3, 4, 4, requires_grad=True)
    term = PatchNce(identity=False, mirrored=True, places=8)
    for _ in range(20):
        term._between(encoder, fake, c)
    mirrored = sum(torch.equal(each, c.flip(-1)) for each in encoder.seen[::2])
    assert 4 < mirrored < 16 and all(torch.equal(each, fake) for each in encoder.seen[1::2])
