import json
from datetime import timedelta

import pytest

from alerts.channels.base import Message
from alerts.channels.file import FileChannel
from alerts.channels.kafka import TopicChannel
from alerts.channels.shipped import make_channels
from alerts.errors import DeliveryFinal, DeliveryRecoverable
from alerts.ownership import CHANNELS
from alerts.settings import AlertSettings
from tests.harness.memory_channel import MemoryChannel

MESSAGE = Message("digest brazil 2026-11-20", "digest", "brazil", "# brazil\n", {"start": "2026-11-20", "nested": [1]})


@pytest.fixture(params=["file", "memory"])
def channel(request, tmp_path):
    """Every channel that is shipped."""
    return FileChannel(tmp_path / "out") if request.param == "file" else MemoryChannel()


def test_every_channel_takes_a_message_twice(channel):
    """The contract: a message may come again after a crash, is taken again, and is not changed by it."""
    before = repr(MESSAGE)
    channel.send(MESSAGE)
    channel.send(MESSAGE)
    assert repr(MESSAGE) == before
    assert channel.name in ("file", "memory")


def test_files_overwrite_themselves(tmp_path):
    """A message that is sent again leaves the same two files with the same bytes."""
    channel = FileChannel(tmp_path)
    channel.send(MESSAGE)
    first = {path.name: path.read_bytes() for path in (tmp_path / "brazil").iterdir()}
    channel.send(MESSAGE)
    assert {path.name: path.read_bytes() for path in (tmp_path / "brazil").iterdir()} == first
    assert first["digest-brazil-2026-11-20.md"] == b"# brazil\n"
    assert json.loads(first["digest-brazil-2026-11-20.jsonl"]) == {
        "key": MESSAGE.key, "kind": "digest", "audience": "brazil", "start": "2026-11-20", "nested": [1],
    }  # fmt: skip


def test_a_key_cannot_leave_the_folder(tmp_path):
    """Whatever a key or audience holds, its file is inside the channel's folder."""
    channel = FileChannel(tmp_path / "out")
    channel.send(Message("../../etc/passwd", "alert", "../..", "text"))
    assert sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.md")) == [
        "out/unnamed/etc-passwd.md"
    ]


def test_a_folder_that_is_a_file_is_final(tmp_path):
    """A path that can never hold the files is a final failure."""
    (tmp_path / "out").write_text("in the way", encoding="utf-8")
    with pytest.raises(DeliveryFinal, match="is not a folder"):
        FileChannel(tmp_path / "out").send(MESSAGE)


def test_the_memory_channel_fails_as_told():
    """The fake raises its failures first and keeps nothing of them."""
    channel = MemoryChannel(failures=(DeliveryRecoverable("memory", "busy", timedelta(seconds=3)),))
    with pytest.raises(DeliveryRecoverable, match="channel memory: busy"):
        channel.send(MESSAGE)
    channel.send(MESSAGE)
    assert channel.messages == [MESSAGE]


def test_an_ownership_file_may_name_what_is_shipped(tmp_path):
    """The channels that ownership files may name are those that can be sent to."""
    assert tuple(make_channels(AlertSettings(outbox_folder=tmp_path), clock=lambda: None)) == CHANNELS


class FakeProducer:
    """A producer that keeps what it is given, or breaks."""

    def __init__(self, *, breaks=False):
        self.sent, self._breaks = [], breaks

    def send(self, topic, *, value, key, headers):
        """Keep a record."""
        if self._breaks:
            raise TimeoutError
        self.sent.append((topic, key, dict(headers), json.loads(value)))
        return self

    def get(self, timeout):
        """Confirm."""


def test_a_topic_gets_all_about_an_incident_under_one_key():
    """News and updates go to one partition, each with its own id; a producer that broke is made anew."""
    broken, producer = FakeProducer(breaks=True), FakeProducer()
    producers = [broken, producer]
    channel = TopicChannel("events", lambda: producers.pop(0), "notifications")
    opened = Message(
        "incident:7:1:ops", "incident", "ops", "t", {"x": 1}, subject="incident:7", revision=1, news="opened"
    )
    update = Message("incident:7:2:ops", "incident", "ops", "t", {"x": 2}, subject="incident:7", revision=2)
    with pytest.raises(DeliveryRecoverable, match="did not take it"):
        channel.send(opened)
    reference = channel.send(opened)
    channel.update(reference, update)
    channel.update(reference, opened)
    assert [(topic, key, headers["ce_id"]) for topic, key, headers, _ in producer.sent] == [
        ("notifications", b"incident:7", b"incident:7:1:ops"), ("notifications", b"incident:7", b"incident:7:2:ops"),
    ]  # fmt: skip
    assert producer.sent[0][3]["data"] == {"x": 1}


def test_a_topic_whose_broker_is_away_waits():
    """Where no broker answers, the message stays in the outbox."""
    with pytest.raises(DeliveryRecoverable, match="no broker answers"):
        TopicChannel("events", lambda: 1 / 0, "notifications").send(MESSAGE)
