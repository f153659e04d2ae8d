"""Terms of generators that write."""

import pytest
import torch
from torch import nn

from ganworks.adversarial.game import Game, Rules
from ganworks.adversarial.language import Likelihood, Score, Scored, lengths
from ganworks.adversarial.latents import Normal
from ganworks.adversarial.objectives import Relativistic
from ganworks.adversarial.optimisers import Adam
from ganworks.adversarial.player import Player
from ganworks.networks import AutoregressiveGenerator, PhrasesDiscriminator
from ganworks.settings import ConfigError
from ganworks.spec import Batch, Span, Spec

TOKENS, STEPS = 6, 5
SPEC = Spec(shape=(TOKENS, STEPS), spans=(Span(channels=TOKENS, kind="softmax"),))


class Threes(Scored):
    """Earns one for each token 3."""

    name: str = "threes"

    def reward(self, turn, x):
        return (x.argmax(1) == 3).float().sum(1)


def game(*terms, adversarial=0.0, estimator="score") -> Game:
    torch.manual_seed(0)
    settings = AutoregressiveGenerator(latent=4, width=16, embedding=8, dropout=0.0, estimator=estimator)
    players = [
        Player(settings.build(SPEC), Adam(learning_rate=1e-2)),
        Player(PhrasesDiscriminator(width=4).build(SPEC), Adam(learning_rate=1e-3)),
    ]
    rules = Rules(Relativistic(), Normal(), 4, terms=terms, adversarial=adversarial, share_fakes=True)
    return Game(*players, rules)


def real(count: int = 32) -> Batch:
    numbers = torch.full((count, STEPS), 0)
    numbers[:, 0], numbers[:, 1] = 2, 4
    return Batch(torch.zeros(count, TOKENS, STEPS).scatter_(1, numbers[:, None], 1.0))


def test_lengths_count_tokens_and_their_end() -> None:
    assert lengths(torch.tensor([[2, 3, 0, 0, 0], [2, 3, 4, 5, 2]])).tolist() == [3, 5]


def test_likelihood_learns_what_is_real_and_draws_nothing_meanwhile() -> None:
    played = game(Likelihood())
    calls = []
    played.generator.network.register_forward_hook(lambda *found: calls.append(found))
    costs = [played.step(iter([real()]))["generator/likelihood"].item() for _ in range(60)]
    assert costs[-1] < 0.2 * costs[0] and not calls
    with torch.no_grad():
        drawn = played.generator.network.eval()(torch.randn(50, 4)).argmax(1)
    assert (drawn[:, :2] == torch.tensor([2, 4])).float().mean() > 0.9


@pytest.mark.parametrize("rollouts", [0, 2])
def test_the_score_function_raises_what_earns(rollouts: int) -> None:
    played = game(Threes(rollouts=rollouts, places=2))
    before = (played.generator.network.eval()(torch.randn(200, 4)).argmax(1) == 3).float().mean()
    played.generator.network.train()
    for _ in range(40):
        played.step(iter([real()]))
    after = (played.generator.network.eval()(torch.randn(200, 4)).argmax(1) == 3).float().mean()
    assert after > before + 0.2


def test_the_score_functions_gradient_is_that_of_the_mean_reward() -> None:
    """On lines of one free token the mean reward can be differentiated by hand."""
    played = game()
    network = played.generator.network.double()
    x = network.hot(torch.tensor([[token, 0, 0, 0, 0] for token in range(2, TOKENS)])).double()
    numbers = x.argmax(1)
    reward = torch.tensor([0.0, 1.0, 0.0, 2.0]).double()
    nats = network.token_likelihood(numbers).sum(1)
    exact = torch.autograd.grad((nats.exp() * reward).sum(), network.bias, retain_graph=True)[0]
    drawn = torch.autograd.grad((nats.exp().detach() * reward * nats).sum(), network.bias)[0]
    torch.testing.assert_close(exact, drawn)


@pytest.mark.parametrize(("estimator", "terms"), [("gumbel", ()), ("soft", ()), ("score", (Score(rollouts=1),))])
def test_the_game_is_played_with_every_estimator(estimator: str, terms) -> None:
    played = game(Likelihood(), *terms, adversarial=1.0, estimator=estimator)
    before = [each.clone() for each in played.generator.network.parameters()]
    for _ in range(2):
        stats = played.step(iter([real(8), real(8)]))
    assert all(value.isfinite().all() for value in stats.values())
    assert any(not torch.equal(a, b) for a, b in zip(before, played.generator.network.parameters(), strict=True))


def test_generators_that_do_not_write_are_refused_in_one_line() -> None:
    with pytest.raises(ConfigError, match=r"^the term likelihood wants a generator that writes[^\n]+$"):
        Likelihood().cost(type("Turn", (), {"generator": nn.Identity(), "real": torch.zeros(1, 2, 3), "c": None}))
