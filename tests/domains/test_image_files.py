"""Folders, archives and manifests of picture files: what is found, labelled, split, refused."""

import io
import os
import tarfile
import zipfile

import numpy as np
import pytest
from PIL import Image as PILImage

from ganworks.domains.image import Image
from ganworks.settings import DataError

ALL_TRAIN = {"validation": 0.0, "test": 0.0}


def png(value=0, size=(8, 8)):
    """One grey picture whose every pixel has this value."""
    buffer = io.BytesIO()
    PILImage.new("L", size, value).save(buffer, "PNG")
    return buffer.getvalue()


def lay(root, files):
    root.mkdir(exist_ok=True)
    for name, data in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return str(root)


def packed_zip(path, files):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return str(path)


def packed_tar(path, files, mode="w:gz"):
    with tarfile.open(path, mode) as archive:
        for name, data in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return str(path)


STORES = {
    "folder": lambda tmp, files: lay(tmp / "set", files),
    "zip": lambda tmp, files: packed_zip(tmp / "set.zip", files),
    "tar": lambda tmp, files: packed_tar(tmp / "set.tar", files, "w"),
    "tar.gz": lambda tmp, files: packed_tar(tmp / "set.tar.gz", files),
    "tgz": lambda tmp, files: packed_tar(tmp / "set.tgz", files),
}


@pytest.fixture(params=STORES)
def store(request, tmp_path):
    """A function from {name: bytes} to the path of a folder or archive that holds them."""
    return lambda files: STORES[request.param](tmp_path, files)


def values(source):
    """The value of each one-coloured picture of a split."""
    return source.fetch(np.arange(len(source))).x[:, 0, 0, 0].tolist()


def labels(source):
    return source.fetch(np.arange(len(source))).labels.tolist()


def test_first_level_folders_are_classes(store):
    files = {"cat/a.png": png(1), "cat/deep/b.png": png(2), "dog 🐕/c.png": png(3), "猫/d.png": png(4)}
    dataset = Image(**ALL_TRAIN).read(store(files))
    assert dataset.classes == ("cat", "dog 🐕", "猫")
    assert values(dataset.train) == [1, 2, 3, 4]
    assert labels(dataset.train) == [0, 0, 1, 2]


@pytest.mark.parametrize(
    "names",
    [["a.png", "b.png"], ["x/a.png", "x/b.png"], ["a.png", "x/b.png"], ["x/1/a.png", "x/b.png"]],
    ids=["flat", "one folder", "one loose", "one loose in a root"],
)
def test_other_layouts_have_no_classes(store, names):
    dataset = Image(**ALL_TRAIN).read(store({name: png(i) for i, name in enumerate(names)}))
    assert dataset.classes == ()
    assert dataset.train.fetch(np.array([0])).labels is None


def test_a_root_folder_around_everything_is_stripped(store):
    dataset = Image(**ALL_TRAIN).read(store({"set/cat/a.png": png(1), "set/dog/b.png": png(2)}))
    assert dataset.classes == ("cat", "dog")


@pytest.mark.parametrize("held_out", ["val", "valid", "validation"])
def test_folders_named_after_splits_are_official_splits(store, held_out):
    files = {
        "train/cat/a.png": png(1), "train/dog/b.png": png(2), f"{held_out}/cat/c.png": png(3),
        "Test/dog/d.png": png(4), "Test/cat/e.png": png(5),
    }  # fmt: skip
    dataset = Image(validation=0.9, test=0.05).read(store(files))
    assert values(dataset.train) == [1, 2]
    assert values(dataset.validation) == [3]
    assert sorted(values(dataset.test)) == [4, 5]
    assert dataset.classes == ("cat", "dog")
    assert labels(dataset.train) == [0, 1]


def test_hidden_files_and_other_kinds_are_counted_not_read(store):
    files = {"a.png": png(1), "._a.png": b"junk", ".thumbs/b.png": png(2), "__MACOSX/a.png": b"", "notes.txt": b"hi"}
    dataset = Image(**ALL_TRAIN).read(store(files))
    assert values(dataset.train) == [1]
    assert "4 files of other kinds were not looked at" in dataset.notes
    assert dataset.skipped == ()


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({}, "no pictures in .*: wanted PNG, JPEG, .*; found no files"),
        ({"a.txt": b"", "b.csv": b"", "c.zip": b""}, "; found 3 files of other kinds"),
        ({"a.png": b"", "b.png": b""}, "no usable pictures in .*: all 2 were left out, a.png: empty"),
    ],
)
def test_nothing_usable_is_one_line(store, files, words):
    with pytest.raises(DataError, match=words) as error:
        Image().read(store(files))
    assert "\n" not in str(error.value)


def test_the_same_pictures_have_the_same_content_in_every_kind_of_store(tmp_path):
    files = {f"{kind}/{i}.png": png(10 * i + len(kind)) for kind in ("cat", "horse") for i in range(5)}
    found = [Image().read(make(tmp_path, files)).fingerprint for make in STORES.values()]
    assert len(set(found)) == 1


def test_names_of_every_sort_work_and_are_shown_printable(tmp_path):
    names = [b"with space.png", "🐈 猫.png".encode(), b"\xff\xfe latin.png", b"new\nline.png", b"x" * 251 + b".png"]
    for number, name in enumerate(names):
        with open(os.path.join(os.fsencode(tmp_path), name), "wb") as file:  # noqa: PTH123, PTH118  bytes are no Path
            file.write(png(number) if number < 2 else b"broken")
    dataset = Image(**ALL_TRAIN).read(str(tmp_path))
    assert sorted(values(dataset.train)) == [0, 1]
    shown = [each.name for each in dataset.skipped]
    assert "\\xff\\xfe latin.png" in shown
    assert "new\\nline.png" in shown
    assert all(name.isprintable() and name.encode("utf-8") for name in shown)


def test_a_folder_whose_name_is_no_utf8_is_a_printable_class(tmp_path):
    for name in (b"caf\xe9", b"tea"):
        folder = os.fsencode(tmp_path) + b"/" + name
        os.mkdir(folder)  # noqa: PTH102  bytes are no Path
        with open(folder + b"/a.png", "wb") as file:  # noqa: PTH123
            file.write(png(len(name)))
    assert Image().read(str(tmp_path)).classes == ("caf\\xe9", "tea")


def test_links_are_followed_and_loops_end(tmp_path):
    lay(tmp_path / "set", {"a/1.png": png(1), "b/2.png": png(2)})
    lay(tmp_path / "far", {"3.png": png(3)})
    (tmp_path / "set/a/loop").symlink_to(tmp_path / "set")
    (tmp_path / "set/c").symlink_to(tmp_path / "far")
    (tmp_path / "set/b/self").symlink_to("self")
    (tmp_path / "set/b/gone.png").symlink_to("nowhere.png")
    os.mkfifo(tmp_path / "set/b/pipe.png")
    dataset = Image(**ALL_TRAIN).read(str(tmp_path / "set"))
    assert values(dataset.train) == [1, 2, 3]
    assert dataset.classes == ("a", "b", "c")
    reasons = {each.name: each.reason for each in dataset.skipped}
    assert reasons == {"b/gone.png": "a link that leads nowhere", "b/pipe.png": "not a regular file"}


def test_strict_stops_at_the_first_bad_file_even_when_the_cache_knows_the_set(tmp_path):
    root = lay(tmp_path / "photos", {"a.png": png(1, (64, 64))[:60], **{f"{i}.png": png(i) for i in range(4)}})
    for read in range(3):
        if read == 1:
            assert len(Image(**ALL_TRAIN).read(root).skipped) == 1
            continue
        with pytest.raises(DataError, match=r"photos/a\.png: truncated after 60 bytes \(1 of 5\)$"):
            Image(**ALL_TRAIN).read(root, strict=True)


@pytest.mark.parametrize("count", [1, 2, 3, 7])
def test_a_handful_of_pictures_can_be_read(tmp_path, count):
    dataset = Image().read(lay(tmp_path, {f"{i}.png": png(i) for i in range(count)}))
    assert len(dataset.train) > 0
    assert len(dataset.train) + len(dataset.validation) + len(dataset.test) == count


def test_a_single_picture_file_is_a_set_of_one(tmp_path):
    lay(tmp_path, {"a.png": png(5), "b.png": png(6)})
    assert values(Image().read(str(tmp_path / "a.png")).train) == [5]


HOSTILE = ["../up.png", "a/../../up.png", "/etc/up.png", "C:up.png", "a\\b.png", "a.png\0.txt", "../../etc/passwd"]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_in_an_archive_is_refused(tmp_path, name):
    reads = [packed_tar(tmp_path / "a.tar", {"good.png": png(1), name.replace("\0", "\\"): png(2)}, "w")]
    raw = tmp_path / "a.zip"
    placeholder = "N" * len(name)  # zipfile would tidy a NUL away on writing
    packed_zip(raw, {"good.png": png(1), placeholder: png(2)})
    raw.write_bytes(raw.read_bytes().replace(placeholder.encode(), name.encode()))
    for path in [*reads, str(raw)]:
        dataset = Image(**ALL_TRAIN).read(path)
        assert values(dataset.train) == [1]
        assert len(dataset.skipped) == 1
        assert "name" in dataset.skipped[0].reason
        assert dataset.skipped[0].name.isprintable()
    assert not (tmp_path.parent / "up.png").exists()


def test_links_devices_and_duplicates_in_a_tar_are_refused(tmp_path):
    path = tmp_path / "a.tar"
    with tarfile.open(path, "w") as archive:
        kinds = [None, None, tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE]
        for name, kind in zip(["good.png", "good.png", "s.png", "h.png", "d.png", "f.png"], kinds, strict=True):
            entry = tarfile.TarInfo(name)
            entry.type, entry.linkname = kind or tarfile.REGTYPE, "good.png" if kind else ""
            entry.size = 0 if kind else len(png(1))
            archive.addfile(entry, io.BytesIO(png(1)))
    dataset = Image(**ALL_TRAIN).read(str(path))
    assert values(dataset.train) == [1]
    assert [each.reason for each in dataset.skipped] == [
        "a second member of the same name", *["a link or a device"] * 4
    ]  # fmt: skip


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_links_duplicates_and_ciphers_in_a_zip_are_refused(tmp_path):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("good.png", png(1))
        archive.writestr("good.png", png(2))
        link = zipfile.ZipInfo("link.png")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "good.png")
        archive.writestr("locked.png", png(3))
    data = bytearray(path.read_bytes())
    at = data.rindex(b"PK\x01\x02", 0, data.rindex(b"locked.png"))
    data[at + 8] |= 1
    path.write_bytes(bytes(data))
    dataset = Image(**ALL_TRAIN).read(str(path))
    assert values(dataset.train) == [1]
    assert [each.reason for each in dataset.skipped] == [
        "a second member of the same name", "a link or a device", "encrypted"
    ]  # fmt: skip


def test_a_damaged_member_is_left_out(tmp_path):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.png", png(1))
        archive.writestr("b.png", png(2))
    data = path.read_bytes()
    place = data.index(png(2)) + 20
    path.write_bytes(data[:place] + b"!!" + data[place + 2 :])
    dataset = Image(**ALL_TRAIN).read(str(path))
    assert values(dataset.train) == [1]
    assert dataset.skipped[0].name == "b.png"
    assert "cannot be unpacked" in dataset.skipped[0].reason


def test_bombs_are_refused(tmp_path):
    zeros = bytes(70_000_000)
    packed_zip(tmp_path / "a.zip", {"bomb.bmp": zeros, "good.png": png(1)})
    dataset = Image(**ALL_TRAIN).read(str(tmp_path / "a.zip"))
    assert "bomb" in dataset.skipped[0].reason
    packed_tar(tmp_path / "a.tar.gz", {"bomb.bmp": zeros})
    with pytest.raises(DataError, match="refused as a bomb"):
        Image().read(str(tmp_path / "a.tar.gz"))


def test_overlapping_members_are_refused(tmp_path):
    path = tmp_path / "a.zip"
    packed_zip(path, {"a.png": png(1, (64, 64)), "b.png": png(2)})
    data = bytearray(path.read_bytes())
    at = data.rindex(b"PK\x01\x02")
    data[at + 42 : at + 46] = (10).to_bytes(4, "little")
    path.write_bytes(bytes(data))
    with pytest.raises(DataError, match="overlap"):
        Image().read(str(path))


@pytest.mark.parametrize("name", ["a.zip", "a.tar", "a.tar.gz", "a.tgz"])
@pytest.mark.parametrize("data", [b"", b"nonsense" * 100])
def test_a_file_that_is_no_archive_is_one_line(tmp_path, name, data):
    (tmp_path / name).write_bytes(data)
    with pytest.raises(DataError, match=r"wanted a (zip|tar) archive|no pictures in") as error:
        Image().read(str(tmp_path / name))
    assert "\n" not in str(error.value)


def test_a_packed_tar_cut_short_is_one_line(tmp_path):
    rng = np.random.default_rng(0)
    path = tmp_path / "a.tar.gz"
    packed_tar(path, {f"{i}.png": rng.bytes(4000) for i in range(9)})
    path.write_bytes(path.read_bytes()[:20_000])
    with pytest.raises(DataError, match="wanted a tar archive"):
        Image().read(str(path))


@pytest.mark.parametrize("kind", ["csv", "jsonl"])
@pytest.mark.parametrize("column", ["path", "file", "image"])
def test_a_manifest_names_pictures_labels_and_splits(tmp_path, kind, column):
    lay(tmp_path, {"x/1.png": png(1), "x/2.png": png(2), "3.png": png(3), "4.png": png(4)})
    rows = [("x/1.png", "cat", "train"), ("x/2.png", "dog", "val"), ("3.png", "cat", "test"), ("4.png", "emu", "")]
    if kind == "csv":
        lines = [f"{column},label,split", *(",".join(row) for row in rows)]
    else:
        lines = [f'{{"{column}": "{p}", "label": "{c}", "split": "{s}"}}' for p, c, s in rows]
    (tmp_path / f"list.{kind}").write_text("\n".join(lines))
    dataset = Image(**ALL_TRAIN).read(str(tmp_path / f"list.{kind}"))
    assert dataset.classes == ("cat", "dog", "emu")
    assert values(dataset.train) == [1, 4]
    assert labels(dataset.train) == [0, 2]
    assert values(dataset.validation) == [2]
    assert values(dataset.test) == [3]


def test_a_manifest_may_not_leave_its_folder(tmp_path):
    lay(tmp_path, {"out.png": png(9), "set/in.png": png(1)})
    paths = ["path", "in.png", "../out.png", str(tmp_path / "out.png"), "x/../../out.png", "none.png", "./in.png"]
    (tmp_path / "set/list.csv").write_text("\n".join(paths))
    dataset = Image().read(str(tmp_path / "set/list.csv"))
    assert values(dataset.train) == [1]
    leaves = "its path leaves the manifest's folder"
    assert [each.reason for each in dataset.skipped] == [
        leaves, leaves, leaves, "cannot be opened (No such file or directory)", "listed twice"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("a.csv", "name\na.png", "line 2: wanted a column path"),
        ("a.csv", "path,split\na.png,dev", "line 2: split must be train, validation or test, got 'dev'"),
        ("a.csv", b"path\n\xff\xfe", "UTF-8"),
        ("a.jsonl", "[1]", "line 1: wanted an object"),
        ("a.jsonl", "{nonsense", "one JSON object a line"),
    ],
)
def test_a_bad_manifest_is_one_line(tmp_path, name, text, words):
    (tmp_path / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(DataError, match=words) as error:
        Image().read(str(tmp_path / name))
    assert "\n" not in str(error.value)


def test_some_labels_missing_means_none_and_is_said(tmp_path):
    lay(tmp_path, {"1.png": png(1), "2.png": png(2)})
    (tmp_path / "list.csv").write_text("path,label\n1.png,cat\n2.png,")
    dataset = Image(**ALL_TRAIN).read(str(tmp_path / "list.csv"))
    assert dataset.classes == ()
    assert any("1 of 2 pictures have none" in note for note in dataset.notes)


def test_grey_among_colour_becomes_rgb_and_is_said(tmp_path):
    lay(tmp_path, {"a.png": png(7)})
    PILImage.new("RGB", (8, 8), (1, 2, 3)).save(tmp_path / "b.png")
    dataset = Image(**ALL_TRAIN).read(str(tmp_path))
    assert dataset.train.fetch(np.array([0])).x[0, 0, 0].tolist() == [7, 7, 7]
    assert "1 of 2 pictures are grey; converted to RGB" in dataset.notes


@pytest.mark.parametrize(
    ("sides", "longest", "expected"),
    [
        ([(30, 20), (30, 20)], 64, (20, 30)),
        ([(128, 128)] * 2, 64, (64, 64)),
        ([(128, 64), (100, 50), (60, 30)], 64, (32, 64)),
        ([(30, 20), (20, 30), (20, 20)], 32, (32, 32)),
        ([(300, 200)], 64, (40, 64)),
    ],
)
def test_the_size_is_chosen_from_the_data(tmp_path, sides, longest, expected):
    dataset = Image(longest=longest).read(lay(tmp_path, {f"{i}.png": png(i, side) for i, side in enumerate(sides)}))
    assert (dataset.facts["height"], dataset.facts["width"]) == expected


def damaged(data, rng):
    """Bytes changed, lost from the end, or put in, here and there."""
    data = bytearray(data)
    for _ in range(int(rng.integers(1, 4))):
        place = int(rng.integers(len(data)))
        kind = rng.integers(4)
        if kind == 0:
            data = data[: place + 1]
        elif kind == 1:
            data[place:place] = rng.bytes(3)
        else:
            data[place if kind == 2 else place % 64 % len(data)] = int(rng.integers(256))
    return bytes(data)


@pytest.mark.parametrize(
    "name", ["a.zip", "a.tar", "a.tar.gz", "a.npz", "a.npy", "idx3-ubyte", "a.tif", "a.gif", "a.webp"]
)
def test_damage_at_random_places_ends_in_one_line_or_a_quarantine(tmp_path, name):
    path = tmp_path / name
    picture = png(7)
    if name == "a.zip":
        packed_zip(path, {"a/1.png": picture, "b/2.png": picture})
    elif "tar" in name:
        packed_tar(path, {"a/1.png": picture, "b/2.png": picture}, "w" if name == "a.tar" else "w:gz")
    elif name == "a.npz":
        np.savez_compressed(path, x=np.zeros((3, 8, 8), np.uint8), y=np.arange(3))
    elif name == "a.npy":
        np.save(path, np.zeros((3, 8, 8), np.uint8))
    elif name == "idx3-ubyte":
        path = tmp_path / "train-images-idx3-ubyte"
        path.write_bytes(b"\0\0\x08\x03" + np.array([3, 8, 8], ">u4").tobytes() + bytes(192))
    else:
        PILImage.new("L", (8, 8), 7).save(path)
    whole, rng = path.read_bytes(), np.random.default_rng(0)
    for _ in range(25):
        path.write_bytes(damaged(whole, rng))
        try:
            skipped = Image(size=(8, 8)).read(str(path)).skipped
        except DataError as error:
            assert "\n" not in str(error)
        else:
            assert all(each.name.isprintable() and each.reason.isprintable() for each in skipped)
