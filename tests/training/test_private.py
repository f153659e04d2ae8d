"""Private runs: the account, the sampling, the secret, and what is refused so that the promise holds."""

import json
import os
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from ganworks.domains import Points
from ganworks.launch import Plan, Words, launch, plan
from ganworks.model import load
from ganworks.settings import CheckpointError, ConfigError, TrainingError
from ganworks.training import privacy
from ganworks.training.accountant import FINE, Ledger, Spent, epsilon, noise_for
from ganworks.training.interrupt import Stopped
from ganworks.training.journal import read
from ganworks.training.poisson import PoissonFeed, Stream
from ganworks.training.session import Session
from tests.training.test_train import StopAt

KEY = bytes(range(32))
DP = ("epsilon=3", "delta=1e-3")


@pytest.mark.parametrize(("kind", "expected"), [("rdp", 2.597), ("prv", 2.392)])
def test_the_account_agrees_with_published_values(kind: str, expected: float) -> None:
    assert epsilon(kind, Spent(1.1, 256 / 60000, 14_063), 1e-5) == pytest.approx(expected, rel=0.01)


@pytest.mark.parametrize(("wanted", "rate", "turns"), [(3.0, 0.005, 2_000), (0.5, 0.1, 300), (20.0, 0.02, 100)])
def test_the_noise_keeps_to_the_budget_and_is_no_larger_than_it_must(wanted: float, rate: float, turns: int) -> None:
    sigma = noise_for("rdp", wanted, 1e-5, rate, turns)
    assert epsilon("rdp", Spent(sigma, rate, turns), 1e-5) <= wanted
    assert epsilon("rdp", Spent(sigma * (1 - 2 * FINE), rate, turns), 1e-5) > wanted


def test_a_tighter_account_asks_for_less_noise() -> None:
    rdp, prv = (noise_for(kind, 2.0, 1e-5, 0.01, 500) for kind in ("rdp", "prv"))
    assert 0.8 * rdp < prv < rdp
    assert epsilon("prv", Spent(prv, 0.01, 500), 1e-5) <= 2.0


def test_a_turn_more_than_was_paid_for_is_refused() -> None:
    ledger = Ledger("rdp", 3.0, 1e-5, 0.1, 5)
    assert [ledger.take() for _ in range(5)] == [0, 1, 2, 3, 4]
    assert ledger.epsilon() <= 3.0
    with pytest.raises(TrainingError, match="5 turns that epsilon=3 pays for are taken"):
        ledger.take()
    with pytest.raises(ConfigError, match="cannot be kept over"):
        Ledger("rdp", 1e-4, 1e-5, 0.9, 10**7)


def test_noise_is_normal_and_follows_from_key_label_and_turn() -> None:
    stream = Stream(KEY)
    found = stream.normal("noise", 3, 200_001)
    assert len(found) == 200_001 and abs(found.mean()) < 0.01 and found.std() == pytest.approx(1, abs=0.01)
    assert (found**4).mean() == pytest.approx(3, abs=0.1) and abs(np.corrcoef(found[:-1], found[1:])[0, 1]) < 0.01
    assert (found == Stream(KEY).normal("noise", 3, 200_001)).all()
    others = (
        stream.normal("noise", 4, 1000),
        stream.normal("other", 3, 1000),
        Stream(b"x" * 32).normal("noise", 3, 1000),
    )
    assert all(abs(np.corrcoef(found[:1000], other)[0, 1]) < 0.15 for other in others)


def poisson(batch: int = 8, count: int = 200) -> PoissonFeed:
    domain = Points(count=count * 10 // 9)
    dataset = domain.read("ring")
    return PoissonFeed(dataset.train, domain.fit(dataset), batch, torch.device("cpu"), Stream(KEY))


def test_each_record_is_drawn_by_itself_with_one_chance() -> None:
    feed, turns = poisson(), 4000
    drawn = np.zeros((turns, len(feed.source)), bool)
    for turn in range(turns):
        drawn[turn, feed.drawn(turn)] = True
    rate = 8 / len(feed.source)
    assert drawn.mean() == pytest.approx(rate, rel=0.02)
    sizes, each = drawn.sum(1), drawn.mean(0)
    # Binomial sizes, which a shuffled order does not have; and no record is favoured.
    assert sizes.var() == pytest.approx(len(feed.source) * rate * (1 - rate), rel=0.1)
    assert np.abs(each - rate).max() < 5 * np.sqrt(rate * (1 - rate) / turns)
    together = np.cov(drawn[:, :20].T.astype(float))
    assert np.abs(together - np.diag(np.diag(together))).max() < 5 * rate * (1 - rate) / np.sqrt(turns)


def test_a_feed_goes_on_where_it_was_and_draws_empty_batches_too() -> None:
    feed, again = poisson(batch=1), poisson(batch=1)
    batches = [next(feed).x for _ in range(40)]
    again.position = 20
    assert all(torch.equal(next(again).x, batch) for batch in batches[20:])
    sizes = {len(batch) for batch in batches}
    assert 0 in sizes and len(sizes) > 2 and all(batch.shape[1:] == (2,) for batch in batches)


@pytest.fixture
def private(pictures: Path, tmp_path: Path):
    """Plan a short private run on forty pictures of 8 x 8."""

    def make(*settings: str, name: str = "run", samples: int = 40, dp: tuple[str, ...] = DP, **words) -> Plan:
        small = ("batch=4", "discriminator_turns=3", "previews=2", "generator.widths=[8]", "discriminator.widths=[8]")
        words = {"recipe": "mlp", **words}
        given = Words(str(pictures), samples=samples, folder=str(tmp_path / name), settings=(*small, *settings), dp=dp)
        return plan(given._replace(**words))

    return make


def weights(folder: Path) -> dict[str, torch.Tensor]:
    return load_file(folder / "model" / "model.safetensors")


def keyed(each: Plan) -> Plan:
    """The plan with a secret of our own in its folder."""
    each.folder.mkdir()
    (each.folder / privacy.KEY).write_bytes(KEY)
    return each


def test_a_private_run_says_what_it_promises_and_shows_nothing_else(private) -> None:
    each = private()
    launch(each)
    page = json.loads((each.folder / "model" / "model.json").read_text())["privacy"]
    assert (page["epsilon"], page["delta"], page["turns"], page["turns_planned"]) == (3, 1e-3, 30, 30)
    assert page["spent_epsilon"] <= 3 and page["sampling_rate"] == 4 / page["records"] and page["sigma"] > 0.3
    assert {"opacus", "torch", "ganworks"} <= page["versions"].keys() and len(page["assumptions"]) == 5
    assert not (each.folder / privacy.KEY).exists()
    assert load(each.folder).privacy == page
    load(each.folder).save(each.folder / "copy")
    assert load(each.folder / "copy").privacy == page
    names = {path.name for path in (each.folder / "samples").iterdir()}
    assert "latest.png" in names and "real-beside-fake.png" not in names
    told = {key for entry in read(each.folder / "journal.jsonl") for key in entry}
    assert "logits/fake" in told and not told & {"logits/real", "discriminator/objective", "distance"}


def test_the_noise_of_a_run_is_as_strong_as_its_page_says(private) -> None:
    """What the optimiser gets, over turns that draw nobody and judge the same fakes."""
    each = private("discriminator.widths=[64]", samples=400)
    session = Session(each.run, each.dataset)
    session.feed.rate = 0.0
    turns = []
    for _ in range(6):
        torch.manual_seed(0)
        session.game.discriminator.clear()
        session.game._discriminator_turn(next(session.feed), 1.0, keep=False)
        turns.append(torch.cat([weight.grad.flatten() for weight in session.game.discriminator.weights]))
    told = torch.stack(turns)
    page = session.privacy
    assert page["turns"] == 6 and page["spent_epsilon"] < 3
    assert float(told.var(0).mean().sqrt()) == pytest.approx(page["sigma"] * page["clip"] / 4, rel=0.03)


def test_a_stopped_private_run_goes_on_bit_for_bit(private, monkeypatch: pytest.MonkeyPatch) -> None:
    whole, stopped = (keyed(private("discriminator.dropout=0.2", name=name)) for name in ("whole", "stopped"))
    launch(whole)
    with monkeypatch.context() as patch:
        StopAt(4, patch)
        with pytest.raises(Stopped):
            launch(stopped)
    assert (stopped.folder / privacy.KEY).read_bytes() == KEY
    assert load(stopped.folder).privacy["turns"] == 12
    launch(stopped)
    left, right = weights(whole.folder), weights(stopped.folder)
    assert all(torch.equal(left[name], right[name]) for name in left)
    assert load(stopped.folder).privacy["turns"] == 30


def test_two_private_runs_of_one_seed_differ_and_of_one_secret_do_not_under_other_settings(private) -> None:
    a, b = private(name="a"), private(name="b")
    launch(a)
    launch(b)
    assert any(not torch.equal(value, weights(b.folder)[name]) for name, value in weights(a.folder).items())
    first, second = (Session(each.run, each.dataset).guard for each in (private(), private("private.clip=2")))
    for guard in (first, second):
        guard._use(KEY)
    assert not np.array_equal(first.stream.normal("noise", 0, 9), second.stream.normal("noise", 0, 9))


def test_an_experiment_with_the_seed_repeats_and_says_that_it_protects_nobody(private) -> None:
    a, b = (private("private.randomness=seed", name=name) for name in "ab")
    launch(a)
    launch(b)
    assert all(torch.equal(value, weights(b.folder)[name]) for name, value in weights(a.folder).items())
    assert "protects nobody" in load(a.folder).privacy["randomness"]


def test_a_run_without_its_secret_or_with_other_turns_does_not_go_on(private, monkeypatch: pytest.MonkeyPatch) -> None:
    each = private()
    with monkeypatch.context() as patch:
        StopAt(4, patch)
        with pytest.raises(Stopped):
            launch(each)
    for samples in (80, 24):
        with pytest.raises(CheckpointError, match="made for 40 samples"):
            launch(private(samples=samples))
    (each.folder / privacy.KEY).write_bytes(b"short")
    with pytest.raises(CheckpointError, match="32 bytes, got 5"):
        launch(private())
    (each.folder / privacy.KEY).unlink()
    with pytest.raises(CheckpointError, match="is gone"):
        launch(private())


def test_the_secret_is_for_its_owner_alone(private, monkeypatch: pytest.MonkeyPatch) -> None:
    each = private()
    StopAt(2, monkeypatch)
    with pytest.raises(Stopped):
        launch(each)
    path = each.folder / privacy.KEY
    assert os.name != "posix" or path.stat().st_mode & 0o077 == 0
    secret = path.read_bytes()
    others = [path for path in each.folder.rglob("*") if path.is_file() and path.name != privacy.KEY]
    assert others and not any(
        secret in path.read_bytes() or secret.hex().encode() in path.read_bytes() for path in others
    )


def test_a_private_run_that_breaks_ends(private, monkeypatch: pytest.MonkeyPatch) -> None:
    played = Session.step

    def step(session: Session):
        stats = played(session)
        return stats | {"generator/objective": torch.tensor(float("nan"))} if session.game.steps == 3 else stats

    monkeypatch.setattr(Session, "step", step)
    with pytest.raises(TrainingError, match="training broke"):
        launch(private())


REFUSED = {
    "objective=relativistic": "compares each record with a fake",
    "terms=['r1']": "the term r1 reads records",
    "terms=['gradient-penalty']": "the term gradient-penalty reads records",
    "packing=2": "packing=2 judges records together",
    "pool=10": "a pool of past fakes",
    "part=2": "a batch in parts",
    "engine=autograd": "engine autograd sums",
    "health.judgements=5": "judgements compare with real records",
    "health.until=converged": "records without noise",
    "batch=400": "draws everybody every time",
    "private.delta=0.5": "would allow to publish one of",
    "domain.stack=2": "made on the fly",
    "freeze=1": "frozen layers",
}


@pytest.mark.parametrize("setting", REFUSED)
def test_what_would_make_the_promise_false_is_refused_with_the_reason(private, setting: str) -> None:
    with pytest.raises(ConfigError, match=REFUSED[setting]) as refusal:
        private(setting)
    assert "\n" not in str(refusal.value) and ";" in str(refusal.value)


def test_conditions_are_refused(tmp_path: Path) -> None:
    words = Words("digits", "conditional", samples=1000, folder=str(tmp_path / "run"), dp=DP)
    with pytest.raises(ConfigError, match="conditions are drawn as often as"):
        plan(words)


def test_records_as_inputs_are_refused(private) -> None:
    with pytest.raises(ConfigError, match="shows the generator real records"):
        private(recipe=None, settings=("domain=degraded",))


def test_minutes_are_refused(private) -> None:
    with pytest.raises(ConfigError, match="minutes leave open"):
        private(samples=None, minutes=1)


def test_weights_of_another_run_are_refused(private, tmp_path: Path) -> None:
    launch(private(name="first"))
    with pytest.raises(ConfigError, match="weights of another run"):
        private(name="second", begin=str(tmp_path / "first"))


@pytest.mark.parametrize(
    ("discriminator", "why"),
    [
        ("{name='dcgan', norm='batch'}", "batch norm"),
        ("{name='lean', minibatch_std=4}", "minibatch standard deviation"),
    ],
)
def test_a_discriminator_that_mixes_records_is_refused(tmp_path: Path, discriminator: str, why: str) -> None:
    words = Words("digits", "mlp", samples=1000, folder=str(tmp_path / "run"), dp=("epsilon=3", "delta=1e-4"))
    settings = (f"discriminator={discriminator}", "domain.size=[32, 32]")
    with pytest.raises(ConfigError, match=f"differential privacy: .*{why}"):
        launch(plan(words._replace(settings=settings)))


def test_what_a_domain_learns_has_to_be_public(tmp_path: Path) -> None:
    words = Words("ring", "mixture-2014", samples=256, folder=str(tmp_path / "run"), dp=("epsilon=3", "delta=1e-6"))
    with pytest.raises(ConfigError, match=r"private\.public_schema=true"):
        plan(words)
    public = plan(words._replace(settings=("private.public_schema=true",)))
    launch(public)
    assert any("the user said so" in each for each in load(public.folder).privacy["assumptions"])


@pytest.fixture
def people(tmp_path: Path) -> Path:
    """Two hundred rows with a number, a category and gaps."""
    draws = np.random.default_rng(0)
    ages, sexes = draws.integers(18, 80, 200), draws.choice(["f", "m", "", "x"], 200, p=[0.45, 0.45, 0.08, 0.02])
    path = tmp_path / "people.csv"
    path.write_text(
        "age,income,sex\n" + "\n".join(f"{a},{900 + 13.5 * a:.2f},{s}" for a, s in zip(ages, sexes, strict=True)) + "\n"
    )
    return path


BOUNDS = tuple(
    f"domain.columns.{each}" for each in ("age.minimum=0", "age.maximum=99", "income.minimum=0", "income.maximum=5000")
)


def test_a_table_wants_public_bounds_and_nothing_asked(people: Path, tmp_path: Path) -> None:
    words = Words(str(people), samples=60, folder=str(tmp_path / "run"), dp=("epsilon=5", "delta=1e-4"))
    with pytest.raises(ConfigError, match=r"conditions .* domain\.condition=none"):
        plan(words)
    words = words._replace(settings=("domain.condition=none",))
    with pytest.raises(ConfigError, match=r"private\.public_schema=true"):
        plan(words)
    words = words._replace(settings=(*words.settings, "private.public_schema=true"))
    with pytest.raises(ConfigError, match=r"column 'age' and 1 more has no public bounds"):
        plan(words)
    with pytest.raises(ConfigError, match=r"sampling=log-frequency draws rare"):
        plan(words._replace(settings=(*words.settings, *BOUNDS, "domain.sampling=log-frequency")))


def test_a_tables_codec_knows_the_public_schema_alone(people: Path, tmp_path: Path) -> None:
    settings = ("domain.condition=none", "private.public_schema=true", *BOUNDS)
    words = Words(
        str(people), samples=60, folder=str(tmp_path / "a"), dp=("epsilon=5", "delta=1e-4"), settings=settings
    )
    first = plan(words)
    assert first.run.recipe == "private"
    launch(first)
    records = load(first.folder).generate(50)
    assert records.shape[0] == 50
    header, *rows = people.read_text().splitlines()
    other = tmp_path / "other.csv"  # the same schema, other people
    other.write_text(
        "\n".join([header, *(row.replace(",f", ",m") for row in rows[: len(rows) // 2]), *rows[len(rows) // 2 :]])
    )
    second = plan(words._replace(data=str(other), folder=str(tmp_path / "b")))
    codecs = [Session(each.run, each.dataset).codec for each in (first, second)]
    assert codecs[0] == codecs[1] == load(first.folder).codec


def test_several_processes_are_refused(private) -> None:
    from ganworks.training.processes import check_batch  # noqa: PLC0415

    with pytest.raises(ConfigError, match="one process draws and noises"):
        check_batch(private().run, 2)


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("epsilon=3", "epsilon=2"), "takes both"),
        (("epsilon=3", "clip=1"), "--dp takes"),
        (("epsilon=x", "delta=1"), "must be a number"),
    ],
)
def test_the_words_behind_dp_are_read_with_care(private, words: tuple[str, str], why: str) -> None:
    with pytest.raises(ConfigError, match=why):
        private(dp=words)


def test_the_command_line_takes_a_budget_and_does_not_evaluate_unasked(
    pictures: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from ganworks.cli import run  # noqa: PLC0415

    folder = tmp_path / "run"
    words = ["train", str(pictures), "--recipe", "mlp", "--dp", *DP, "--samples", "16", "--run", str(folder)]
    assert run([*words, "--set", "batch=8"]) == 0
    told = capsys.readouterr().err
    assert "differential privacy: epsilon=3, delta=0.001" in told and "not evaluated" in told
    assert "real-beside-fake" not in told and not (folder / "evaluation.json").exists()
