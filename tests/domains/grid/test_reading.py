"""Levels in every kind of file, and files that are none."""

import base64
import zlib
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from ganworks.domains.grid import Grid, compositions, hills, midi
from ganworks.domains.grid.legend import read_legend
from ganworks.settings import ConfigError, DataError


def test_text_levels_are_read_with_the_legend_beside_them_and_written_as_they_were(folder: Path, tmp_path) -> None:
    domain = Grid()
    dataset = domain.read(str(folder))
    codec = domain.fit(dataset)
    assert (codec.height, codec.width, len(codec.legend)) == (14, 28, 8) and codec.rules is not None
    window = dataset.train.fetch(np.array([0])).x
    (path,) = codec.write(window, tmp_path)
    text = path.read_text()
    source = "\n".join(each.read_text() for each in sorted(folder.glob("*.txt")))
    assert path.name == "level-000000.txt" and len(text.splitlines()) == 14
    assert all(line in source for line in text.splitlines())


def test_whole_levels_are_held_out_and_no_window_is_in_two_splits(folder: Path) -> None:
    dataset = Grid().read(str(folder))
    sets = [{each.tobytes() for each in split.all()} for split in (dataset.train, dataset.validation, dataset.test)]
    assert all(sets) and not sets[0] & sets[1] and not sets[0] & sets[2] and not sets[1] & sets[2]
    levels = [set(split.places[:, 0].tolist()) for split in (dataset.train, dataset.validation, dataset.test)]
    assert not levels[0] & levels[1] and not levels[0] & levels[2] and len(levels[2]) == 1


def test_of_few_levels_the_ends_are_held_out_and_windows_across_are_left_out(folder: Path) -> None:
    for path in sorted(folder.glob("*.txt"))[3:]:
        path.unlink()
    dataset = Grid(size=(14, 8), rules="none").read(str(folder))
    train, test = dataset.train.places, dataset.test.places
    assert len(test) and train[:, 2].max() + 8 <= test[:, 2].min()


def test_windows_that_break_the_rules_are_left_out_and_told(folder: Path) -> None:
    path = folder / "level-00.txt"
    rows = path.read_text().splitlines()
    path.write_text("\n".join(row[:20] + ("]" if i == 2 else row[20]) + row[21:] for i, row in enumerate(rows)))
    kept = Grid(breaking="keep").read(str(folder))
    sound = Grid().read(str(folder))
    assert len(sound.train) < len(kept.train)
    assert any("break the rules and are left out" in note for note in sound.notes)


@pytest.mark.parametrize(
    ("line", "text", "words"),
    [
        (4, "-----?", "level-00.txt, line 5, column 6: the tile '?' is not in the legend"),
        (2, "-----", "level-00.txt, line 3: 5 tiles where the other rows have 40"),
    ],
)
def test_a_level_that_is_wrong_is_named_by_line_and_column(folder: Path, line: int, text: str, words: str) -> None:
    path = folder / "level-00.txt"
    rows = path.read_text().splitlines()
    rows[line] = text + rows[line][len(text) :] if len(text) > 5 else text
    path.write_text("\n".join(rows))
    with pytest.raises(DataError, match=words.replace("?", r"\?")):
        Grid().read(str(folder), strict=True)
    dataset = Grid().read(str(folder))
    assert [each.name for each in dataset.skipped] == ["level-00.txt"] and words in dataset.skipped[0].reason


def test_levels_without_a_legend_are_known_by_their_characters(folder: Path, tmp_path) -> None:
    (folder / "legend.json").unlink()
    dataset = Grid().read(str(folder))
    assert dataset.facts["legend"].symbols == tuple(sorted("-X<>[]Eo"))
    with pytest.raises(ConfigError, match="the legend knows neither tag:solid nor tag:enemy"):
        domain = Grid(condition="counts")
        domain.fit(domain.read(str(folder)))
    with pytest.raises(DataError, match=r"nowhere\.json: wanted a legend in JSON, there is no such file"):
        Grid(legend="nowhere.json").read(str(folder))
    wrong = tmp_path / "wrong.json"
    wrong.write_text('{"tiles": {"XX": []}}')
    with pytest.raises(DataError, match="a tile is one character, got 'XX'"):
        read_legend(wrong)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"size": (14, 60)}, "every level is smaller than a window of 14 x 60"),
        ({"size": (14, 40), "stride": (1, 40), "rules": "none", "least_tiles": 9}, "no window is left to train on"),
        ({"rules": "nowhere.toml"}, "no file 'nowhere.toml'; give a TOML file, smb, auto or none"),
        ({"condition": "counts", "counted": ("tag:enemies",)}, "did you mean 'tag:enemy'"),
        ({"condition": "left", "columns": 28}, "domain.columns must be from 1 to 27"),
    ],
)
def test_settings_that_fit_no_data_get_one_line(folder: Path, settings, words: str) -> None:
    with pytest.raises((DataError, ConfigError)) as caught:
        domain = Grid(**settings)
        domain.fit(domain.read(str(folder)))
    assert words in str(caught.value) and "\n" not in str(caught.value)


def test_nothing_and_empty_files_get_one_line(tmp_path) -> None:
    with pytest.raises(DataError, match="no levels at"):
        Grid().read(str(tmp_path / "missing"))
    with pytest.raises(DataError, match="found none among 0 files"):
        Grid().read(str(tmp_path))
    (tmp_path / "empty.txt").write_text("\n\n")
    with pytest.raises(DataError, match="the file is empty"):
        Grid().read(str(tmp_path / "empty.txt"))


def test_domains_are_recognised_by_what_lies_there(folder: Path, tmp_path) -> None:
    assert Grid.recognises(folder) and not Grid.recognises(tmp_path) and not Grid.recognises(tmp_path / "none")
    (folder / "legend.json").rename(tmp_path / "tiles.json")
    assert Grid.recognises(folder)  # a legend a folder above
    (tmp_path / "tiles.json").unlink()
    assert not Grid.recognises(folder)


TMX = """<?xml version="1.0" encoding="UTF-8"?>
<map version="1.10" orientation="orthogonal" width="{width}" height="{height}" tilewidth="16" tileheight="16">
 <tileset firstgid="1" name="t" tilewidth="16" tileheight="16" tilecount="9" columns="9">
  <tile id="0" type="solid"/>
 </tileset>
 <layer id="1" name="main" width="{width}" height="{height}"><data {attributes}>{data}</data></layer>
</map>"""


def tiled(path: Path, cells: np.ndarray, how: str) -> None:
    height, width = cells.shape
    packed = cells.astype("<u4").tobytes()
    attributes, data = {
        "csv": ('encoding="csv"', ",".join(map(str, cells.ravel()))),
        "base64": ('encoding="base64"', base64.b64encode(packed).decode()),
        "zlib": ('encoding="base64" compression="zlib"', base64.b64encode(zlib.compress(packed)).decode()),
        "xml": ("", "".join(f'<tile gid="{gid}"/>' for gid in cells.ravel())),
        "zstd": ('encoding="base64" compression="zstd"', base64.b64encode(packed).decode()),
    }[how]
    path.write_text(TMX.format(width=width, height=height, attributes=attributes, data=data))


@pytest.mark.parametrize("how", ["csv", "base64", "zlib", "xml"])
def test_tiled_maps_are_read_and_written_so_that_they_are_read_again(tmp_path, how: str) -> None:
    cells = np.random.default_rng(0).integers(0, 4, (9, 60))
    tiled(tmp_path / "map.tmx", cells, how)
    assert Grid.recognises(tmp_path)
    domain = Grid(size=(8, 12))
    codec = domain.fit(dataset := domain.read(str(tmp_path)))
    assert codec.kind == "tiled" and codec.legend.symbols == ("0", "1", "2", "3")
    assert codec.legend.tiles[1].tags == ("solid",) and type(codec).from_tree(codec.tree()) == codec
    window = dataset.train.fetch(np.array([0, 5])).x
    folder = tmp_path / "written"
    folder.mkdir()
    codec.write(window, folder)
    text = (folder / "level-000001.tmx").read_text()
    assert '<tileset firstgid="1"' in text and text.startswith("<?xml")
    again = Grid(size=(4, 12), least_tiles=1).read(str(folder / "level-000001.tmx"))
    assert np.array_equal(again.train.levels[0], window[1])


def test_a_tiled_map_that_cannot_be_used_gets_one_line(tmp_path) -> None:
    cells = np.ones((9, 60), int)
    tiled(tmp_path / "map.tmx", cells, "zstd")
    with pytest.raises(DataError, match="packed with zstd; save it as CSV"):
        Grid().read(str(tmp_path / "map.tmx"))
    (tmp_path / "map.tmx").write_text("<map><layer></map>")
    with pytest.raises(DataError, match=r"map\.tmx: wanted a Tiled map"):
        Grid().read(str(tmp_path / "map.tmx"))
    (tmp_path / "map.tmx").write_text('<!DOCTYPE x [<!ENTITY a "b">]><map/>')
    with pytest.raises(DataError, match="declares entities"):
        Grid().read(str(tmp_path / "map.tmx"))


def test_palette_pictures_are_tiles_by_colour_and_come_back_as_pictures(tmp_path) -> None:
    colours = np.array([[0, 0, 0, 0], [255, 0, 0, 255], [0, 90, 200, 255]], np.uint8)
    for i in range(12):
        codes = np.random.default_rng(i).integers(0, 3, (16, 16))
        Image.fromarray(colours[codes]).save(tmp_path / f"{i}.png")
    domain = Grid()
    dataset = domain.read(str(tmp_path))
    codec = domain.fit(dataset)
    assert codec.kind == "palette" and len(codec.legend) == 3 and (codec.height, codec.width) == (16, 16)
    (path,) = codec.write(dataset.train.fetch(np.array([0])).x, tmp_path)
    assert np.asarray(Image.open(path)).reshape(-1, 4).tolist()[0] in colours.tolist()
    noise = np.random.default_rng(0).integers(0, 256, (32, 32, 3), dtype=np.uint8)
    Image.fromarray(noise).save(tmp_path / "photo.png")
    with pytest.raises(DataError, match="colours, and each is a tile"):
        Grid().read(str(tmp_path / "photo.png"))


def test_notes_survive_a_midi_file(tmp_path) -> None:
    roll = np.zeros((48, 96), np.uint8)
    for i in range(0, 96, 4):
        roll[(i * 5) % 48, i : i + 3] = 1
    midi.write(roll, tmp_path / "a.mid")
    read, _ = midi.read(tmp_path / "a.mid")
    assert np.array_equal(read, roll[:, : read.shape[1]]) and not roll[:, read.shape[1] :].any()
    domain = Grid()
    codec = domain.fit(dataset := domain.read(str(tmp_path / "a.mid")))
    assert codec.kind == "midi" and codec.spec.shape == (2, 48, 64)
    assert codec.write(dataset.train.fetch(np.array([0])).x, tmp_path)[0].suffix == ".mid"
    (tmp_path / "b.mid").write_bytes(b"MThd\x00\x00")
    with pytest.raises(DataError, match=r"b\.mid: wanted a MIDI file"):
        Grid().read(str(tmp_path / "b.mid"))


def test_running_status_and_drums_are_understood(tmp_path) -> None:
    notes = b"\x00\x90\x3c\x40" + b"\x60\x3c\x00" + b"\x00\x99\x40\x40" + b"\x00\xc0\x05" + b"\x00\xff\x2f\x00"
    head = b"MThd\x00\x00\x00\x06\x00\x00\x00\x01\x00\x60"
    (tmp_path / "a.mid").write_bytes(head + b"MTrk" + len(notes).to_bytes(4, "big") + notes)
    roll, _ = midi.read(tmp_path / "a.mid")
    assert roll.sum() == 4 and roll[83 - 60].tolist() == [1, 1, 1, 1]


def test_formulas_are_grids_and_back(tmp_path) -> None:
    path = tmp_path / "solids.csv"
    formulas = ["Al2O3", "NaCl", "SiO2", "Fe2O3", "CaTiO3", "MgO", "K2O", "LiF"]
    path.write_text("formula\n" + "\n".join(formulas) + "\n")
    domain = Grid(rules="none")
    dataset = domain.read(str(path))
    codec = domain.fit(dataset)
    windows = np.concatenate([each.all() for each in (dataset.train, dataset.validation, dataset.test)])
    sorted_elements = sorted(compositions.spelled(each) for each in windows)
    assert codec.kind == "composition" and "NaCl" in sorted_elements and "O3Al2" in sorted_elements
    assert codec.write(windows, tmp_path)[0].read_text().splitlines()[0] == "formula"
    path.write_text("formula\nAl2O3\nXx2\n")
    with pytest.raises(DataError, match="line 3: no element 'Xx' in 'Xx2'"):
        domain.read(str(path))
    path.write_text("a,b\n1,2\n")
    with pytest.raises(DataError, match="wanted a column called formula, it has a, b"):
        domain.read(str(path))


def test_the_levels_of_the_corpus_keep_the_known_rules(real_data) -> None:
    dataset = Grid().read(str(real_data("vglc_levels") / "smb"))
    assert dataset.facts["legend"].symbols == tuple("XS-?QE<>[]oBb")
    assert "rules: smb, known by its tiles" in dataset.notes and len(dataset.train) == 1777
    rooms = Grid(size=(16, 11), stride=(16, 11)).read(str(real_data("vglc_levels") / "zelda"))
    assert len(rooms.train) > 300 and rooms.facts["rules"] is None


def test_hills_are_levels_that_keep_the_rules_they_were_made_by() -> None:
    domain = Grid(size=(14, hills.LENGTH))
    dataset = domain.read("hills")
    assert len(dataset.train) > 12 and domain.fit(dataset).spec.shape == (8, 16, 72)


def test_counts_are_a_condition_and_words_ask_for_them(folder: Path) -> None:
    domain = Grid(condition="counts")
    dataset = domain.read(str(folder))
    codec = domain.fit(dataset)
    windows = dataset.train.fetch(np.arange(20)).x
    batch = codec.encode(torch.from_numpy(windows))
    assert batch.c is not None and batch.c.shape == (20, 2)
    bottom = np.isin(windows[:, -1], codec.legend.codes(["tag:solid"]))
    np.testing.assert_allclose(codec.asked.numbers(batch.c)[:, 0], (~bottom).sum(1), atol=1e-4)
    asked = codec.conditions(["gaps=3"], batch.c)
    numbers = codec.asked.numbers(asked)
    torch.testing.assert_close(numbers[:, 0], torch.full((20,), 3.0))
    torch.testing.assert_close(asked[:, 1], batch.c[:, 1])
    drawn = codec.some_conditions(50, torch.Generator().manual_seed(0))
    assert drawn.shape == (50, 2) and drawn.std() > 0.3
    assert type(codec).from_tree(codec.tree()) == codec
    for words, line in (("gasp=3", "did you mean 'gaps'"), ("gaps=many", "a count is written gaps=NUMBER")):
        with pytest.raises(ConfigError, match=line):
            codec.conditions([words], batch.c)


def test_the_segment_to_the_left_is_a_condition(folder: Path) -> None:
    domain = Grid(condition="left", columns=3)
    dataset = domain.read(str(folder))
    codec = domain.fit(dataset)
    windows = dataset.train.fetch(np.arange(6)).x
    c = codec.encode(torch.from_numpy(windows)).c
    assert c is not None and c.shape == (6, 3 * 14 * 8)
    given = c.view(6, 3, 14, 8).argmax(-1).transpose(1, 2)
    assert np.array_equal(given.numpy(), windows[:, :, :3])
    assert torch.equal(codec.conditions([str(folder / "level-00.txt")])[0].sum(), torch.tensor(42.0))
    with pytest.raises(ConfigError, match="wanted the text file of the level to go on from"):
        codec.conditions(["nowhere.txt"])
    assert type(codec).from_tree(codec.tree()) == codec
