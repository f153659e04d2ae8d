"""Rewards of molecules: what they pay, that they move a generator, and what they refuse."""

import pytest
import torch
from torch import Tensor

from ganworks.adversarial.rewards import Reward, Substructure
from ganworks.adversarial.turn import Turn
from ganworks.chemistry import number, selfies_of
from ganworks.networks import AutoregressiveGenerator
from ganworks.settings import ConfigError
from ganworks.spec import END, Span, Spec

WORDS = ("<end>", "<unknown>", "[C]", "[O]", "[N]", "[=C]", "[Ring1]", "[=Branch1]", "[Branch1]")
STEPS = 9


def spec(words: tuple[str, ...] = WORDS) -> Spec:
    return Spec(shape=(len(WORDS), STEPS), spans=(Span(channels=len(WORDS), kind="softmax", words=words),))


def writer(words: tuple[str, ...] = WORDS) -> torch.nn.Module:
    torch.manual_seed(0)
    settings = {"latent": 8, "width": 16, "embedding": 8, "dropout": 0.0, "estimator": "score"}
    return AutoregressiveGenerator.from_tree(settings).build(spec(words))


def hot(*molecules: str) -> Tensor:
    numbers = torch.full((len(molecules), STEPS), END)
    for row, each in zip(numbers, molecules, strict=True):
        tokens = selfies_of(each) if each else ()
        row[: len(tokens)] = torch.tensor([WORDS.index(token) for token in tokens], dtype=torch.long)
    return torch.nn.functional.one_hot(numbers, len(WORDS)).transpose(1, 2).float()


def turn(network: torch.nn.Module, fake: Tensor) -> Turn:
    z = torch.zeros(len(fake), 8)
    return Turn(z, None, fake, fake, None, fake.new_zeros(len(fake), 1), network, lambda x, c: x.new_zeros(len(x), 1))


def earned(term: Reward | Substructure, *molecules: str) -> list[float]:
    x = hot(*molecules)
    found: list[float] = term.reward(turn(writer(), x), x).tolist()
    return found


def test_more_of_a_property_earns_more_or_less() -> None:
    values = [number(each, "logp") for each in ("CCO", "CCC")]
    assert earned(Reward(of="logp"), "CCO", "CCC") == pytest.approx(values)
    assert earned(Reward(of="logp", goal="lower"), "CCO", "CCC") == pytest.approx(
        [-float(each or 0) for each in values]
    )


def test_a_range_earns_nothing_less_inside_and_the_distance_outside() -> None:
    found = earned(Reward(of="atoms", goal="range", low=3, high=4), "CC", "CCO", "CCCO", "CCCCCO")
    assert found == pytest.approx([-1, 0, 0, -2])


def test_what_is_no_molecule_earns_no_more_than_the_worst_that_is_one() -> None:
    assert earned(Reward(of="atoms", repeats=0), "CCO", "", "CC") == pytest.approx([3, 2, 2])


def test_saying_the_same_again_costs() -> None:
    first, again, other = earned(Substructure(smarts="O"), "CCO", "CCO", "CC")
    assert first > again and other == 0
    assert earned(Substructure(smarts="O", repeats=0), "CCO", "CCO", "CC") == [1, 1, 0]


def test_a_substructure_is_paid_for_or_its_absence() -> None:
    assert earned(Substructure(smarts="[OX2H1]"), "CCO", "CC") == [1, 0]
    assert earned(Substructure(smarts="[OX2H1]", wanted=False), "CCO", "CC") == [0, 1]


def test_a_reward_moves_what_is_drawn() -> None:
    network = writer()
    optimiser = torch.optim.Adam(network.parameters(), lr=2e-2)
    term = Substructure(smarts="N", repeats=0.0)

    def share() -> float:
        x = network(torch.randn(128, 8, generator=torch.Generator().manual_seed(1)))
        return float(term.reward(turn(network, x), x).mean())

    before = share()
    for step in range(15):
        fake = network(torch.randn(64, 8, generator=torch.Generator().manual_seed(100 + step)))
        optimiser.zero_grad()
        term.cost(turn(network, fake)).mean().backward()
        optimiser.step()
    assert share() > before + 0.2


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"of": "qd"}, "no property 'qd'; did you mean 'qed'"),
        ({"goal": "range"}, "goal=range wants low, high or both"),
        ({"goal": "range", "low": 3, "high": 2}, "low must be at most high, got 3 and 2"),
    ],
)
def test_goals_that_cannot_be_reached_are_refused(settings: dict, told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        Reward.from_tree(settings)


def test_smarts_that_do_not_parse_are_refused_before_anything_is_trained() -> None:
    with pytest.raises(ConfigError, match="wanted SMARTS such as c1ccncc1, got 'c1cc'"):
        Substructure.from_tree({"smarts": "c1cc"})


def test_rewards_are_of_molecules_only() -> None:
    with pytest.raises(ConfigError, match="this generator draws none"):
        x = hot("CC")
        Reward().reward(turn(writer(()), x), x)
