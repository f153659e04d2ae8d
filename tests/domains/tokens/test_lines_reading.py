"""Files of lines: what is read, what is left out and listed, what is refused in one line."""

import json
from pathlib import Path

import numpy as np
import pytest

from ganworks.domains import DOMAINS
from ganworks.domains.tokens import Tokens
from ganworks.settings import ConfigError, DataError

WORDS = ["red", "green", "blue", "grey"]


def lines(count: int = 60) -> list[str]:
    rng = np.random.default_rng(0)
    return [" ".join(rng.choice(WORDS, rng.integers(2, 6))) + f" {i % 7}" for i in range(count)]


def written(folder: Path, text: str | bytes, name: str = "lines.txt") -> str:
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return str(path)


def test_a_file_of_lines_is_recognised_by_its_name(tmp_path: Path) -> None:
    path = Path(written(tmp_path, "a b\n"))
    assert DOMAINS["tokens"].recognises(path) and not DOMAINS["tokens"].recognises(tmp_path)


def test_every_line_is_in_one_split_and_equal_lines_are_in_the_same(tmp_path: Path) -> None:
    path = written(tmp_path, "\n".join(lines() * 2))
    domain = Tokens(validation=0.2, test=0.2)
    dataset = domain.read(path)
    codec = domain.fit(dataset)
    splits = [
        set(codec.lines(each.fetch(np.arange(len(each))).x))
        for each in (dataset.train, dataset.validation, dataset.test)
    ]
    assert len(dataset.train) + len(dataset.validation) + len(dataset.test) == 120
    assert not splits[0] & splits[1] and not splits[0] & splits[2] and not splits[1] & splits[2]
    assert dataset.fingerprint == domain.read(path).fingerprint


def test_empty_lines_are_counted_and_bytes_that_are_no_utf8_are_listed_with_their_line(tmp_path: Path) -> None:
    text = "\n".join(lines(20)).encode() + b"\n\n  \nred \xff green\nred blue\n"
    dataset = Tokens(length=8).read(written(tmp_path, text))
    assert any("2 empty lines" in note for note in dataset.notes)
    assert [tuple(each) for each in dataset.skipped] == [("line 23", "byte 0xff at column 5 is no UTF-8")]
    with pytest.raises(DataError, match=r"line 23: byte 0xff"):
        Tokens().read(written(tmp_path, text), strict=True)


@pytest.mark.parametrize(("how", "kept"), [("leave", 20), ("cut", 21)])
def test_lines_that_are_too_long_are_left_out_or_cut_and_counted(tmp_path: Path, how: str, kept: int) -> None:
    path = written(tmp_path, "\n".join([*lines(20), " ".join(["red"] * 40)]))
    dataset = Tokens(length=9, long=how, validation=0, test=0.0).read(path)
    assert len(dataset.train) == kept and any("1 lines longer than 9 tokens" in note for note in dataset.notes)


def test_rare_tokens_are_unknown_and_said_to_be(tmp_path: Path) -> None:
    domain = Tokens(most=6, validation=0, test=0.0)
    dataset = domain.read(written(tmp_path, "\n".join(lines())))
    codec = domain.fit(dataset)
    assert len(codec.vocabulary) == 6 and "unknown" in dataset.notes[0]
    with pytest.raises(ConfigError, match=r"^'violet' is none of the 4 tokens the model was trained on"):
        codec.numbers("red violet")


def test_a_file_apart_is_the_test_split_and_takes_its_lines_out_of_training(tmp_path: Path) -> None:
    path, apart = written(tmp_path, "\n".join(lines())), written(tmp_path, "\n".join(lines(5)), "test.txt")
    dataset = Tokens(test=apart, validation=0.1).read(path)
    assert len(dataset.test) == 5
    assert any("stand in" in note for note in dataset.notes)


def test_classes_properties_and_the_line_before_become_conditions(tmp_path: Path) -> None:
    rows = [{"text": line, "label": "even" if i % 2 else "odd", "size": i / 3} for i, line in enumerate(lines())]
    path = written(tmp_path, "\n".join(json.dumps(row) for row in rows), "lines.jsonl")
    for domain, width in (
        (Tokens(condition="class"), 2),
        (Tokens(condition="properties", properties=("size",)), 1),
        (Tokens(condition="previous"), 6),
    ):
        dataset = domain.read(path)
        codec = domain.fit(dataset)
        assert codec.spec.condition is not None and codec.spec.condition.shape == (width,)
        assert type(codec).from_tree(codec.tree()) == codec
    assert codec.conditions(["red 3"]).tolist()[0][2:] == [-1.0] * 4


def test_a_class_may_stand_before_a_tab(tmp_path: Path) -> None:
    text = "\n".join(f"{'abc'[i % 3]}\t{line}" for i, line in enumerate(lines())) + "\nno tab here"
    domain = Tokens(condition="class")
    dataset = domain.read(written(tmp_path, text))
    assert dataset.classes == ("a", "b", "c") and dataset.skipped[0].name == "line 61"
    codec = domain.fit(dataset)
    assert codec.conditions(["b"]).tolist() == [[0, 1, 0]]
    with pytest.raises(ConfigError, match="no class 'd'"):
        codec.conditions(["d"])


@pytest.mark.parametrize(
    ("name", "text", "domain", "told"),
    [
        ("a.txt", "\n\n", {}, "wanted lines of text, there is none"),
        ("a.txt", "red\n" * 40, {}, "wanted at least 2 different tokens, got 1"),
        ("a.txt", "red green blue\n" * 9, {"length": 2}, "every line is longer than 2 tokens"),
        ("a.csv", "smile,x\nCC,1\n", {}, "no column 'text', there are smile, x"),
        ("a.txt", "a\tb c\na\tc d\n", {"condition": "class"}, "wants two classes at least, every line is of 'a'"),
        ("a.txt", "a b\n", {"condition": "properties"}, "wants their columns"),
    ],
)
def test_what_cannot_be_read_is_refused_in_one_line(tmp_path: Path, name: str, text: str, domain, told: str) -> None:
    with pytest.raises(DataError) as refusal:
        Tokens.from_tree({"name": "tokens", "validation": 0, "test": 0.0, **domain}).read(written(tmp_path, text, name))
    assert told in str(refusal.value) and "\n" not in str(refusal.value)


def test_a_folder_and_a_missing_file_are_refused(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "nowhere.txt"):
        with pytest.raises(DataError, match="wanted one file of lines"):
            Tokens().read(str(path))


def test_properties_that_are_no_numbers_are_listed(tmp_path: Path) -> None:
    text = "text,size\n" + "\n".join(f"{line},{i}" for i, line in enumerate(lines())) + "\nred blue,big\n"
    dataset = Tokens(condition="properties", properties=("size",)).read(written(tmp_path, text, "a.csv"))
    assert [tuple(each) for each in dataset.skipped] == [("line 62", "wanted numbers in size")]
