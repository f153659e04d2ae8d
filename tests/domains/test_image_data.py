"""Arrays, classic formats, built-in sets, splits by content, and the cache of decoded pictures."""

import gzip
import json
import os
import socket
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as PILImage

from ganworks.domains.image import Image
from ganworks.domains.image.splits import assigned
from ganworks.settings import DataError

RNG = np.random.default_rng(0)
X = RNG.integers(0, 256, (40, 8, 12), dtype=np.uint8)
Y = np.arange(40) % 4


def everything(dataset):
    """Pictures, labels and split of all records, as one dictionary by content."""
    found = {}
    for split in ("train", "validation", "test"):
        source = getattr(dataset, split)
        x, labels = source.fetch(np.arange(len(source)))
        for i, picture in enumerate(x):
            found[picture.tobytes()] = (split, None if labels is None else int(labels[i]))
    return found


def stored(root, pictures):
    root.mkdir(exist_ok=True)
    for i, picture in enumerate(pictures):
        PILImage.fromarray(picture).save(root / f"{i:03d}.png")
    return str(root)


def decoded_files(cache):
    return sorted((cache / "image").glob("*/pictures.npy"))


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    """A cache of this test's own, whose files can be counted."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("GANWORKS_CACHE", str(folder))
    return folder


@pytest.mark.parametrize(
    ("array", "shape"),
    [
        (X, (8, 12, 1)),
        (X[..., None], (8, 12, 1)),
        (X[:, None], (8, 12, 1)),
        (X[..., None].repeat(3, 3), (8, 12, 3)),
        (X[:, None].repeat(5, 1), (8, 12, 5)),
        (X.astype(np.uint16) * 257, (8, 12, 1)),
        (X.astype(">u2"), (8, 12, 1)),
        (X > 127, (8, 12, 1)),
        ((X / 255).astype(np.float32), (8, 12, 1)),
        ((X / 127.5 - 1).astype(np.float16), (8, 12, 1)),
    ],
)
def test_arrays_of_every_layout_and_type_are_read(tmp_path, array, shape):
    np.save(tmp_path / "a.npy", array)
    dataset = Image(validation=0, test=0).read(str(tmp_path / "a.npy"))
    x = dataset.train.fetch(np.arange(40)).x
    assert x.shape == (40, *shape)
    if array.dtype == np.bool_:
        assert set(np.unique(x)) == {0, 255}
    elif array.dtype.itemsize == 2 and array.dtype.kind == "u":
        assert (x[..., 0] == array).all()
    else:
        assert abs(x[..., 0].astype(int) - X).max() <= (1 if array.dtype == np.float16 else 0)


@pytest.mark.parametrize(
    ("array", "words"),
    [
        (X.astype(np.float32), r"wanted floats in 0..1 or -1..1, got 0..255"),
        (X.astype(np.int64), "got int64; save them as uint8"),
        (np.full((3, 8, 8), np.nan), "not finite"),
        (np.zeros((3, 20, 20, 20), np.uint8), "at most 16 channels"),
        (np.zeros((8, 8), np.uint8), r"got the shape \(8, 8\)"),
        (np.zeros((5, 2, 2), np.uint8), "at least 4 x 4, got 2 x 2"),
        (np.zeros((0, 8, 8), np.uint8), "holds no pictures"),
        (np.array([{}, {}], object), "without pickled objects"),
    ],
)
def test_an_array_that_is_no_picture_set_is_one_line(tmp_path, array, words):
    np.save(tmp_path / "a.npy", array)
    with pytest.raises(DataError, match=words) as error:
        Image().read(str(tmp_path / "a.npy"))
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("names", [("x", "y"), ("images", "labels"), ("data", "label"), ("arr_0", "arr_1")])
def test_an_npz_with_plain_keys_is_read(tmp_path, names):
    np.savez(tmp_path / "a.npz", **{names[0]: X, names[1]: Y[:, None]})
    found = everything(Image().read(str(tmp_path / "a.npz")))
    assert {key: label for key, (_, label) in found.items()} == {X[i].tobytes(): Y[i] for i in range(40)}


def test_words_as_labels_are_sorted_into_classes(tmp_path):
    np.savez(tmp_path / "a.npz", x=X, y=np.array(["cat", "ant"])[Y % 2])
    dataset = Image(validation=0, test=0).read(str(tmp_path / "a.npz"))
    assert dataset.classes == ("ant", "cat")
    assert dataset.train.fetch(np.arange(2)).labels.tolist() == [1, 0]


@pytest.mark.parametrize("y", [Y[:9], np.zeros((40, 3)), np.linspace(0, 1, 40)])
def test_labels_that_do_not_fit_are_left_out_and_said(tmp_path, y):
    np.savez(tmp_path / "a.npz", x=X, y=y)
    dataset = Image().read(str(tmp_path / "a.npz"))
    assert dataset.classes == ()
    assert any("labels were left out" in note for note in dataset.notes)


def test_an_npz_without_pictures_says_what_it_has(tmp_path):
    np.savez(tmp_path / "a.npz", spam=X)
    with pytest.raises(DataError, match="wanted an array x, images, data or train_images, got spam"):
        Image().read(str(tmp_path / "a.npz"))


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04 nonsense", b"\x93NUMPY\x01\x00"])
@pytest.mark.parametrize("name", ["a.npy", "a.npz"])
def test_a_broken_numpy_file_is_one_line(tmp_path, name, data):
    (tmp_path / name).write_bytes(data)
    with pytest.raises(DataError, match="wanted NumPy arrays") as error:
        Image().read(str(tmp_path / name))
    assert "\n" not in str(error.value)


def write_idx(path, array):
    head = b"\0\0\x08" + bytes([array.ndim]) + np.array(array.shape, ">u4").tobytes()
    data = head + array.astype(np.uint8).tobytes()
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)


@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_a_folder_of_idx_files_keeps_its_test_set(tmp_path, suffix):
    for part, rows in (("train", slice(0, 30)), ("t10k", slice(30, 40))):
        write_idx(tmp_path / f"{part}-images-idx3-ubyte{suffix}", X[rows])
        write_idx(tmp_path / f"{part}-labels-idx1-ubyte{suffix}", Y[rows])
    found = everything(Image().read(str(tmp_path)))
    assert {key for key, (split, _) in found.items() if split == "test"} == {x.tobytes() for x in X[30:]}
    assert {key: label for key, (_, label) in found.items()} == {X[i].tobytes(): Y[i] for i in range(40)}
    alone = Image().read(str(tmp_path / f"train-images-idx3-ubyte{suffix}"))
    assert len(everything(alone)) == 30


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"\0\0\x08\x03" + np.array([9, 8, 8], ">u4").tobytes() + bytes(50), "wanted 576 bytes .* got 50"),
        (b"\0\0\x08\x03" + np.array([1, 8, 8], ">u4").tobytes() + bytes(99), "wanted 64 bytes .* got more"),
        (b"\0\0\x0d\x03" + bytes(12), "wanted an IDX file of bytes"),
        (b"\0\0\x08\x01" + bytes(12), "wanted 3 axes, got 1"),
        (b"\0\0\x08\x03" + b"\xff" * 12, "wanted .* bytes of data"),
        (b"", "got nothing"),
    ],
)
def test_a_broken_idx_file_is_one_line(tmp_path, data, words):
    (tmp_path / "train-images-idx3-ubyte").write_bytes(data)
    with pytest.raises(DataError, match=words):
        Image().read(str(tmp_path))


def test_idx_labels_must_match_their_pictures(tmp_path):
    write_idx(tmp_path / "train-images-idx3-ubyte", X)
    write_idx(tmp_path / "train-labels-idx1-ubyte", Y[:9])
    with pytest.raises(DataError, match="wanted 40 labels, one a picture, got 9"):
        Image().read(str(tmp_path))


def cifar_batch(count, seed):
    rng = np.random.default_rng(seed)
    records = rng.integers(0, 256, (count, 3073), dtype=np.uint8)
    records[:, 0] %= 10
    return records


@pytest.mark.parametrize("below", ["", "cifar-10-batches-bin"])
def test_cifar_batches_are_read_with_their_test_set_and_the_missing_ones_named(tmp_path, below):
    home = tmp_path / "set" / below
    home.mkdir(parents=True)
    batches = {"data_batch_1.bin": cifar_batch(20, 1), "test_batch.bin": cifar_batch(5, 2)}
    for name, records in batches.items():
        (home / name).write_bytes(records.tobytes())
    dataset = Image(validation=0).read(str(tmp_path / "set"))
    x, labels = dataset.train.fetch(np.arange(20))
    records = batches["data_batch_1.bin"]
    assert (x[3] == records[3, 1:].reshape(3, 32, 32).transpose(1, 2, 0)).all()
    assert (labels == records[:, 0]).all()
    assert len(dataset.test) == 5
    assert dataset.classes[9] == "truck"
    assert "only 2 of the 6 CIFAR-10 batches are there" in dataset.notes[0]
    alone = Image().read(str(home / "test_batch.bin"))
    assert len(everything(alone)) == 5
    (home / "data_batch_1.bin").write_bytes(bytes(3074))
    with pytest.raises(DataError, match="no multiple of that"):
        Image().read(str(tmp_path / "set"))


def test_real_mnist_has_its_sixty_and_ten_thousand(real_data):
    dataset = Image().read(str(real_data("mnist")))
    assert len(dataset.train) + len(dataset.validation) == 60_000
    assert len(dataset.test) == 10_000
    assert dataset.test.fetch(np.arange(4)).labels.tolist() == [7, 2, 1, 0]
    assert Image().fit(dataset).spec.shape == (1, 28, 28)


def test_real_medmnist_keeps_its_three_splits(real_data):
    dataset = Image().read(str(real_data("pneumoniamnist") / "pneumoniamnist.npz"))
    assert [len(each) for each in (dataset.train, dataset.validation, dataset.test)] == [2428, 270, 468]
    assert dataset.classes == ("0", "1")


def test_real_faces_are_read_in_colour(real_data):
    dataset = Image(longest=32).read(str(real_data("caltech_faces")))
    assert dataset.facts["records"] == 435
    assert dataset.train.fetch(np.arange(2)).x.shape == (2, 32, 32, 3)
    assert not dataset.skipped


def test_a_built_in_set_is_found_in_the_data_folder(real_data, monkeypatch):
    monkeypatch.setenv("GANWORKS_DATA", str(real_data("cifar10").parent))
    dataset = Image().read("cifar10")
    assert dataset.facts["records"] == 4000
    assert dataset.train.fetch(np.arange(1)).labels.tolist() == [6]


def test_adding_files_moves_none_and_names_do_not_matter(tmp_path):
    image = Image(validation=0.2, test=0.3)
    before = everything(image.read(stored(tmp_path / "set", X)))
    assert {split for split, _ in before.values()} == {"train", "validation", "test"}
    more = RNG.integers(0, 256, (40, 8, 12), dtype=np.uint8)
    after = everything(image.read(stored(tmp_path / "other", [*more, *X[::-1]])))
    assert before.items() <= after.items()


def test_equal_pictures_stay_together_whatever_their_format(tmp_path):
    stored(tmp_path, X)
    for i, picture in enumerate(X):
        PILImage.fromarray(picture).save(tmp_path / f"copy {i}.bmp")
    dataset = Image(validation=0.3, test=0.3).read(str(tmp_path))
    sizes = [len(each) for each in (dataset.train, dataset.validation, dataset.test)]
    assert sum(sizes) == 80
    assert len(everything(dataset)) == 40
    assert all(size % 2 == 0 for size in sizes)
    assert "40 of 80 pictures are copies of others" in dataset.notes


def test_splits_do_not_depend_on_the_size_they_are_read_at(tmp_path):
    root = stored(tmp_path / "set", X)
    parts = [Image(size=size, validation=0.3, test=0.3).read(root) for size in [(8, 12), (16, 24)]]
    assert (parts[0].test.rows == parts[1].test.rows).all()


def test_shares_are_met_and_training_is_never_empty():
    hashes = RNG.integers(0, 256, (20_000, 16), dtype=np.uint8)
    unknown = np.full(20_000, -1)
    shares = np.bincount(assigned(hashes, unknown, 0.05, 0.1)) / 20_000
    assert shares == pytest.approx([0.85, 0.05, 0.1], abs=0.01)
    for i in range(50):
        assert (assigned(hashes[i : i + 1], unknown[:1], 0.45, 0.5) == 0).all()


def test_a_test_set_that_repeats_the_training_set_is_noted(tmp_path):
    for split in ("train", "test"):
        stored(tmp_path / split, X[:10])
    assert any("10 pictures of the source's own test set" in note for note in Image().read(str(tmp_path)).notes)


def test_a_second_read_uses_the_cache(tmp_path, own_cache):
    root = stored(tmp_path / "set", X)
    first = Image().read(root)
    (kept,) = decoded_files(own_cache)
    stamp = kept.stat().st_mtime_ns
    second = Image().read(root)
    assert decoded_files(own_cache) == [kept]
    assert kept.stat().st_mtime_ns == stamp
    assert second.fingerprint == first.fingerprint
    assert everything(second) == everything(first)
    assert isinstance(second.train.array, np.memmap)


def test_touched_and_moved_files_are_known_by_their_content(tmp_path, own_cache):
    root = stored(tmp_path / "set", X)
    first = Image().read(root)
    (kept,) = decoded_files(own_cache)
    stamp = kept.stat().st_mtime_ns
    os.utime(tmp_path / "set/000.png", (1, 1))
    assert Image().read(root).fingerprint == first.fingerprint
    (tmp_path / "set").rename(tmp_path / "elsewhere")
    assert Image().read(str(tmp_path / "elsewhere")).fingerprint == first.fingerprint
    assert decoded_files(own_cache) == [kept]
    assert kept.stat().st_mtime_ns == stamp


def test_changed_content_or_settings_are_read_again(tmp_path, own_cache):
    root = stored(tmp_path / "set", X)
    prints = {Image().read(root).fingerprint, Image(size=(8, 8)).read(root).fingerprint}
    PILImage.fromarray(255 - X[0]).save(tmp_path / "set/000.png")
    prints.add(Image().read(root).fingerprint)
    assert len(prints) == 3
    assert len(decoded_files(own_cache)) == 3


@pytest.mark.parametrize("file", ["pictures.npy", "records.npz", "about.json"])
@pytest.mark.parametrize("damage", ["flip", "cut", "remove"])
def test_a_damaged_cache_is_rebuilt(tmp_path, own_cache, file, damage):
    root = stored(tmp_path / "set", X)
    good = everything(Image().read(root))
    path = decoded_files(own_cache)[0].with_name(file)
    data = bytearray(path.read_bytes())
    if damage == "remove":
        path.unlink()
    elif damage == "cut":
        path.write_bytes(data[: len(data) // 2])
    else:
        data[len(data) // 2] ^= 0xFF
        path.write_bytes(bytes(data))
    assert everything(Image().read(root)) == good
    assert len(json.loads(path.with_name("about.json").read_text())["sums"]) == 2


@pytest.mark.parametrize("obstacle", ["file", "full"])
def test_without_a_cache_the_pictures_stay_in_memory_and_it_is_said(tmp_path, own_cache, monkeypatch, obstacle):
    root = stored(tmp_path / "set", X)
    lines = []
    if obstacle == "file":
        own_cache.write_text("in the way")
        dataset = Image().read(root, lines.append)
    else:
        resource = pytest.importorskip("resource")
        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (2000, before[1]))
        try:
            dataset = Image().read(root, lines.append)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert len(everything(dataset)) == 40
    assert any("kept in memory" in line for line in lines)
    monkeypatch.setenv("GANWORKS_CACHE", str(tmp_path / "free"))
    assert Image().read(root).fingerprint == dataset.fingerprint


def test_digits_come_labelled_and_without_files():
    dataset = Image().read("digits")
    assert dataset.facts["records"] == 1797
    assert dataset.classes == tuple("0123456789")
    x, labels = dataset.train.fetch(np.arange(len(dataset.train)))
    assert x.max() == 255
    assert set(labels) == set(range(10))
    assert Image().read("digits").fingerprint == dataset.fingerprint


def test_three_stacked_digits_make_a_thousand_classes():
    dataset = Image(stack=3).read("digits")
    assert dataset.train.endless
    assert len(dataset.classes) == 1000
    x, labels = dataset.train.fetch(np.arange(12_000))
    assert len(set(labels)) == 1000
    again = dataset.train.fetch(np.array([5, 11_999]))
    assert (again.x == x[[5, 11_999]]).all()
    assert (again.labels == labels[[5, 11_999]]).all()
    assert not (dataset.test.fetch(np.arange(20)).labels == labels[:20]).all()
    learnt = Image(stack=3).fit(dataset)
    assert (learnt.channels, learnt.mode) == (3, "RGB")
    plain = Image().read("digits").train
    by_content = {p.tobytes(): n for p, n in zip(*plain.fetch(np.arange(len(plain))), strict=True)}
    named = "".join(str(by_content[x[0][..., c].tobytes()]) for c in range(3))
    assert dataset.classes[labels[0]] == named


def test_colour_cannot_be_stacked(tmp_path):
    PILImage.new("RGB", (8, 8), (1, 2, 3)).save(tmp_path / "a.png")
    with pytest.raises(DataError, match="only grey pictures can be stacked, these have 3"):
        Image(stack=3).read(str(tmp_path))


def test_glyphs_are_endless_labelled_and_always_the_same():
    dataset = Image().read("glyphs")
    assert dataset.train.endless
    assert len(dataset.classes) == 62
    x, labels = dataset.train.fetch(np.arange(600))
    assert x.shape == (600, 28, 28, 1)
    assert len(set(labels)) == 62
    assert (x.reshape(600, -1).max(1) > 150).all()
    assert (x[:, [0, -1]] > 128).any((1, 2, 3)).mean() < 0.02  # few touch the edge
    assert len({each.tobytes() for each in x}) == 600
    order = np.array([599, 3, 10**12])
    other = Image().read("glyphs").train.fetch(order)
    assert (other.x[:2] == x[order[:2]]).all()
    assert not (dataset.test.fetch(np.arange(600)).x == x).all()


def test_glyphs_of_one_class_look_alike_more_than_those_of_others():
    x, labels = Image(size=(20, 16)).read("glyphs").train.fetch(np.arange(3000))
    assert x.shape[1:] == (20, 16, 1)
    flat = x.reshape(len(x), -1).astype(np.float64)
    means = np.stack([flat[:2000][labels[:2000] == each].mean(0) for each in range(62)])
    guesses = ((flat[2000:, None] - means) ** 2).sum(-1).argmin(1)
    assert (guesses == labels[2000:]).mean() > 0.35


def test_stacked_glyphs_are_digits_of_a_thousand_classes():
    dataset = Image(stack=3).read("glyphs")
    x, labels = dataset.train.fetch(np.arange(100))
    assert x.shape == (100, 28, 28, 3)
    assert len(dataset.classes) == 1000
    assert labels.max() < 1000


@pytest.mark.parametrize("name", ["mnist", "fashion-mnist", "cifar10"])
def test_a_set_that_cannot_be_fetched_says_where_to_put_what(name, tmp_path, monkeypatch):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        nowhere = f"http://127.0.0.1:{closed.getsockname()[1]}"
    for variable in ("http_proxy", "https_proxy"):
        monkeypatch.setenv(variable, nowhere)
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GANWORKS_DATA", "sets")
    with pytest.raises(DataError) as error:
        Image().read(name)
    text = str(error.value)
    assert text.startswith(f"{name} could not be fetched from http")
    assert f"into {Path('sets') / name}/" in text
    assert "\n" not in text


def test_an_existing_folder_wins_over_a_built_in_name(tmp_path, monkeypatch):
    stored(tmp_path / "digits", X)
    monkeypatch.chdir(tmp_path)
    lines = []
    assert Image().read("digits", lines.append).facts["records"] == 40
    assert "built-in" in lines[0]


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("mnits", "no file, folder or built-in picture set 'mnits'; did you mean 'mnist'?"),
        ("./photos", "./photos: wanted a file or folder of pictures, there is none"),
        ("photos.zip", "photos.zip: wanted a file or folder of pictures, there is none"),
    ],
)
def test_a_path_that_is_not_there_is_one_line(path, words):
    with pytest.raises(DataError) as error:
        Image().read(path)
    assert str(error.value) == words


def test_a_file_of_another_kind_is_one_line(tmp_path):
    (tmp_path / "a.docx").write_bytes(b"PK")
    with pytest.raises(DataError, match=r"wanted a folder, an archive .* got '\.docx'"):
        Image().read(str(tmp_path / "a.docx"))
