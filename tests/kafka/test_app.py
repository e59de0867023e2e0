"""The Faust app without a broker: what an agent does with its batches."""

import asyncio

import pytest

from stream.kafka.app import WorkerApp
from stream.kafka.settings import StreamSettings


class Fatal(Exception):
    """Something that no retry mends."""


class Recorder:
    """An intake that keeps what it is handed, or fails."""

    def __init__(self, error=None):
        self.batches, self._error = [], error

    def take(self, topic, messages):
        """Keep the batch, or fail."""
        if self._error is not None:
            raise self._error
        self.batches.append((topic, [one.value for one in messages]))


async def put(app, name, values):
    """Hand messages to an agent as Faust would."""
    app.faust.loop = asyncio.get_running_loop()
    app.faust.finalize()
    app.faust.flow_control.resume()
    agent = next(agent for agent in app.faust.agents.values() if name in agent.name)
    async with agent.test_context() as tested:
        for value in values:
            await tested.put(value, wait=False)
        for _ in range(200):
            await asyncio.sleep(0.01)
            if app._intake.batches or app.died:
                return


def make(intake):
    """An app that remembers what it died of."""
    died = []
    app = WorkerApp(StreamSettings(batch=8, wait="PT0.05S"), intake, die=died.append)
    app.died = died
    return app


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_batch_reaches_the_intake_as_raw_bytes():
    """Values come as they were sent: nothing is decoded, and so nothing is skipped, before our own edge."""
    app = make(Recorder())
    asyncio.run(put(app, "tickets", [b"\xff not json", b"{}"]))
    app.close()
    topic, values = app._intake.batches[0]
    assert topic == "groundswell.tickets"
    assert b"\xff not json" in values
    assert not app.died


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_what_no_retry_mends_ends_the_process():
    """An error that leaves the intake never leaves the agent, where Faust would commit the batch: the process dies."""
    app = make(Recorder(Fatal("no way on")))
    asyncio.run(put(app, "tickets", [b"{}"]))
    app.close()
    assert [type(error) for error in app.died] == [Fatal]


def test_settings_that_keep_data_safe():
    """The settings of Faust that lose data when they are otherwise are what they must be."""
    conf = make(Recorder()).faust.conf
    assert conf.stream_wait_empty is True
    assert conf.processing_guarantee.value == "at_least_once"
    assert conf.topic_allow_declare is False
    assert conf.topic_disable_leader is True
    assert conf.broker_session_timeout <= 15
    assert conf.web_enabled is False
