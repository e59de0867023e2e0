import json
from datetime import timedelta

import pytest

from alerts.channels.base import Message
from alerts.channels.file import FileChannel
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
