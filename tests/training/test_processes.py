"""Several processes that train one run: what they write, how they agree, stop, die and go on."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch

from ganworks.adversarial import chance
from ganworks.adversarial.collective import assemble, gather, own
from ganworks.launch import Words, launch, plan
from ganworks.settings import ConfigError
from ganworks.training import feed, processes, session
from ganworks.training.checkpoint import Checkpoints
from ganworks.training.journal import read
from tests.ranks import forks, side_by_side

pytestmark = forks
WIDTHS = ("generator.widths=[32]", "discriminator.widths=[32]")
SMALL = ("batch=8", "previews=2", "checkpoints=8", "health.judgements=3", *WIDTHS)
SAMPLES = 480


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("data") / "pictures.npy"
    np.save(path, np.random.default_rng(0).integers(0, 256, (40, 8, 8), dtype=np.uint8))
    return path


def planned(data: Path, folder: Path, samples: int = SAMPLES, more: tuple[str, ...] = ()):
    return plan(Words(str(data), "mlp", samples=samples, folder=str(folder), settings=(*SMALL, *more)))


@pytest.fixture(scope="module")
def straight(pictures, tmp_path_factory) -> Path:
    """A run of two processes that nobody disturbed."""
    place = tmp_path_factory.mktemp("straight")
    ended = side_by_side(2, lambda rank: launch(planned(pictures, place / "run")), place)
    assert ended == [(0, ""), (0, "")]
    return place / "run"


@pytest.fixture(scope="module")
def alone(pictures, tmp_path_factory) -> Path:
    """The same run in one process."""
    folder = tmp_path_factory.mktemp("alone") / "run"
    launch(planned(pictures, folder))
    return folder


def state(folder: Path, samples: int = SAMPLES) -> dict[str, torch.Tensor]:
    saved = Checkpoints(folder / "checkpoints").latest()
    assert saved is not None and saved.samples == samples
    return {f"{part}.{name}": saved.parts[part][name] for part in ("generator", "discriminator")
            for name in saved.parts[part]}  # fmt: skip


def same(a: dict[str, torch.Tensor], b: dict[str, torch.Tensor]) -> bool:
    return a.keys() == b.keys() and all(torch.equal(value, b[name]) for name, value in a.items())


def kinds(folder: Path) -> list[str]:
    return [entry["kind"] for entry in read(folder / "journal.jsonl") if entry["kind"] != "judged"]


def test_one_process_draws_the_numbers_it_always_drew() -> None:
    device, like = torch.device("cpu"), torch.empty(6, 3, 4, 4).contiguous(memory_format=torch.channels_last)
    chance.seed(5)
    drawn = [chance.normal((7, 3), device), chance.uniform((7, 1), device), chance.whole(-2, 3, (7, 1), device),
             chance.uniform_like(like), chance.normal_like(like)]  # fmt: skip
    torch.manual_seed(5)
    wanted = [torch.randn(7, 3), torch.rand(7, 1), torch.randint(-2, 3, (7, 1)), torch.rand_like(like)]
    assert all(torch.equal(a, b) for a, b in zip(drawn, [*wanted, torch.randn_like(like)], strict=True))
    rows = np.arange(6)
    assert own(rows, 4) is rows and gather({"a": 1.5}) == [{"a": 1.5}]


def test_two_processes_draw_the_numbers_of_one_and_keep_their_slice(tmp_path) -> None:
    def action(rank: int) -> None:
        chance.seed(5)
        assert torch.equal(chance.normal((4, 3), torch.device("cpu")), normal[4 * rank : 4 * rank + 4])
        assert torch.equal(chance.uniform_like(like), uniform[3 * rank : 3 * rank + 3])
        assert torch.equal(own(torch.arange(12), 8), torch.tensor([[0, 1, 2, 3, 8, 9], [4, 5, 6, 7, 10, 11]][rank]))
        rows = torch.arange(5)[rank::2]
        assert torch.equal(assemble(rows[:, None].double(), rows, 5)[:, 0], torch.arange(5.0, dtype=torch.float64))
        assert gather([rank, "é" * 50 * rank]) == [[0, ""], [1, "é" * 50]]
        assert not torch.equal(*(torch.tensor(each) for each in gather(torch.rand(5).tolist())))  # as dropout draws

    like = torch.empty(3, 2, 4, 4).contiguous(memory_format=torch.channels_last)
    union = torch.empty(6, 2, 4, 4).contiguous(memory_format=torch.channels_last)
    torch.manual_seed(5)
    normal, uniform = torch.randn(8, 3), torch.rand_like(union)
    assert side_by_side(2, action, tmp_path) == [(0, ""), (0, "")]


def test_two_processes_leave_one_run_as_one_process_does(straight, alone) -> None:
    files = [sorted(str(path.relative_to(each)) for path in each.rglob("*")) for each in (straight, alone)]
    assert files[0] == files[1]
    assert kinds(straight) == kinds(alone)
    begun = read(straight / "journal.jsonl")[0]
    assert begun["processes"] == 2 and "processes" not in read(alone / "journal.jsonl")[0]
    first, second = state(straight), state(alone)
    assert first.keys() == second.keys()
    for name, value in first.items():
        torch.testing.assert_close(value, second[name], rtol=1e-3, atol=1e-3, msg=name)
    judged = [[entry["distance"] for entry in read(each / "journal.jsonl") if entry["kind"] == "judged"]
              for each in (straight, alone)]  # fmt: skip
    assert judged[0] == pytest.approx(judged[1], abs=1e-3) and judged[0][0] == judged[1][0]


def test_a_sharded_run_is_the_same_run_and_goes_on_unsharded_in_one_process(pictures, straight, tmp_path) -> None:
    def action(rank: int) -> None:
        launch(planned(pictures, tmp_path / "run", more=("shard_optimiser=true",)))

    assert side_by_side(2, action, tmp_path) == [(0, ""), (0, "")]
    assert same(state(tmp_path / "run"), state(straight))
    launch(planned(pictures, tmp_path / "run", SAMPLES + 80))
    assert "resumed" in kinds(tmp_path / "run") and state(tmp_path / "run", SAMPLES + 80)


def test_another_number_of_processes_goes_on_with_the_records_in_their_order(pictures, tmp_path, monkeypatch) -> None:
    seen, fetched = tmp_path / "seen", feed.Feed.at

    def noted(self, indices):
        with seen.open("a") as file:
            file.write("".join(f"{each} " for each in indices))
        return fetched(self, indices)

    def action(rank: int) -> None:
        if rank == 0:
            monkeypatch.setattr(feed.Feed, "at", noted)
        launch(planned(pictures, tmp_path / "run", 160))

    assert side_by_side(2, action, tmp_path) == [(0, ""), (0, "")]
    with monkeypatch.context() as patched:
        patched.setattr(feed.Feed, "at", noted)
        launch(planned(pictures, tmp_path / "run", 320))
        changed, _ = seen.read_text().split(), seen.unlink()
        launch(planned(pictures, tmp_path / "straight", 320))
    assert changed == seen.read_text().split()


@pytest.mark.parametrize(
    ("what", "line"),
    [
        ("settings", r"process 1 was started with another seed than process 0 (3, not 0); start all with the same"),
        ("data", "process 1 was started with another data than process 0"),
    ],
)
def test_processes_started_differently_stop_with_one_message(pictures, tmp_path, what, line) -> None:
    other = tmp_path / "other.npy"
    np.save(other, np.load(pictures)[::-1] // 2)

    def action(rank: int) -> None:
        each = planned(pictures, tmp_path / "run", more=("seed=3",) if rank and what == "settings" else ())
        if rank and what == "data":
            each = each._replace(dataset=planned(other, tmp_path / "run").dataset)
        launch(each)

    (_, said), (code, quiet) = side_by_side(2, action, tmp_path)
    assert said.startswith(f"ganworks.settings.ConfigError: {line}")
    assert (code, quiet) == (1, "")


def test_a_mistake_that_one_process_meets_stops_all(pictures, tmp_path) -> None:
    def action(rank: int) -> None:
        processes.together(lambda: planned(pictures if rank == 0 else tmp_path / "nowhere", tmp_path / "run"))

    (_, said), (code, quiet) = side_by_side(2, action, tmp_path)
    assert "process 1:" in said and "nowhere" in said and (code, quiet) == (1, "")


def test_a_process_that_holds_other_weights_is_found(pictures, tmp_path, monkeypatch) -> None:
    def action(rank: int) -> None:
        played = session.Session.step

        def step(each):
            stats = played(each)
            if rank == 1 and each.game.steps == 20:
                with torch.no_grad():
                    next(each.game.generator.network.parameters())[0, 0] += 1e-4
            return stats

        session.Session.step = step
        launch(planned(pictures, tmp_path / "run"))

    (_, said), (code, quiet) = side_by_side(2, action, tmp_path)
    assert "TrainingError: process 1 holds another generator than process 0 at" in said and (code, quiet) == (1, "")


def test_a_broken_number_in_one_process_sends_all_back_together(pictures, tmp_path) -> None:
    def action(rank: int) -> None:
        played, broken = session.Session.step, []

        def step(each):
            stats = played(each)
            if rank == 1 and each.game.steps == 25 and not broken:
                broken.append(True)
                stats["generator/objective"] = torch.tensor(torch.inf)
            return stats

        session.Session.step = step
        launch(planned(pictures, tmp_path / "run"))

    assert side_by_side(2, action, tmp_path) == [(0, ""), (0, "")]
    assert {"broken", "went back", "finished"} <= set(kinds(tmp_path / "run"))


def test_a_signal_to_one_process_stops_all_and_the_run_goes_on_bit_for_bit(pictures, straight, tmp_path) -> None:
    def stopped(rank: int) -> None:
        played = session.Session.step

        def step(each):
            stats = played(each)
            if rank == 1 and each.game.steps == 22:
                os.kill(os.getpid(), signal.SIGTERM)
            return stats

        session.Session.step = step
        launch(planned(pictures, tmp_path / "run"))

    (_, said), (code, quiet) = side_by_side(2, stopped, tmp_path)
    assert said.endswith("Stopped: stopped by SIGTERM") and (code, quiet) == (143, "")
    assert state(tmp_path / "run", 22 * 8)
    side_by_side(2, lambda rank: launch(planned(pictures, tmp_path / "run")), tmp_path)
    assert same(state(tmp_path / "run"), state(straight))


def test_minutes_are_planned_by_the_first_process_for_all(pictures, tmp_path) -> None:
    words = Words(str(pictures), "mlp", minutes=0.02, folder=str(tmp_path / "run"), settings=SMALL)
    assert side_by_side(2, lambda rank: launch(plan(words)), tmp_path) == [(0, ""), (0, "")]
    assert kinds(tmp_path / "run")[-1] == "finished"


def test_a_batch_that_cannot_be_dealt_out_is_refused(told, pictures, tmp_path) -> None:
    words = ["train", str(pictures), "--run", str(tmp_path / "run"), "--recipe", "mlp", "--processes"]
    assert told(*words, "3", "--set", "batch=8").startswith("batch must be a multiple of the 3 processes, got 8;")
    assert told(*words, "16", "--set", "batch=8").startswith("batch must be a multiple of the 16 processes, got 8;")
    line = told(*words, "2", "--set", "batch=12", "--set", "packing=2", "--set", "part=6")
    assert line.startswith("part must be a multiple of the 2 processes times packing=2, got 6;")
    assert not (tmp_path / "run").exists()


def test_more_processes_than_devices_are_refused(monkeypatch) -> None:
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    with pytest.raises(ConfigError, match="2 processes want a CUDA device each and there are 1; start 1, or"):
        processes.check_devices(torch.device("cuda"), 2)
    with pytest.raises(ConfigError, match="device 'cuda:0' is one device and 2 processes want one each"):
        processes.check_devices(torch.device("cuda:0"), 2)


def test_a_store_that_knows_the_dead_brings_the_living_together(tmp_path, monkeypatch) -> None:
    """What torch's launcher keeps from one attempt to the next."""
    store = torch.distributed.TCPStore("127.0.0.1", 0, is_master=True, wait_for_workers=False)
    monkeypatch.setenv("TORCHELASTIC_USE_AGENT_STORE", "True")

    def action(rank: int) -> None:
        assert gather(rank) == [0, 1]
        if killed:
            os.kill(os.getpid(), signal.SIGKILL)

    for killed in (True, True, False):
        codes = [code for code, _ in side_by_side(2, action, tmp_path, store.port)]
        assert codes[0] in ((-signal.SIGKILL, 70) if killed else (0,)), codes


def test_a_mistake_is_not_met_again_by_the_next_attempt(tmp_path, monkeypatch) -> None:
    store = torch.distributed.TCPStore("127.0.0.1", 0, is_master=True, wait_for_workers=False)
    monkeypatch.setenv("TORCHELASTIC_USE_AGENT_STORE", "True")

    def action(rank: int) -> None:
        processes.together(lambda: processes.check_batch(planned(tmp_path, tmp_path).run, 2))

    (code, said), second = side_by_side(2, action, tmp_path, store.port)
    assert code == 70 and "DataError" in said and second == (1, "")
    monkeypatch.setenv("TORCHELASTIC_RESTART_COUNT", "1")
    assert side_by_side(2, action, tmp_path, store.port) == [(1, ""), (1, "")]


def test_processes_are_not_asked_for_twice(told, monkeypatch, pictures) -> None:
    monkeypatch.setenv("RANK", "0")
    assert told("train", str(pictures), "--processes", "2").endswith("leave out --processes")


def workers(launcher: int) -> dict[int, int]:
    """The processes that a launcher started, by rank."""
    found = {}
    for child in Path(f"/proc/{launcher}/task/{launcher}/children").read_text().split():
        names = dict(
            each.split("=", 1) for each in Path(f"/proc/{child}/environ").read_text().split("\0") if "=" in each
        )
        found[int(names.get("RANK", -1))] = int(child)
    return found


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="needs /proc to find the workers")
def test_a_killed_process_is_started_again_and_the_end_is_that_of_an_undisturbed_run(
    pictures, straight, tmp_path
) -> None:
    command = [sys.executable, "-m", "ganworks", "train", str(pictures), "--recipe", "mlp", "--samples", str(SAMPLES),
               "--run", str(tmp_path / "run"), "--no-evaluate", "--processes", "2", "--restarts", "1"]  # fmt: skip
    for setting in SMALL:
        command += ["--set", setting]
    slow = {**os.environ, "OMP_NUM_THREADS": "1"}
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=slow) as launcher:
        try:
            until = time.monotonic() + 120
            while not any(int(path.name) > 0 for path in (tmp_path / "run" / "checkpoints").glob("0*")):
                assert launcher.poll() is None and time.monotonic() < until
                time.sleep(0.002)
            os.kill(workers(launcher.pid)[1], signal.SIGKILL)
            said = launcher.communicate(timeout=120)[1]
        finally:
            launcher.kill()
    assert launcher.returncode == 0, said
    assert "Traceback" not in said and "a process went away: all were started again (restart 1)" in said
    assert kinds(tmp_path / "run")[0] == "begun" and "resumed" in kinds(tmp_path / "run")
    assert same(state(tmp_path / "run"), state(straight))
