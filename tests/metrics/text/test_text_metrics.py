"""BLEU, variety, copies and tables of n-grams, against definitions written out and published values."""

import math
import random
from collections import Counter
from itertools import pairwise

import pytest

from ganworks.metrics.text import ORDERS, NGrams, References, Training, bleu, distinct, self_bleu
from ganworks.settings import DataError


def some(count: int, letters: str, seed: int, longest: int = 9) -> list[list[str]]:
    rng = random.Random(seed)
    return [[rng.choice(letters) for _ in range(rng.randint(1, longest))] for _ in range(count)]


def slow(line: list[str], references: list[list[str]], order: int) -> float:
    """BLEU as its definition reads, reference by reference."""
    logs = []
    for n in range(1, order + 1):
        counts = Counter(tuple(line[i : i + n]) for i in range(len(line) - n + 1))
        most: Counter = Counter()
        for each in references:
            most |= Counter(tuple(each[i : i + n]) for i in range(len(each) - n + 1))
        matched = sum(min(count, most[gram]) for gram, count in counts.items())
        if n == 1 and not matched:
            return 0.0
        logs.append(math.log((matched or 0.1) / max(1, sum(counts.values()))))
    near = min((abs(len(each) - len(line)), len(each)) for each in references)[1]
    return min(1.0, math.exp(1 - near / len(line))) * math.exp(sum(logs) / order)


def test_bleu_and_self_bleu_are_their_definitions_to_the_last_digit() -> None:
    lines, references = some(30, "abcdefg", 0), some(40, "abcdefgh", 1, 12)
    found, alike = bleu(lines, References(references)), self_bleu(lines)
    for order in ORDERS:
        wanted = sum(slow(line, references, order) for line in lines) / len(lines)
        own = sum(slow(line, lines[:i] + lines[i + 1 :], order) for i, line in enumerate(lines)) / len(lines)
        assert found[order] == pytest.approx(wanted, abs=1e-12)
        assert alike[order] == pytest.approx(own, abs=1e-12)


def test_bleu_agrees_with_nltk() -> None:
    score = pytest.importorskip("nltk.translate.bleu_score", exc_type=ImportError)
    lines, references = some(20, "abcdefg", 2), some(30, "abcdefgh", 3, 12)
    found, smoothing = bleu(lines, references), score.SmoothingFunction().method1
    for order in ORDERS:
        each = [score.sentence_bleu(references, line, [1 / order] * order, smoothing) for line in lines]
        assert found[order] == pytest.approx(sum(each) / len(each), abs=1e-12)


def test_real_captions_score_what_was_measured_of_them(real_data) -> None:
    folder = real_data("image_coco")
    train, test = ([line.split() for line in (folder / name).read_text().splitlines()] for name in
                   ("image_coco.txt", "test_coco.txt"))  # fmt: skip
    found = bleu(train[:1500], test)
    assert list(found.values()) == pytest.approx([0.709, 0.488, 0.310, 0.202], abs=0.01)


def test_lines_that_are_all_alike_have_a_self_bleu_of_one() -> None:
    assert self_bleu([list("abcdef")] * 3)[5] == pytest.approx(1)
    assert self_bleu([list("abcdef"), list("uvwxyz")])[2] == 0
    with pytest.raises(DataError, match="wanted 2 at least, got 1"):
        self_bleu([list("abc")])
    with pytest.raises(DataError, match="wanted lines and references, got 1 and 0"):
        bleu([list("abc")], [])


def test_distinct_counts_different_ones() -> None:
    assert distinct([list("aaaa"), list("ab")], 1) == 2 / 6 and distinct([], 2) == 0


def test_copies_are_whole_lines_or_pieces_of_one() -> None:
    training = Training([list("abcdefgh"), list("xyzxyz")])
    found = training.copies([list("abcdefgh"), list("cdefg"), list("abcdxyzx"), list("yz"), list("hg")])
    assert found.whole == pytest.approx(1 / 5) and found.pieced == pytest.approx(3 / 5)
    assert training.copies([]) == (0, 0)


def test_a_table_draws_what_it_counted_and_nothing_else() -> None:
    lines = [list("abab"), list("abb"), list("ba")]
    table = NGrams.of(lines, order=2)
    pairs = {tuple(pair) for line in lines for pair in pairwise(line)}
    drawn = table.draw(500, seed=0)
    assert {tuple(pair) for line in drawn for pair in pairwise(line)} <= pairs
    assert table.draw(5, seed=1) == table.draw(5, seed=1) and max(map(len, table.draw(50, 0, longest=3))) == 3


def test_shares_after_any_past_add_up_to_one_and_perplexity_is_lower_on_what_was_counted() -> None:
    table = NGrams.of([list("abab"), list("abb")], order=3, size=4)
    for past in [("a", "b"), ("b", "a"), ("z", "z")]:
        assert sum(table.share(past, token) for token in ["a", "b", "c", "\x03"]) == pytest.approx(1)
    assert table.perplexity([list("abab")]) < table.perplexity([list("bcca")])
