"""A listener learns classes of sounds, says the same again, and is kept for the next time."""

from pathlib import Path

import pytest
import torch

from ganworks.domains.audio.toy import notes
from ganworks.metrics.sound.listener import Listener
from ganworks.settings import DataError


def sounds(seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    data = notes(seed).train
    return torch.from_numpy(data.array[:, 0]).float() / 32768, torch.from_numpy(data.labels)


def test_a_listener_names_sounds_it_did_not_learn_from_and_is_kept(tmp_path: Path) -> None:
    x, labels = sounds(0)
    told: list[str] = []
    before = torch.get_rng_state()
    listener = Listener.learn(x, labels, 3, 8000, tmp_path, notify=told.append)
    assert torch.equal(torch.get_rng_state(), before)
    other, names = sounds(1)
    assert listener.share(other, names) > 0.8
    heard = listener(other)
    assert heard.features.shape == (96, 64) and torch.allclose(heard.probabilities.sum(1), torch.ones(96))
    assert Listener.at_hand(x, labels, 3, 8000, tmp_path) and not Listener.at_hand(x * 0.5, labels, 3, 8000, tmp_path)
    again = Listener.learn(x, labels, 3, 8000, tmp_path, notify=told.append)
    assert len(told) == 1 and again.name == listener.name and torch.equal(again(other).features, heard.features)


def test_too_few_recordings_of_a_class_are_told() -> None:
    x, labels = sounds(0)
    with pytest.raises(DataError, match="4 recordings of each"):
        Listener.learn(x[:5], labels[:5], 3, 8000)
