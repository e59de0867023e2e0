"""Listening, and what is answered there."""

import pytest

from console.errors import AddressUnavailableError
from console.serve import listen
from console.settings import ConsoleSettings


def test_a_taken_port_is_said_in_a_sentence() -> None:
    """A second console on the same port is refused with what to do, before anything is served."""
    with listen(ConsoleSettings(port=0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(AddressUnavailableError, match=f"127.0.0.1 port {port} .*choose another"):
            listen(ConsoleSettings(port=port))


def test_the_console_listens_on_loopback_unless_told_otherwise() -> None:
    """Nobody on the network reaches it by default."""
    with listen(ConsoleSettings(port=0)) as opened:
        assert opened.getsockname()[0] == "127.0.0.1"


@pytest.mark.parametrize(
    ("host", "answered"),
    [
        ("127.0.0.1", False),
        ("0.0.0.0", False),  # noqa: S104
        ("::", False),
        ("10.1.2.3", True),
        ("console.example", True),
    ],
)
def test_an_address_listened_on_is_answered_and_a_wildcard_is_none(host: str, answered: bool) -> None:  # noqa: FBT001
    """In addition to the names of loopback only a real address counts as the console's own."""
    hosts = ConsoleSettings(host=host).answered_hosts
    assert hosts >= {"127.0.0.1", "localhost", "::1"}
    assert (hosts > {"127.0.0.1", "localhost", "::1"}) is answered
