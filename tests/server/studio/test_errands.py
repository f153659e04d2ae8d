"""Errands: an answer in JSON from a child process, one at a time, for as long as somebody waits."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("fastapi", reason="the studio needs ganworks[serve]")

from ganworks.server.errors import Refused
from ganworks.server.studio import errands
from ganworks.server.studio.errands import Errands

SLEEP = ["timeit", "-n1", "-r1", "__import__('time').sleep(60)"]


@pytest.fixture
def sent(tmp_path: Path) -> Iterator[Errands]:
    (tmp_path / "page.json").write_text('{"a": 1}')
    made = Errands(tmp_path)
    yield made
    made.close()


def over(sent: Errands, number: str) -> dict:
    for _ in range(600):
        found = sent.told(number)
        if found["state"] in ("done", "failed"):
            return found
        time.sleep(0.05)
    raise AssertionError("it takes too long")


def test_what_a_command_prints_or_writes_is_its_answer(sent: Errands) -> None:
    printed, written = sent.send(["json.tool", "page.json"]), sent.send(["json.tool", "page.json", errands.ANSWER])
    assert over(sent, printed)["answer"] == over(sent, written)["answer"] == {"a": 1}
    assert sent.answer(printed) == {"a": 1}


def test_the_same_question_is_worked_out_once(sent: Errands) -> None:
    first = sent.send(["json.tool", "page.json"], "a page")
    assert sent.send(["json.tool", "page.json"], "a page") == first
    over(sent, first)
    assert sent.send(["json.tool", "page.json"], "a page") == first


def test_what_goes_wrong_is_a_line_without_internals(sent: Errands) -> None:
    found = over(sent, sent.send(["json.tool", "/nowhere/secret.json"]))
    assert found["state"] == "failed" and "secret" not in found["error"] and "log" in found["error"]


def test_an_errand_for_which_nobody_waits_is_ended(sent: Errands, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(errands, "FORGOTTEN", 0.2)
    number = sent.send(SLEEP, "slow")
    time.sleep(2)
    assert over(sent, number)["error"] == "nobody waited for it"
    assert sent.send(["json.tool", "page.json"], "slow") != number


def test_an_errand_can_be_dropped_and_too_many_are_refused(sent: Errands) -> None:
    numbers = [sent.send(SLEEP) for _ in range(errands.WAITING)]
    with pytest.raises(Refused) as refused:
        numbers += [sent.send(SLEEP), sent.send(SLEEP)]
    assert refused.value.status == 503
    for each in reversed(numbers):
        sent.drop(each)
    assert {over(sent, each)["state"] for each in numbers} == {"failed"}
    with pytest.raises(Refused):
        sent.answer("none")
