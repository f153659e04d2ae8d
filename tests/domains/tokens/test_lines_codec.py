"""Lines <-> numbers <-> samples, by words, characters and pieces."""

import json

import numpy as np
import pytest
import torch

from ganworks.domains.tokens import Tokens
from ganworks.domains.tokens.kinds import WORDS
from ganworks.domains.tokens.toy import GRAMMAR
from ganworks.domains.tokens.vocabulary import Vocabulary
from ganworks.spec import END, UNKNOWN


@pytest.mark.parametrize("by", ["words", "characters", "subwords"])
def test_lines_come_back_as_they_were(by: str) -> None:
    if by == "subwords":
        pytest.importorskip("tokenizers")
    domain = Tokens.from_tree({"name": "tokens", "by": by, "length": 80, "long": "cut"})
    dataset = domain.read("sentences")
    codec = domain.fit(dataset)
    wanted = list(dataset.facts["lines"][0][:20])
    assert codec.lines(dataset.train.fetch(np.arange(20)).x) == wanted
    again = type(codec).from_tree(json.loads(json.dumps(codec.tree())))
    assert again == codec and again.lines(dataset.train.fetch(np.arange(20)).x) == wanted


@pytest.mark.parametrize("name", ["words", "characters"])
def test_splitting_and_joining_are_inverse(name: str) -> None:
    words = WORDS[name]()
    assert words.join(words.split("to be or not")) == "to be or not"


def test_a_sample_is_one_of_many_at_each_step_and_the_end_stays() -> None:
    domain = Tokens()
    dataset = domain.toy()
    codec = domain.fit(dataset)
    raw = torch.from_numpy(dataset.train.fetch(np.arange(8)).x)
    x = codec.encode(raw).x
    assert torch.equal(x.sum(1), torch.ones(8, codec.length))
    assert torch.equal(x[:, END].bool(), raw == -1)
    soft = x * 0.6 + 0.4 / x.shape[1]
    np.testing.assert_array_equal(codec.decode(soft), raw.numpy())


def test_the_vocabulary_keeps_the_frequent_and_knows_their_shares() -> None:
    found = Vocabulary.of([["a", "b", "a"], ["a", "c", "<end>"]], most=4)
    assert found.tokens == ("<end>", "<unknown>", "a", "b")
    assert found.shares == pytest.approx((2 / 8, 2 / 8, 3 / 8, 1 / 8), abs=1e-6)
    assert found.numbers(["b", "z"], 3).tolist() == [3, UNKNOWN, -1]


def test_samples_are_written_as_lines_and_previews_are_pictures(tmp_path) -> None:
    domain = Tokens()
    dataset = domain.toy()
    codec = domain.fit(dataset)
    records = dataset.train.fetch(np.arange(5)).x
    (path,) = codec.write(records, tmp_path, 3)
    found = path.read_text(encoding="utf-8").splitlines()
    assert path.name == "lines-000003.txt" and len(found) == 5 and all(GRAMMAR.match(line) for line in found)
    (path,) = codec.model_copy(update={"suffix": "jsonl"}).write(records, tmp_path)
    assert json.loads(path.read_text(encoding="utf-8").splitlines()[0]) == {"text": found[0]}
    assert codec.preview(records).shape[2] == 3


def test_judgements_see_counts_that_only_the_lines_decide() -> None:
    codec = Tokens().fit(Tokens().toy())
    one = np.array([[3, 4, 5, -1], [5, 4, 3, -1]], np.int32)
    seen = codec.output.model_copy(update={"length": 4}).encode(torch.from_numpy(one)).x
    assert torch.equal(seen[0, :128], seen[1, :128]) and not torch.equal(seen[0, 128:], seen[1, 128:])
    assert seen[:, :128].sum(1).tolist() == [3, 3] and seen[:, 128:256].sum(1).tolist() == [2, 2]
