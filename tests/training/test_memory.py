"""Memory that is short: smaller parts of the same batch, said aloud, and nothing lost."""

from pathlib import Path
from typing import Literal

import pytest
import torch
from torch import Tensor

from ganworks.adversarial import Term, Turn
from ganworks.launch import Words, launch, plan
from ganworks.training.watch import Watch

pytestmark = pytest.mark.filterwarnings("ignore:Pydantic serializer warnings")  # Hungry stands in no table


class Hungry(Term):
    """Needs more memory than there is for more than 16 samples at once, as convolutions may."""

    name: Literal["hungry"] = "hungry"
    player = "discriminator"
    most: int = 16

    def cost(self, turn: Turn) -> Tensor:
        if len(turn.real) > self.most:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")
        return turn.fake_logits * 0


class Lines(Watch):
    def __init__(self) -> None:
        self.lines: list[str] = []

    def line(self, text: str) -> None:
        self.lines.append(text)


def weights(folder: Path, most: int = 16, part: int | None = None, watch: Watch | None = None) -> bytes:
    words = Words("digits", "lean-28", samples=640, folder=str(folder))
    planned = plan(words)
    run = planned.run.model_copy(update={"terms": (*planned.run.terms, Hungry(most=most)), "part": part})
    launch(planned._replace(run=run), watch)
    return (folder / "model" / "model.safetensors").read_bytes()


def test_a_batch_that_does_not_fit_is_played_in_halves_of_halves(tmp_path: Path) -> None:
    watch = Lines()
    found = weights(tmp_path / "short", watch=watch)
    told = [line for line in watch.lines if "not enough memory" in line]
    assert [line.partition("parts of ")[2].partition(" ")[0] for line in told] == ["32", "16"]
    assert "set part=16 to begin so" in told[-1]
    assert found == weights(tmp_path / "told", part=16)


def test_a_sample_that_does_not_fit_alone_stops_the_run_with_its_error(tmp_path: Path) -> None:
    with pytest.raises(torch.OutOfMemoryError):
        weights(tmp_path / "none", most=0)
