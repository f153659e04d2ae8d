"""What a discriminator is asked to recognise: classes and codes."""

import itertools

import pytest
import torch

from ganworks.adversarial import OPTIMISERS, Game, Player, Rules
from ganworks.adversarial.augment import Affine, Cutout
from ganworks.adversarial.latents import Coded, Normal
from ganworks.adversarial.objectives import NonSaturating, Relativistic
from ganworks.adversarial.recognition import AsAsked, Classes, Codes, ReadCodes, surprise
from ganworks.adversarial.regularisers import R1
from ganworks.networks import DISCRIMINATORS, GENERATORS
from ganworks.settings import ConfigError
from ganworks.spec import Batch, Span, Spec

CLASSES = Spec(shape=(3,), spans=(Span(channels=3, kind="softmax"),))
TANH = (Span(channels=1, kind="tanh"),)


def batches(seed: int = 0):
    source = torch.Generator().manual_seed(seed)
    for step in itertools.count():
        number = (torch.arange(8) + step) % 3
        x = torch.rand(8, 1, 16, 16, generator=source) - 1
        for row, place in enumerate(number.tolist()):  # a bright bar, elsewhere in each class
            x[row, :, 5 * place : 5 * place + 5] += 1
        yield Batch(x, torch.eye(3)[number])


def game(terms, latents=None, guess=CLASSES, condition=CLASSES, network="lean", objective=None) -> Game:
    torch.manual_seed(0)
    spec = Spec(shape=(1, 16, 16), spans=TANH, condition=condition)
    small = {"widths": (16,)} if network == "mlp" else {"width": 4}
    drawer = GENERATORS[network].from_tree({"latent": 8, **small}).build(spec)
    settings = DISCRIMINATORS[network].from_tree({**small, "condition": "none"})
    judge = settings.build(spec.model_copy(update={"guess": guess}))
    adam = OPTIMISERS["adam"](learning_rate=1e-3)
    rules = Rules(objective or NonSaturating(), latents or Normal(), 8, terms=terms, guess=guess)
    return Game(Player(drawer, adam), Player(judge, adam), rules)


def test_the_surprise_is_cross_entropy_and_half_the_squared_error() -> None:
    spec = Spec(shape=(4,), spans=(Span(channels=3, kind="softmax"), Span(channels=1, kind="linear")))
    guess = torch.tensor([[1.0, 0.0, -1.0, 0.5]])
    truth = torch.tensor([[0.0, 1.0, 0.0, -0.5]])
    wanted = -torch.log_softmax(guess[:, :3], 1)[0, 1] + 0.5
    torch.testing.assert_close(surprise(spec, guess, truth), wanted[None])


@pytest.mark.parametrize("network", ["mlp", "lean"])
@pytest.mark.parametrize("objective", [NonSaturating(), Relativistic()])
def test_classes_are_learnt_by_both_players(network, objective) -> None:
    played = game((Classes(), AsAsked(), R1(weight=0.1)), network=network, objective=objective)
    stream, costs = batches(), []
    for _ in range(60):
        stats = played.step(stream)
        costs.append(stats["discriminator/classes"].item())
    assert costs[-1] < 0.8 * costs[0] and stats["generator/as-asked"].isfinite()


def test_codes_are_the_last_numbers_of_a_latent_and_are_read() -> None:
    coded = Coded(categories=(3,), continuous=1)
    z = coded.draw(500, 8, torch.device("cpu"), torch.Generator().manual_seed(0))
    assert z.shape == (500, 8) and torch.equal(z[:, 4:7].sum(1), torch.ones(500)) and z[:, 7].abs().max() <= 1
    assert (z[:, 4:7].mean(0) - 1 / 3).abs().max() < 0.1
    played = game((Codes(), ReadCodes()), coded, coded.codes, condition=None)
    stream = (Batch(each.x) for each in batches())
    costs = [played.step(stream)["generator/codes"].item() for _ in range(80)]
    assert sum(costs[-5:]) < 0.8 * sum(costs[:5])


def test_codes_that_do_not_fit_into_the_latent_are_refused() -> None:
    with pytest.raises(ConfigError, match=r"^the codes alone take 12 numbers, the latent has 8; raise [^\n]+$"):
        Coded().draw(2, 8, torch.device("cpu"))


def test_a_term_with_nothing_to_recognise_says_so() -> None:
    with pytest.raises(ConfigError, match=r"^the term classes has nothing to recognise here; [^\n]+$"):
        game((Classes(),), guess=None).step(batches())


def test_categories_are_read_off_changed_samples_and_numbers_off_the_samples_as_they_are() -> None:
    coded = Coded(categories=(3,), continuous=1)
    through = (Cutout(reach=1.0), Affine())
    played = game((Codes(through=through), ReadCodes(through=through)), coded, coded.codes, condition=None)
    plain = game((Codes(), ReadCodes()), coded, coded.codes, condition=None)
    stream = [Batch(each.x) for each in itertools.islice(batches(), 40)]
    costs = [played.step(iter([each, each]))["generator/codes"].item() for each in stream]
    read = [plain.step(iter([each, each]))["generator/codes"].item() for each in stream]
    assert read[-1] < 0.85 < costs[-1] < 1.2  # with everything cut out, a category of three is worth log 3 at best


def test_the_surprise_weighs_its_two_kinds() -> None:
    spec = Spec(shape=(4,), spans=(Span(channels=3, kind="softmax"), Span(channels=1, kind="linear")))
    guess, truth = torch.randn(5, 4), torch.eye(4)[[0, 1, 2, 0, 1]]
    both = surprise(spec, guess, truth, numbers=0.3)
    parts = surprise(spec, guess, truth, numbers=0) + surprise(spec, guess, truth, numbers=0.3, categories=0)
    torch.testing.assert_close(both, parts)
