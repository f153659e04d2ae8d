"""Writers and readers of tokens."""

import copy

import pytest
import torch

from ganworks import networks
from ganworks.networks import AutoregressiveGenerator, CodesGenerator, PhrasesDiscriminator
from ganworks.settings import ConfigError
from ganworks.spec import END, UNKNOWN, Span, Spec

TOKENS, STEPS = 9, 7


def lines(condition: Spec | None = None) -> Spec:
    return Spec(shape=(TOKENS, STEPS), spans=(Span(channels=TOKENS, kind="softmax"),), condition=condition)


def row(count: int = 3, tokens: int = 0) -> Spec:
    return Spec(shape=(count,), spans=(Span(channels=count, kind="linear", tokens=tokens),))


def writer(**changes: object) -> AutoregressiveGenerator:
    return AutoregressiveGenerator.from_tree({"latent": 6, "width": 16, "embedding": 8, **changes})


def coder(**changes: object) -> CodesGenerator:
    return CodesGenerator.from_tree({"latent": 6, "width": 16, "embedding": 8, "code": 5, "widths": [16], **changes})


@pytest.mark.parametrize("settings", [writer(), coder()])
def test_drawn_lines_are_tokens_that_end_once_and_are_never_unknown(settings) -> None:
    torch.manual_seed(0)
    x = settings.build(lines()).eval()(torch.randn(200, 6))
    assert x.shape == (200, TOKENS, STEPS) and torch.equal(x.sum(1), torch.ones(200, STEPS))
    numbers = x.argmax(1)
    assert not (numbers == UNKNOWN).any() and not (numbers[:, 0] == END).any()
    over = (numbers == END).cummax(1).values
    assert torch.equal(over, numbers == END)


@pytest.mark.parametrize("settings", [writer(), coder()])
def test_a_latent_is_one_line_whatever_the_batch(settings) -> None:
    torch.manual_seed(0)
    network, z = settings.build(lines()).eval(), torch.randn(8, 6)
    whole = network(z)
    torch.manual_seed(5)
    assert torch.equal(network(z[2:5]), whole[2:5]) and len(whole.unique(dim=0)) > 4


def test_draws_are_as_frequent_as_their_likelihood_says() -> None:
    torch.manual_seed(0)
    network = writer().build(lines()).eval()
    with torch.no_grad():
        network.bias[2] = 2.0
    first = network(torch.randn(4000, 6)).argmax(1)[:, 0]
    every = torch.full((TOKENS, STEPS), END)
    every[:, 0] = torch.arange(TOKENS)
    shares = network.token_likelihood(every)[:, 0].exp()
    shares[[END, UNKNOWN]] = 0
    found = first.bincount(minlength=TOKENS) / len(first)
    torch.testing.assert_close(found, shares / shares.sum(), atol=0.03, rtol=0)


def test_the_likelihood_of_a_line_is_that_of_its_tokens_and_its_end_alone() -> None:
    torch.manual_seed(0)
    network = writer(dropout=0.0).build(lines())
    numbers = torch.tensor([[3, 4, END, END, END, END, END], [3, 4, 5, 6, 7, 8, 3]])
    each = network.token_likelihood(numbers)
    assert (each[0, 3:] == 0).all() and (each[0, :3] < 0).all() and (each[1] < 0).all()
    torch.testing.assert_close(network.likelihood(network.hot(numbers)), each.sum(1))
    torch.testing.assert_close(each[0, :2], each[1, :2])


def test_a_colder_writer_keeps_to_the_likely() -> None:
    torch.manual_seed(0)
    network, z = writer().build(lines()).eval(), torch.randn(300, 6)
    with torch.no_grad():
        network.bias[3] = 1.0
    usual = (network(z).argmax(1) == 3).float().mean()
    network.temperature = 0.3
    assert (network(z).argmax(1) == 3).float().mean() > usual + 0.1


@pytest.mark.parametrize("estimator", ["gumbel", "soft"])
def test_a_judges_gradient_comes_through_the_draws(estimator: str) -> None:
    torch.manual_seed(0)
    network = writer(estimator=estimator).build(lines())
    x = network(torch.randn(4, 6))
    assert torch.allclose(x.sum(1), torch.ones(4, STEPS), atol=1e-5)
    assert estimator == "soft" or torch.allclose(x.max(1).values, torch.ones(4, STEPS))
    (x * torch.randn_like(x)).sum().backward()
    assert all(each.grad is not None and each.grad.isfinite().all() for each in network.parameters())


def test_with_the_score_function_training_draws_tokens_without_a_gradient() -> None:
    torch.manual_seed(0)
    x = writer(estimator="score").build(lines())(torch.randn(4, 6))
    assert not x.requires_grad and torch.equal(x.sum(1), torch.ones(4, STEPS))


def test_a_line_is_completed_behind_what_is_kept() -> None:
    torch.manual_seed(0)
    network = writer().build(lines()).eval()
    numbers = network(torch.randn(50, 6)).argmax(1)
    found = network.completed(numbers, 3, torch.randn(50, 6))
    assert torch.equal(found[:, :3], numbers[:, :3]) and not torch.equal(found, numbers)
    ended = (numbers[:, :3] == END).any(1)
    assert (found[ended, 3:] == END).all()


@pytest.mark.parametrize("condition", [row(), row(STEPS, TOKENS)])
@pytest.mark.parametrize("settings", [writer(), coder()])
def test_conditions_move_what_is_written_and_how_it_is_judged(settings, condition: Spec) -> None:
    torch.manual_seed(0)
    spec = lines(condition)
    count = condition.channels
    network = settings.build(spec).eval()
    judge = PhrasesDiscriminator(width=4).build(spec).eval()
    z, one, other = torch.randn(64, 6), torch.full((64, count), 3.0), torch.full((64, count), 5.0)
    x = network(z, one)
    assert not torch.equal(x, network(z, other)) and torch.equal(x, network(torch.cat([z, one], 1)))
    assert not torch.allclose(judge(x, one), judge(x, other)) and judge(x, one).shape == (64, 1)
    assert not torch.allclose(network.likelihood(x, one), network.likelihood(x, other))


def test_a_reader_is_linear_in_shares_of_tokens_and_can_be_penalised() -> None:
    torch.manual_seed(0)
    judge = PhrasesDiscriminator(width=4, minibatch_std=2).build(lines())
    x = torch.rand(4, TOKENS, STEPS, requires_grad=True)
    (slope,) = torch.autograd.grad(judge(x).sum(), x, create_graph=True)
    slope.square().sum().backward()
    assert all(each.grad is None or each.grad.isfinite().all() for each in judge.parameters())
    assert judge.body.embed.weight.grad.abs().sum() > 0


def test_a_coder_shows_its_judge_codes_and_learns_to_tell_lines_back() -> None:
    torch.manual_seed(0)
    settings = coder(noise=0.1, hidden=0.0, dropout=0.0)
    network = settings.build(lines())
    assert settings.judged(lines()).shape == (5,) and writer().judged(lines()) == lines()
    x = network.writer.hot(torch.randint(2, TOKENS, (64, STEPS)))
    code, drawn = network.seen(x), network(torch.randn(64, 6))
    for each in (code, drawn):
        torch.testing.assert_close(each.mean(1), torch.zeros(64), atol=1e-5, rtol=0)
    optimiser = torch.optim.Adam(network.parameters(), 1e-2)
    before = float(-network.likelihood(x).mean().detach())
    for _ in range(60):
        optimiser.zero_grad()
        loss = -network.likelihood(x).mean()
        loss.backward()
        optimiser.step()
    assert float(loss.detach()) < 0.8 * before


@pytest.mark.parametrize("name", ["autoregressive", "codes", "phrases"])
def test_samples_that_are_no_tokens_are_refused_in_one_line(name: str) -> None:
    table = networks.DISCRIMINATORS if name == "phrases" else networks.GENERATORS
    with pytest.raises(
        ConfigError, match=rf"^{name} takes sequences of tokens, [^\n]*got samples of shape \(1, 8, 8\)"
    ):
        table[name]().build(Spec(shape=(1, 8, 8), spans=(Span(channels=1, kind="tanh"),)))


@pytest.mark.parametrize("settings", [writer(), coder(), PhrasesDiscriminator(width=4)])
def test_a_copy_computes_the_same_and_settings_survive_toml(settings) -> None:
    torch.manual_seed(0)
    network = settings.build(lines()).eval()
    given = torch.rand(3, TOKENS, STEPS) if settings.name == "phrases" else torch.randn(3, 6)
    assert torch.equal(copy.deepcopy(network)(given), network(given))
    assert type(settings).from_tree(settings.tree()) == settings
