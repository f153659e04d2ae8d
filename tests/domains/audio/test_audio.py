"""The domain of recordings: lengths, classes and splits, both views, and the way back to a file."""

from pathlib import Path

import numpy as np
import pytest
import torch

from ganworks.domains.audio import Audio, Sounds
from ganworks.domains.audio.naming import Shares, named, split
from ganworks.domains.audio.recordings import cut, fitting_length, trimmed
from ganworks.metrics.sound.traits import pitch
from ganworks.settings import ConfigError, DataError
from ganworks.training.feed import encode, held

from .test_files import RATE, save, tone


def fitted(**settings: object) -> tuple[Sounds, np.ndarray]:
    domain = Audio.from_tree(settings)
    data = domain.toy()
    return domain.fit(data), data.train.fetch(np.arange(8)).x


@pytest.mark.parametrize("view", ["mel", "wave"])
def test_samples_keep_to_the_specs_shape_and_range(view: str) -> None:
    codec, records = fitted(view=view)
    x = codec.encode(torch.from_numpy(records)).x
    assert x.shape == (8, *codec.spec.shape) and x.abs().max() <= 1 and x.std() > 0.1
    assert codec.decode(x).shape == records.shape and codec.decode(x).dtype == np.int16


def test_a_waveform_comes_back_to_sixteen_bits() -> None:
    codec, records = fitted(view="wave")
    back = codec.decode(codec.encode(torch.from_numpy(records)).x)
    loud = np.abs(records) * codec.gain >= 32767
    assert np.abs(back.astype(int) - records)[~loud].max() <= 1


def test_a_spectrum_comes_back_as_a_sound_of_the_same_pitch(tmp_path: Path) -> None:
    for i in range(12):
        save(tmp_path / f"take{i}.wav", sum(tone(0.5, n * (100 + 30 * i), 0.4 / n) for n in range(1, 6)))
    data = Audio(length=4096).read(str(tmp_path))
    codec, records = Audio(length=4096).fit(data), data.train.fetch(np.arange(6)).x
    back = codec.decode(codec.encode(torch.from_numpy(records)).x)
    before, after = (pitch(torch.from_numpy(each[:, 0]).float() / 32768, RATE) for each in (records, back))
    assert (after / before).log2().abs().max() < 1 / 12


def test_a_sample_sounds_the_same_whatever_stands_beside_it() -> None:
    codec, records = fitted()
    x = codec.encode(torch.from_numpy(records)).x
    assert np.array_equal(codec.decode(x)[3], codec.decode(x[3:4])[0])


def test_silence_stays_silent() -> None:
    codec, records = fitted()
    assert np.abs(codec.decode(codec.encode(torch.zeros(1, *records.shape[1:], dtype=torch.int16)).x)).max() == 0


def test_a_codec_survives_json() -> None:
    codec, _ = fitted()
    assert Sounds.model_validate_json(codec.model_dump_json()) == codec


def test_windows_of_long_records_begin_where_sound_is_and_are_fixed_when_held_out() -> None:
    codec, _ = fitted(view="wave")
    record = np.zeros((1, 1, 2 * codec.length), np.int16)
    record[..., : codec.length + 100] = np.arange(1, codec.length + 101)
    torch.manual_seed(0)
    found = {int(codec.window(torch.from_numpy(record), False)[0, 0, 0]) for _ in range(200)}
    assert 1 <= min(found) < 10 and 90 < max(found) <= 101 and len(found) > 40
    assert int(codec.window(torch.from_numpy(record), True)[0, 0, 0]) == 1


def test_encoding_draws_from_the_generator_that_a_step_seeds() -> None:
    codec, _ = fitted(view="wave")
    raw = np.random.default_rng(0).integers(-99, 99, (4, 1, 2 * codec.length)).astype(np.int16)
    drawn = []
    for _ in range(2):
        torch.manual_seed(5)
        drawn.append(encode(raw, None, codec, torch.device("cpu")).x)
    assert torch.equal(*drawn)


def test_a_length_covers_most_recordings() -> None:
    assert fitting_length([3000] * 99 + [90_000]) == 4096
    assert fitting_length([200_000] * 10) == 16_384 and fitting_length([100]) == 1024


def test_long_recordings_are_cut_into_records_that_reach_into_the_next() -> None:
    sounds = [np.arange(1000, dtype=np.int16)[None], np.arange(2600, dtype=np.int16)[None]]
    pieces, told = cut(sounds, 1000, "auto")
    assert pieces.array.shape == (4, 1, 2000) and pieces.recording.tolist() == [0, 1, 1, 1]
    assert pieces.array[2, 0, :3].tolist() == [1000, 1001, 1002] and "window" in told
    pieces, told = cut(sounds, 1000, "start")
    assert pieces.array.shape == (2, 1, 1000) and "beginning" in told


def test_silence_at_both_ends_is_cut_off() -> None:
    sound = np.concatenate([np.zeros((1, 800)), tone(0.1), np.zeros((1, 1600))], axis=1).astype(np.float32)
    assert 720 <= trimmed(sound, 40, RATE).shape[1] <= 960


def paths(*names: str) -> list[Path]:
    return [Path("/data") / name for name in names]


def test_classes_come_from_folders_or_from_the_beginnings_of_names() -> None:
    root = Path("/data")
    by_name = named(paths(*(f"{digit}_anna_{take}.wav" for digit in range(10) for take in range(4))), root, "auto")
    assert by_name.classes == tuple(map(str, range(10))) and by_name.labels is not None and by_name.labels[5] == 1
    by_folder = named(paths(*(f"{word}/{i}.wav" for word in ("no", "yes") for i in range(5))), root, "auto")
    assert by_folder.classes == ("no", "yes")
    assert named(paths(*(f"take{i}.wav" for i in range(9))), root, "auto").classes == ()
    with pytest.raises(DataError, match=r"9 recordings have no class .*domain\.labels=none"):
        named(paths(*(f"take{i}.wav" for i in range(9))), root, "prefix")


def test_numbers_among_class_names_are_counted() -> None:
    found = named(paths(*(f"{digit}_a_{i}.wav" for digit in (10, 9, 2) for i in range(5))), Path("/data"), "auto")
    assert found.classes == ("2", "9", "10")


def digests(count: int) -> list[bytes]:
    return [np.random.default_rng(i).bytes(32) for i in range(count)]


def test_takes_that_the_data_holds_out_are_the_test_split() -> None:
    names = paths(*(f"{digit}_{who}_{take}.wav" for digit in range(3) for who in "ab" for take in range(30)))
    splits, told = split(names, digests(len(names)), Shares(0.05, 0.1), "", "")
    assert {path.stem.split("_")[2] for path, part in zip(names, splits, strict=True) if part == 2} == set("01234")
    assert "takes 0 to 4 are the test split" in told


def test_speakers_stay_together_where_a_pattern_finds_them() -> None:
    names = paths(*(f"{digit}_{who}_{take}.wav" for digit in range(3) for who in "abcdefgh" for take in range(30)))
    splits, told = split(names, digests(len(names)), Shares(0.2, 0.3), r"_([a-z])_", "")
    for who in "abcdefgh":
        assert len({int(part) for path, part in zip(names, splits, strict=True) if f"_{who}_" in path.stem}) == 1
    assert "8 different" in told and set(splits) > {0}


def test_names_say_which_recordings_are_the_test_split() -> None:
    names = paths(*(f"take{i}.wav" for i in range(40)))
    splits, _ = split(names, digests(40), Shares(0.1, 0.5), "", "[05]$")
    assert [i for i, part in enumerate(splits) if part == 2] == list(range(0, 40, 5))


def test_equal_recordings_stay_in_one_split(tmp_path: Path) -> None:
    for i in range(40):
        save(tmp_path / f"take{i}.wav", tone(hertz=200 + 10 * (i % 20)))
    data = Audio(test=0.3).read(str(tmp_path))
    seen = [{each.tobytes() for each in part.fetch(np.arange(len(part))).x} for part in (data.train, data.test)]
    assert not seen[0] & seen[1] and seen[1]


def test_classes_make_conditions_that_words_ask_for() -> None:
    codec, _ = fitted()
    assert codec.spec.condition is not None and codec.conditions(["hollow", "2"]).argmax(1).tolist() == [1, 2]
    with pytest.raises(ConfigError, match="no class 'holow'; did you mean 'hollow'"):
        codec.conditions(["holow"])
    free, records = fitted(labels="none")
    assert free.spec.condition is None and free.encode(torch.from_numpy(records), torch.zeros(8)).c is None
    with pytest.raises(ConfigError, match="without classes"):
        free.conditions(["1"])


def test_settings_that_do_not_fit_are_told() -> None:
    with pytest.raises(ConfigError, match="regular expression"):
        Audio.from_tree({"split_by": "("})
    with pytest.raises(ConfigError, match=r"lower domain\.bands"):
        fitted(bands=256)
    with pytest.raises(ConfigError, match="leave something to train on"):
        Audio.from_tree({"validation": 0.5, "test": 0.5})


def test_a_preview_shows_every_record_and_files_are_numbered(tmp_path: Path) -> None:
    codec, records = fitted()
    sheet = codec.preview(records, 4)
    assert sheet.dtype == np.uint8 and sheet.ndim == 3 and sheet.std() > 10
    written = codec.write(records[:2], tmp_path, first=7)
    assert [path.name for path in written] == ["000007.wav", "000008.wav"]


def test_spoken_digits_are_read_as_published(real_data) -> None:
    domain = Audio()
    data = domain.read(str(real_data("fsdd") / "recordings"))
    assert len(data.test) == 300 and data.facts == {"rate": 8000, "length": 8192, "channels": 1}
    assert data.classes == tuple(map(str, range(10))) and not data.skipped
    codec = domain.fit(data)
    assert codec.spec.shape == (1, 64, 64)
    batch = held(data.test, np.arange(4), codec)
    assert batch.c is not None and batch.c.shape == (4, 10)
