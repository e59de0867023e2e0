"""Ctrl-C: remembered while there is something to finish, and at once where the run only waits for others."""

import os
import signal

import pytest

from groundswell.terminal_ingest import StopRequest


def test_a_signal_is_remembered_and_a_second_one_ends():
    """The first one lets the batch end; the second one does not."""
    with StopRequest() as stop:
        os.kill(os.getpid(), signal.SIGTERM)
        assert stop()
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)


def test_a_signal_ends_a_wait_for_others_at_once():
    """Only inside the wait: after it, signals are remembered again."""
    with StopRequest() as stop:
        with pytest.raises(KeyboardInterrupt), stop.interrupting():
            os.kill(os.getpid(), signal.SIGTERM)
        assert not stop()
        os.kill(os.getpid(), signal.SIGTERM)
        assert stop()
