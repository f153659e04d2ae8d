"""A service that strangers could reach is not made by accident."""

import pytest

from ganworks.server.settings import Limits, Service
from ganworks.settings import ConfigError


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.7", "example.org"])
def test_other_machines_need_a_flag_and_a_token(host: str) -> None:
    with pytest.raises(ConfigError, match="add --remote and a --token"):
        Service.from_tree({"host": host})
    with pytest.raises(ConfigError, match="at least 16 characters, got 5"):
        Service.from_tree({"host": host, "remote": True, "token": "short"})
    assert Service.from_tree({"host": host, "remote": True, "token": "x" * 16}).host == host


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "127.8.8.8"])
def test_this_machine_needs_neither(host: str) -> None:
    assert Service(host=host).loopback


def test_a_token_that_no_header_carries_is_refused() -> None:
    with pytest.raises(ConfigError, match="printable ASCII"):
        Service(token="with a space").checked()


@pytest.mark.parametrize("wrong", [{"count": 0}, {"share": 1.5}, {"deadline": -1}, {"quue": 3}])
def test_limits_that_are_none_are_refused(wrong: dict) -> None:
    with pytest.raises(ConfigError):
        Limits.from_tree(wrong)
