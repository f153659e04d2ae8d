"""Shards: packed, streamed, found again, and what is said when one is missing, cut short or out of reach."""

import hashlib
import http.server
import io
import json
import tarfile
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image as PILImage

from ganworks.domains import Dataset, Image
from ganworks.domains.image.shards import open as opening
from ganworks.domains.image.shards.blocks import BlockOrder
from ganworks.domains.image.shards.index import called
from ganworks.domains.image.shards.pack import pack
from ganworks.domains.image.shards.tar import Broken, Counted, ShardWriter, records
from ganworks.launch import Words, launch, plan
from ganworks.settings import ConfigError, DataError
from ganworks.training.feed import Feed
from ganworks.training.session import Session

COUNT, SIDE = 600, 12
PLAIN = Image(workers=0, retries=1)
BLOCKS = Image(workers=0, retries=1, block=64)


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GANWORKS_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(opening, "PAUSE", 0.01)
    return tmp_path / "cache"


@pytest.fixture
def arrays(tmp_path: Path) -> Path:
    """600 pictures, sorted by class."""
    rng = np.random.default_rng(0)
    x = rng.integers(0, 256, (COUNT, SIDE, SIDE, 3), dtype=np.uint8)
    np.savez(tmp_path / "data.npz", x=x, y=np.arange(COUNT) // 200)
    return tmp_path / "data.npz"


@pytest.fixture
def shards(arrays: Path, tmp_path: Path) -> Path:
    pack(PLAIN, str(arrays), tmp_path / "shards", 20_000)
    return tmp_path / "shards"


def hashes(dataset: Dataset, split: str) -> list[str]:
    source = getattr(dataset, split)
    x, labels = source.fetch(np.arange(len(source)))
    return [hashlib.sha256(each.tobytes() + bytes([label])).hexdigest() for each, label in zip(x, labels, strict=True)]


def feed_of(dataset: Dataset, batch: int = 16, position: int = 0) -> Feed:
    feed = Feed(dataset.train, PLAIN.fit(dataset), batch, torch.device("cpu"), 0)
    feed.position = position
    return feed


def tar_of(path: Path, pictures: int, label: bool = True, begin: int = 0) -> Path:
    """A shard as other programs write them."""
    with tarfile.open(path, "w") as packed:
        for i in range(begin, begin + pictures):
            content = io.BytesIO()
            PILImage.fromarray(np.random.default_rng(i).integers(0, 256, (9, 9, 3), dtype=np.uint8)).save(
                content, "PNG"
            )
            members = {"png": content.getvalue()} | ({"json": json.dumps({"label": i % 3}).encode()} if label else {})
            for suffix, data in members.items():
                entry = tarfile.TarInfo(f"a/{'long' * 40}-{i}.{suffix}")
                entry.size = len(data)
                packed.addfile(entry, io.BytesIO(data))
    return path


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[str, dict[str, int]]]:
    """A server of the test's folder, and what it shall do wrong: requests to cut short, or to answer with an error."""
    wrong = {"cut": 0, "error": 0, "asked": 0, "ranges": 1}

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            wrong["asked"] += 1
            path = tmp_path / self.path.lstrip("/").partition("?")[0]
            if wrong["error"]:
                wrong["error"] -= 1
                return self.send_error(503)
            if not path.is_file():
                return self.send_error(404)
            data, begin = path.read_bytes(), 0
            if wrong["ranges"] and (asked := self.headers.get("Range")):
                begin = int(asked.removeprefix("bytes=").rstrip("-"))
            self.send_response(206 if begin else 200)
            self.send_header("Content-Length", str(len(data) - begin))
            self.end_headers()
            data = data[begin:]
            if wrong["cut"] and path.suffix == ".tar":
                wrong["cut"] -= 1
                data = data[: len(data) // 2]
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}", wrong
    server.shutdown()
    server.server_close()


def test_packing_keeps_every_picture_its_label_and_its_split(arrays: Path, shards: Path) -> None:
    whole, streamed = PLAIN.read(str(arrays)), PLAIN.read(str(shards))
    for split in ("train", "validation", "test"):
        assert sorted(hashes(whole, split)) == sorted(hashes(streamed, split))
    assert streamed.classes == whole.classes == ("0", "1", "2")
    assert streamed.facts == whole.facts
    assert len(set(streamed.train.fetch(np.arange(30)).labels.tolist())) == 3  # no longer sorted by class


def test_packing_goes_on_behind_the_last_whole_shard_and_ends_in_the_same_bytes(shards: Path, arrays: Path) -> None:
    before = {path.name: path.read_bytes() for path in shards.iterdir()}
    tree = json.loads(before["index.json"])
    (shards / "index.json").write_text(json.dumps({**tree, "complete": False, "shards": tree["shards"][:5]}))
    with pytest.raises(DataError, match=r"stopped at [\d,]+ of 600 records; run that command again"):
        PLAIN.read(str(shards))
    (shards / "000003.tar").write_bytes(b"")
    (shards / ".partial-1-000005.tar").write_bytes(b"half")
    assert pack(PLAIN, str(arrays), shards, 20_000).kept == 3
    assert {path.name: path.read_bytes() for path in shards.iterdir()} == before


def test_packing_refuses_a_folder_of_other_shards_and_data_without_end(shards: Path, arrays: Path) -> None:
    with pytest.raises(DataError, match="other data, or of other settings; choose another folder"):
        pack(Image(size=(8, 8)), str(arrays), shards, 20_000)
    with pytest.raises(DataError, match="drawn without end"):
        pack(PLAIN, "glyphs", shards.parent / "more")
    with pytest.raises(ConfigError, match="shard-bytes must be at least"):
        pack(PLAIN, str(arrays), shards, -1)


@pytest.mark.parametrize("dtype,channels", [(np.uint16, 1), (np.uint16, 3), (np.uint8, 5), (np.uint8, 4)])
def test_any_kind_of_picture_survives_packing(tmp_path: Path, dtype: type, channels: int) -> None:
    x = np.random.default_rng(0).integers(0, np.iinfo(dtype).max, (40, 8, 8, channels), dtype=dtype)
    np.save(tmp_path / "x.npy", x)
    pack(PLAIN, str(tmp_path / "x.npy"), tmp_path / "s")
    train = PLAIN.read(str(tmp_path / "s")).train
    assert {row.tobytes() for row in train.fetch(np.arange(len(train))).x} <= {row.tobytes() for row in x}


def test_the_order_visits_every_record_once_and_reads_no_more_than_a_block_ahead() -> None:
    counts, seen = np.array([5, 3, 8, 1, 6, 7, 2], np.int64), []
    order = BlockOrder(counts, 3, 9, lambda now, soon: seen.append((set(now.tolist()), set(soon.tolist()))))
    whole = np.concatenate([order[start : start + 4] for start in range(0, 32, 4)])
    assert sorted(whole.tolist()) == list(range(32))
    assert np.array_equal(BlockOrder(counts, 3, 9, lambda *_: None)[11:19], whole[11:19])
    assert not np.array_equal(BlockOrder(counts, 4, 9, lambda *_: None)[:], whole)
    shard_of = np.repeat(np.arange(7), counts)
    for i, (now, soon) in enumerate(seen):
        assert set(shard_of[whole[4 * i : 4 * i + 4]].tolist()) <= now and not now & soon
        assert sum(counts[list(now)]) < 32
    assert len(order[40:50]) == 0


def test_training_from_shards_sees_every_record_of_an_epoch_and_finds_any_place_again(shards: Path) -> None:
    dataset = BLOCKS.read(str(shards))
    count = len(dataset.train)
    feed = feed_of(dataset, 16)
    seen = torch.cat([next(feed).x for _ in range(2 * count // 16)])
    decoded = PLAIN.fit(dataset).decode(seen)
    known = {row.tobytes() for row in dataset.train.fetch(np.arange(count)).x}
    for epoch in (decoded[:count], decoded[count : 2 * count]):
        assert {row.tobytes() for row in epoch} >= known if len(epoch) == count else True
    for position in (0, 48, count - 8, count + 160):
        later = next(feed_of(BLOCKS.read(str(shards)), 16, position)).x
        assert torch.equal(later, seen[position : position + 16])


def test_a_worker_process_a_thread_and_the_cache_give_the_same_records(shards: Path, own_cache: Path) -> None:
    told: list[str] = []
    batches = []
    for image in (Image(workers=1), Image(workers=0, cache_bytes=0), Image(workers=0), Image(workers=0)):
        feed = feed_of(image.read(str(shards), told.append), 64)
        batches.append(torch.cat([next(feed).x for _ in range(6)]))
        assert not list((own_cache / "image" / "shards").glob("*.part"))
    assert all(torch.equal(batches[0], each) for each in batches[1:]) and told == []
    kept = list((own_cache / "image" / "shards").glob("*.npy"))
    assert kept and sum(path.stat().st_size for path in kept) < 600_000


def test_without_a_cache_nothing_stays_on_disk(shards: Path, own_cache: Path) -> None:
    next(feed_of(Image(workers=0, cache_bytes=0).read(str(shards))))
    assert not list((own_cache / "image" / "shards").glob("*.npy"))


@pytest.mark.parametrize("workers", [0, 1])
def test_where_the_cache_cannot_be_written_shards_are_unpacked_in_memory(
    shards: Path, monkeypatch: pytest.MonkeyPatch, workers: int
) -> None:
    whole = next(feed_of(PLAIN.read(str(shards)))).x
    (shards.parent / "file").write_text("")
    monkeypatch.setenv("GANWORKS_CACHE", str(shards.parent / "file"))
    told: list[str] = []
    assert torch.equal(next(feed_of(Image(workers=workers).read(str(shards), told.append))).x, whole)
    assert len(told) == 1 and "shards are unpacked in memory from now on" in told[0]


def test_shards_of_others_are_read_without_an_index(tmp_path: Path) -> None:
    folder = tmp_path / "others"
    folder.mkdir()
    for i in range(4):
        tar_of(folder / f"part-{i}.tar", 50, begin=50 * i)
    dataset = PLAIN.read(str(folder))
    again = PLAIN.read(f"{folder}/part-{{0..3}}.tar")
    assert dataset.fingerprint == again.fingerprint and dataset.classes == ("0", "1", "2")
    assert dataset.facts["height"] == 9 and dataset.facts["channels"] == 3
    splits = [hashes(dataset, split) for split in ("train", "validation", "test")]
    assert sum(map(len, splits)) == 200 == len(set().union(*splits)) and all(splits)
    assert [hashes(again, split) for split in ("train", "validation", "test")] == splits


def test_only_as_many_records_are_held_out_as_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for i in range(4):
        tar_of(tmp_path / f"{i}.tar", 100, begin=100 * i)
    monkeypatch.setattr("ganworks.domains.image.shards.read.HELD_OUT", 10)
    dataset = Image(workers=0, validation=0.2, test=0.2).read(str(tmp_path / "{0..3}.tar"))
    assert len(dataset.validation) == len(dataset.test) == 10 and len(dataset.train) > 340


@pytest.mark.parametrize(
    "harm,line",
    [
        (lambda path: path.unlink(), "this shard is missing; put it back, and the same command goes on"),
        (lambda path: path.write_bytes(b""), "this shard is empty instead of "),
        (lambda path: path.write_bytes(path.read_bytes()[:5000]), "this shard is 5,000 bytes long instead of "),
        (
            lambda path: path.write_bytes(path.read_bytes()[:-4000] + bytes([7]) * 4000),
            "other bytes than the index says",
        ),
    ],
)
def test_a_shard_that_is_not_what_it_was_stops_before_anything_moved(shards: Path, harm, line: str) -> None:
    dataset = BLOCKS.read(str(shards))
    feed = feed_of(dataset)
    for path in shards.glob("*.tar"):
        harm(path)
    with pytest.raises(DataError, match=line) as caught:
        feed.prepare(2)
    assert ".tar: " in str(caught.value) and "\n" not in str(caught.value) and feed.position == 0


def test_a_repaired_shard_is_read_by_the_same_source(shards: Path) -> None:
    dataset = PLAIN.read(str(shards))
    feed, kept = feed_of(dataset), {path: path.read_bytes() for path in shards.glob("*.tar")}
    for path in kept:
        path.write_bytes(b"")
    with pytest.raises(DataError, match="is empty"):
        feed.prepare(1)
    for path, data in kept.items():
        path.write_bytes(data)
    assert torch.equal(next(feed).x, next(feed_of(PLAIN.read(str(shards)))).x)


def test_a_run_that_loses_a_shard_goes_on_bit_for_bit_when_it_is_back(
    shards: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = (
        "batch=8", "checkpoints=1", "previews=1", "health.judgements=2", "generator.width=4", "discriminator.width=4",
        "domain.workers=0", "domain.block=20", "domain.cache_bytes=0",
    )  # fmt: skip

    def go(name: str) -> bytes:
        words = Words(str(shards), "lean-28", samples=64, folder=str(tmp_path / name), settings=settings)
        launch(plan(words))
        return (tmp_path / name / "model" / "model.safetensors").read_bytes()

    whole = go("whole")
    kept, played = {path: path.read_bytes() for path in shards.glob("*.tar")}, Session.step

    def step(session: Session):
        if session.game.steps == 4:
            for path in kept:
                path.write_bytes(b"")
        return played(session)

    with monkeypatch.context() as patched, pytest.raises(DataError, match="this shard is empty"):
        patched.setattr(Session, "step", step)
        go("harmed")
    for path, data in kept.items():
        path.write_bytes(data)
    assert go("harmed") == whole


def test_a_bad_picture_gives_its_place_to_another_unless_strict(tmp_path: Path) -> None:
    with tarfile.open(tar_of(tmp_path / "0.tar", 30, label=False), "a") as packed:
        entry = tarfile.TarInfo("bad.png")
        entry.size = 5
        packed.addfile(entry, io.BytesIO(b"\x89PNG\r"))
    told: list[str] = []
    dataset = PLAIN.read(f"{tmp_path}/{{0..0}}.tar", told.append)
    dataset.train.fetch(np.arange(len(dataset.train)))
    assert any("0.tar/bad: truncated after 5 bytes; 1 of" in line for line in told)
    strict = PLAIN.read(f"{tmp_path}/{{0..0}}.tar", strict=True)
    with pytest.raises(DataError, match=r"0\.tar/bad: truncated after 5 bytes"):
        strict.train.fetch(np.arange(len(strict.train)))


def test_a_server_that_stutters_is_asked_again_from_where_it_stopped(shards: Path, served) -> None:
    base, wrong = served
    image = Image(workers=0, retries=3, cache_bytes=0)
    local = torch.cat([next(feed).x for feed in [feed_of(image.read(str(shards)))] for _ in range(8)])
    wrong.update(cut=3, error=1)
    told: list[str] = []
    dataset = image.read(f"{base}/shards/index.json?key=secret", told.append)
    feed = feed_of(dataset)
    assert torch.equal(torch.cat([next(feed).x for _ in range(8)]), local)
    assert dataset.fingerprint == PLAIN.read(str(shards)).fingerprint
    assert any("closed early; asking again from byte" in line for line in told)
    assert any("answers 503" in line for line in told) and not any("secret" in line for line in told)
    wrong.update(cut=2, ranges=0)  # a server that knows no ranges begins anew
    assert len(image.read(f"{base}/shards/{{000000..000002}}.tar").train) > 0


def test_a_server_that_stays_silent_ends_in_one_line(shards: Path, served) -> None:
    base, wrong = served
    dataset = PLAIN.read(f"{base}/shards/")
    wrong["error"] = 10**6
    with pytest.raises(DataError, match=r"stopped answering at byte 0 \(answers 503 .*\), asked 2 times; see that"):
        feed_of(dataset).prepare(1)
    wrong["error"] = 0
    with pytest.raises(DataError, match="there is no index"):
        PLAIN.read(f"{base}/elsewhere/index.json")
    with pytest.raises(DataError, match=r"0.tar: answers 404 Not Found; put it back"):
        PLAIN.read(f"{base}/none/{{0..3}}.tar")
    with pytest.raises(DataError, match=r"wanted .tar shards such as"):
        PLAIN.read(f"{base}/none.zip")


def test_any_file_system_of_fsspec_will_do(shards: Path) -> None:
    fsspec = pytest.importorskip("fsspec")
    memory = fsspec.filesystem("memory")
    for path in shards.iterdir():
        memory.pipe(f"/pictures/{path.name}", path.read_bytes())
    dataset = PLAIN.read("memory://pictures/index.json")
    assert dataset.fingerprint == PLAIN.read(str(shards)).fingerprint
    assert torch.equal(next(feed_of(dataset)).x, next(feed_of(PLAIN.read(str(shards)))).x)
    memory.rm("/pictures/", recursive=True)
    with pytest.raises(DataError, match="there is no index"):
        PLAIN.read("memory://pictures/index.json")
    with pytest.raises(DataError, match="nowhere://"):
        PLAIN.read("nowhere://pictures/index.json")


@pytest.mark.parametrize(
    "text,line",
    [
        ("{}", "wanted an index that"),
        ('{"format": 9, "shards": [], "size": [4, 4], "mode": "L"}', "written in format 9"),
    ],
)
def test_an_index_that_is_none_is_named(tmp_path: Path, text: str, line: str) -> None:
    (tmp_path / "index.json").write_text(text)
    tar_of(tmp_path / "0.tar", 3)
    with pytest.raises(DataError, match=line):
        PLAIN.read(str(tmp_path))


@pytest.mark.parametrize(
    "text,name",
    [
        ("data/birds.zip", "birds"),
        ("https://user:word@host/birds/{000000..000099}.tar?key=1", "birds"),
        ("s3://bucket/birds/index.json", "birds"),
        ("memory://birds/", "birds"),
        ("birds", "birds"),
    ],
)
def test_data_is_called_after_itself_and_shards_after_their_folder(text: str, name: str) -> None:
    assert called(text) == name


def test_shards_cannot_lead_out_of_their_folder(shards: Path) -> None:
    tree = json.loads((shards / "index.json").read_text())
    tree["shards"][0]["name"] = "../secret.tar"
    (shards / "index.json").write_text(json.dumps(tree))
    with pytest.raises(ValueError, match="wanted a name below the index"):
        PLAIN.read(str(shards))


def test_a_folder_of_pictures_with_a_tar_beside_them_is_still_a_folder_of_pictures(good: Path) -> None:
    tar_of(good / "more.tar", 3)
    assert Image().read(str(good)).facts["records"] == 30


def test_shards_are_read_as_tarfile_reads_them_and_damage_is_seen(tmp_path: Path) -> None:
    path = tar_of(tmp_path / "a.tar", 7)
    with path.open("rb") as file:
        found = list(records(counted := Counted(file, hashing=True)))
    assert [each.label for each in found] == [i % 3 for i in range(7)] and len({each.key for each in found}) == 7
    assert counted.sha256 == hashlib.sha256(path.read_bytes()).hexdigest() and counted.bytes == path.stat().st_size
    writer = ShardWriter(tmp_path / "b.tar")
    writer.add("00000000", {"png": b"picture", "cls": b"4"})
    size, sha256 = writer.finish()
    with tarfile.open(tmp_path / "b.tar") as packed:
        assert packed.getnames() == ["00000000.png", "00000000.cls"]
    assert (size, sha256) == (
        (tmp_path / "b.tar").stat().st_size,
        hashlib.sha256((tmp_path / "b.tar").read_bytes()).hexdigest(),
    )
    for harmed in (path.read_bytes()[:3000], b"no archive" * 100, bytes([1]) + path.read_bytes()):
        with pytest.raises(Broken):
            list(records(Counted(io.BytesIO(harmed), hashing=False)))
