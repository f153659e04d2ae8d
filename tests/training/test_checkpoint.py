"""A checkpoint is whole and bitwise what was saved, or it does not exist."""

import hashlib
import json
import os
import random
import resource
import shutil
import signal
import time
from pathlib import Path

import pytest
import safetensors.torch
import torch

from ganworks.settings import CheckpointError
from ganworks.training.checkpoint import Checkpoints
from tests.training.children import exit_code, forked, posix


def state(seed: int, width: int = 8) -> dict[str, dict[str, torch.Tensor]]:
    draw = torch.Generator().manual_seed(seed)
    part = lambda: {"weight": torch.randn(width, width, generator=draw), "steps": torch.tensor(seed)}  # noqa: E731
    return {"generator": part(), "discriminator": part()}


def bits(tensor: torch.Tensor) -> bytes:
    return tensor.contiguous().reshape(-1).view(torch.uint8).numpy().tobytes()


def same(one, other) -> bool:
    return one.keys() == other.keys() and all(
        one[part].keys() == other[part].keys()
        and all(
            (a.dtype, a.shape, bits(a)) == (b.dtype, b.shape, bits(b))
            for a, b in ((one[part][name], other[part][name]) for name in one[part])
        )
        for part in one
    )


DTYPES = [
    torch.float64, torch.float32, torch.float16, torch.bfloat16, torch.complex64,
    torch.float8_e4m3fn, torch.float8_e5m2, torch.int64, torch.int32, torch.int16, torch.int8,
    torch.uint64, torch.uint32, torch.uint16, torch.uint8, torch.bool,
]  # fmt: skip


def test_every_type_and_layout_comes_back_bit_for_bit(tmp_path):
    tensors = {f"{dtype}": torch.randint(0, 2, (3, 5)).to(dtype) for dtype in DTYPES}
    base = torch.randn(2, 3, 4, 4)
    tensors |= {
        "zero-dimensional": torch.tensor(-0.0),
        "empty": torch.zeros(0, 7),
        "channels last": base.to(memory_format=torch.channels_last),
        "shared": base,
        "shared slice": base[1:, :, ::2],
        "expanded": torch.randn(1, 3).expand(5, 3),
        "conjugated": torch.randn(3, dtype=torch.complex64).conj(),
        "subnormal": torch.tensor([1e-45, -1e-45]),
        "parameter": torch.nn.Parameter(torch.randn(4)),
        "a name with ümlauts/and \"quotes\"": torch.arange(3),
    }  # fmt: skip
    values = {"counters": {"step": 7, "best": float("inf"), "fraction": 0.1}, "history": [1.5, None, True, "text"]}
    checkpoints = Checkpoints(tmp_path)
    path = checkpoints.save({"generator": tensors, "empty-part": {}}, values, samples=1234, retry=2)
    assert path.name == "000000001234-retry2"
    found = checkpoints.latest()
    assert found is not None
    wanted = {name: each.detach().resolve_conj() for name, each in tensors.items()}
    assert same(found.parts, {"generator": wanted, "empty-part": {}})
    assert (found.values, found.samples, found.retry, found.path) == (values, 1234, 2, path)
    # A control: the comparison sees one changed bit.
    found.parts["generator"]["zero-dimensional"].abs_()
    assert not same(found.parts, {"generator": wanted, "empty-part": {}})


def test_the_files_are_plain_safetensors(tmp_path):
    path = Checkpoints(tmp_path).save(state(1), {}, 1)
    read = safetensors.torch.load_file(path / "generator.safetensors")
    assert same({"generator": read}, {"generator": state(1)["generator"]})


def test_the_predicted_size_is_the_size(tmp_path):
    parts = state(1, width=300)
    path = Checkpoints(tmp_path).save(parts, {}, 1)
    written = sum(file.stat().st_size for file in path.iterdir())
    assert written <= Checkpoints.predicted_bytes(parts) <= written * 1.1


def test_any_flipped_bit_is_detected_and_the_previous_one_is_used(tmp_path):
    said: list[str] = []
    checkpoints = Checkpoints(tmp_path, notify=said.append)
    checkpoints.save(state(1), {"step": 1}, 1)
    newest = checkpoints.save(state(2), {"step": 2}, 2)
    files, chance = sorted(newest.iterdir()), random.Random(0)
    assert len(files) == 4
    for trial in range(320):
        file = files[trial % 4]
        whole = file.read_bytes()
        bad = bytearray(whole)
        bad[chance.randrange(len(bad))] ^= 1 << chance.randrange(8)
        file.write_bytes(bad)
        found = checkpoints.latest()
        assert found is not None and found.samples == 1, f"{file.name}, trial {trial}"
        assert (
            len(said) == trial + 1 and said[-1].startswith("skipped checkpoint 000000000002: ") and "\n" not in said[-1]
        )
        file.write_bytes(whole)
    found = checkpoints.latest()
    assert found is not None and found.samples == 2 and same(found.parts, state(2))


def test_truncations_additions_and_missing_files_are_detected(tmp_path):
    said: list[str] = []
    checkpoints = Checkpoints(tmp_path, notify=said.append)
    checkpoints.save(state(1), {}, 1)
    newest = checkpoints.save(state(2), {}, 2)
    for file in sorted(newest.iterdir()):
        whole = file.read_bytes()
        for changed in (b"", whole[:1], whole[: len(whole) // 2], whole[:-1], whole + b"\0", whole + b"\n", None):
            file.unlink()
            if changed is not None:
                file.write_bytes(changed)
            found = checkpoints.latest()
            assert found is not None and found.samples == 1, file.name
        file.write_bytes(whole)
    assert any("no such file" in line.lower() for line in said)
    assert any("has no manifest.json, so it was never finished" in line for line in said)
    assert any("holds a flipped or truncated file" in line for line in said)
    (newest / "notes.txt").write_text("a file of the user's is no fault")
    found = checkpoints.latest()
    assert found is not None and found.samples == 2


def test_another_schema_and_a_manifest_that_leaves_its_directory_are_refused(tmp_path):
    path = Checkpoints(tmp_path).save(state(1), {}, 1)
    manifest = path / "manifest.json"
    whole = manifest.read_text()
    manifest.write_text(json.dumps({"schema": 2, "content": "unknown", "libraries": {"ganworks": "9.9"}}))
    with pytest.raises(
        CheckpointError, match=r"written by schema 2, this version reads 1; load it with ganworks 9\.9$"
    ):
        Checkpoints.load(path)
    outside = json.loads(whole.replace("generator.safetensors", "../outside.safetensors"))
    (tmp_path / "outside.safetensors").write_bytes((path / "generator.safetensors").read_bytes())
    del outside["sha256"]
    sealed = {**outside, "sha256": hashlib.sha256(json.dumps(outside).encode()).hexdigest()}
    for text in (json.dumps(sealed, indent=1), "[]", "{}", "null", "[" * 9999, "9" * 9999):
        manifest.write_text(text)
        with pytest.raises(CheckpointError, match="flipped or truncated"):
            Checkpoints.load(path)
    with pytest.raises(CheckpointError, match="is no directory; use another one"):
        Checkpoints.load(tmp_path / "nowhere")


def test_numbers_that_are_not_finite_are_refused_by_name_before_anything_is_written(tmp_path):
    checkpoints = Checkpoints(tmp_path / "checkpoints")
    for dtype in (torch.float32, torch.float16, torch.bfloat16, torch.float64, torch.complex64, torch.float8_e5m2):
        for bad in (float("nan"), float("inf"), -float("inf")):
            parts = state(1)
            parts["discriminator"]["bias"] = torch.tensor([1.0, bad, -bad]).to(dtype)
            with pytest.raises(CheckpointError, match=r"^discriminator\.bias holds NaN or infinity and was not saved"):
                checkpoints.save(parts, {}, 1)
    assert not checkpoints.folder.exists()
    large = {"generator": {"weight": torch.full((1000,), 6e4, dtype=torch.float16)}}  # Its sum overflows.
    checkpoints.save(large, {}, 1)
    assert same(checkpoints.latest().parts, large)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"seen": {3: "x"}}, "values.seen must have text as keys, got 3"),
        ({"loss": [torch.tensor(1.0)]}, r"values.loss\[0\] must be a plain value, got Tensor"),
    ],
)
def test_values_that_json_would_change_are_refused(tmp_path, values, message):
    with pytest.raises(CheckpointError, match=message):
        Checkpoints(tmp_path).save({}, values, 1)
    assert not list(tmp_path.iterdir())


def test_parts_that_cannot_be_saved_are_refused_by_name(tmp_path):
    sparse, absent = torch.eye(2).to_sparse(), torch.empty(2, device="meta")
    for parts in ({"../up": {}}, {".hidden": {}}, {"g": {"w": sparse}}, {"g": {"w": absent}}):
        with pytest.raises(CheckpointError):
            Checkpoints(tmp_path).save(parts, {}, 1)
    with pytest.raises(CheckpointError, match="at least 1 checkpoint must be kept, got 0"):
        Checkpoints(tmp_path, keep=0)


def test_the_last_ones_are_kept_and_a_later_retry_is_newer(tmp_path):
    checkpoints = Checkpoints(tmp_path, keep=2)
    for samples, retry in ((100, 0), (200, 0), (300, 0), (150, 1)):
        checkpoints.save(state(samples), {}, samples, retry)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["000000000150-retry1", "000000000300"]
    assert checkpoints.latest().samples == 150
    assert checkpoints.latest(at_most=140) is None
    checkpoints.save(state(1000), {}, 100)  # Older than both by its name, and yet what was just saved is not deleted.
    assert checkpoints.latest(at_most=140).samples == 100


def test_a_checkpoint_of_the_same_name_is_replaced(tmp_path):
    checkpoints = Checkpoints(tmp_path)
    for seed in (1, 2, 3):
        checkpoints.save(state(seed), {"seed": seed}, 5)
    assert [path.name for path in tmp_path.iterdir()] == ["000000000005"]
    assert same(checkpoints.latest().parts, state(3))


@posix
@pytest.mark.parametrize("samples", [2, 1], ids=["a new name", "the same name"])
def test_a_crash_after_any_call_to_the_disk_leaves_the_old_or_the_new_one_whole(tmp_path, samples):
    """The child dies before its k-th fsync, rename or unlink, for every k until a save gets through."""

    def save_and_die(folder: Path, k: int) -> None:
        calls = 0

        def dying(call):
            def count(*arguments, **named):
                nonlocal calls
                calls += 1
                if calls > k:
                    os._exit(9)
                return call(*arguments, **named)

            return count

        for name in ("fsync", "rename", "unlink", "rmdir"):
            setattr(os, name, dying(getattr(os, name)))
        Checkpoints(folder, keep=1).save(state(2), {}, samples)

    seen = set()
    for k in range(100):
        folder = tmp_path / f"{k}"
        checkpoints = Checkpoints(folder, keep=1)
        folder.mkdir()
        checkpoints.save(state(1), {}, 1)
        code = exit_code(forked(lambda folder=folder, k=k: save_and_die(folder, k)))
        assert code in (0, 9)
        for path in folder.glob("0*"):
            checkpoints.load(path)  # No half of one is ever in sight.
        checkpoints.sweep()
        found = checkpoints.latest()
        assert found is not None, f"nothing left after call {k}"
        seed = int(found.parts["generator"]["steps"])
        assert same(found.parts, state(seed))
        assert not list(folder.glob(".*")), "sweep left something"
        seen.add(seed)
        if code == 0:
            break
    assert code == 0 and k > 10 and seen == {1, 2}


@posix
def test_kill_9_at_any_moment_of_a_loop_of_saves_costs_no_checkpoint(tmp_path):
    said: list[str] = []
    checkpoints = Checkpoints(tmp_path, keep=2, notify=said.append)
    checkpoints.save(state(0, 200), {}, 0)
    chance, last = random.Random(1), 0

    def save_for_ever(start: int) -> None:
        for seed in range(start, 10**6):
            Checkpoints(tmp_path, keep=2).save(state(seed, 200), {"seed": seed}, seed // 2)  # Every second replaces.

    for _ in range(12):
        child = forked(lambda start=2 * last + 2: save_for_ever(start))
        time.sleep(0.03 + chance.random() * 0.1)
        os.kill(child, signal.SIGKILL)
        assert exit_code(child) == -signal.SIGKILL
        checkpoints.sweep()
        found = checkpoints.latest()
        assert found is not None and found.samples >= last
        assert same(found.parts, state(found.values.get("seed", 0), 200))
        last = found.samples
    assert last > 0 and not said and not list(tmp_path.glob(".*"))


@posix
def test_a_full_disk_keeps_the_last_good_one_and_says_so_in_one_line(tmp_path):
    checkpoints = Checkpoints(tmp_path)
    checkpoints.save(state(1), {}, 1)
    reading, writing = os.pipe()

    def save_too_much() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
        try:
            checkpoints.save(state(2, 500), {}, 2)
        except CheckpointError as error:
            os.write(writing, str(error).encode())

    assert exit_code(forked(save_too_much)) == 0
    message = os.read(reading, 10_000).decode()
    os.close(reading), os.close(writing)
    assert message.startswith("no space left") and "needs 2.1 MB, " in message and " free; make room" in message
    assert str(tmp_path) in message and "\n" not in message
    assert [path.name for path in tmp_path.iterdir()] == ["000000000001"]
    assert same(checkpoints.latest().parts, state(1))


def test_a_directory_that_cannot_be_written_or_was_removed_is_one_line(tmp_path):
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(CheckpointError, match=r"cannot be written: not a directory; "):
        Checkpoints(file / "checkpoints").save(state(1), {}, 1)
    run = tmp_path / "run"
    run.mkdir()
    checkpoints = Checkpoints(run / "checkpoints")
    checkpoints.save(state(1), {}, 1)
    shutil.rmtree(run / "checkpoints")
    checkpoints.save(state(2), {}, 2)  # The run directory is still there.
    shutil.rmtree(run)
    with pytest.raises(CheckpointError, match=r"cannot be written: .*run/checkpoints was removed; "):
        checkpoints.save(state(2), {}, 3)
    assert checkpoints.latest() is None
    checkpoints.sweep()


@posix
def test_a_read_only_directory_is_one_line(tmp_path):
    tmp_path.chmod(0o555)
    reading, writing = os.pipe()

    def save() -> None:
        os.chdir(tmp_path)  # The way here is closed to the user that root becomes, whom permissions bind.
        if os.geteuid() == 0:
            os.setuid(65534)
        try:
            Checkpoints(Path("checkpoints")).save(state(1), {}, 1)
        except CheckpointError as error:
            os.write(writing, str(error).encode())

    assert exit_code(forked(save)) == 0
    os.close(writing)
    message = os.read(reading, 1000).decode()
    os.close(reading)
    place = "checkpoints/000000000001"
    assert message == f"{place} cannot be written: permission denied; choose another --run or allow writing there"


def test_a_rename_that_fails_once_is_tried_again_and_one_that_goes_on_failing_restores_the_old(tmp_path, monkeypatch):
    checkpoints = Checkpoints(tmp_path)
    checkpoints.save(state(1), {}, 1)
    rename, failures = os.rename, []

    def busy(source, target):
        if Path(source).name.startswith(".partial") and len(failures) < limit:
            failures.append(source)
            raise OSError(16, "Device or resource busy")
        rename(source, target)

    monkeypatch.setattr(os, "rename", busy)
    limit = 1
    checkpoints.save(state(2), {}, 1)
    assert same(checkpoints.latest().parts, state(2)) and len(failures) == 1
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    limit = 100
    with pytest.raises(CheckpointError, match="device or resource busy"):
        checkpoints.save(state(3), {}, 1)
    assert same(checkpoints.latest().parts, state(2))
    assert [path.name for path in tmp_path.iterdir()] == ["000000000001"]
