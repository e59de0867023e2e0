import json
from datetime import UTC, datetime

import pytest

from groundswell.commands.serve import _notification
from groundswell.demo.run import _session as demo_session
from groundswell.doctor import Doctor
from groundswell.session import open_session, ownership_of
from groundswell.settings import Settings
from store.database import open_database, upgrade
from store.outbox import claim, enqueue, mark_failed
from store.schema import channel_states, outbox
from tests.groundswell.front import front_door
from tests.harness.receivers import HANGS, LONG, HttpReply, http_receiver

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)


@pytest.fixture
def run(tmp_path, monkeypatch, capfd):
    """A way to run the command line in this process, in a folder and with a database of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GROUNDSWELL_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("NO_COLOR", "1")
    command = front_door(monkeypatch, capfd)

    def checked(*words, code=0):
        done = command(*words)
        assert done.code == code, done.err
        return done

    return checked


@pytest.fixture
def engine(tmp_path):
    """The database of the commands, with one notification given up and one that waits."""
    (tmp_path / "data").mkdir()
    engine = open_database(f"sqlite:///{tmp_path / 'data' / 'groundswell.db'}")
    upgrade(engine)
    with engine.begin() as connection:
        for number in (1, 2):
            enqueue(
                connection, key=f"alert:{number}", kind="alert", audience="everyone", payload={"reason": "42 tickets"}
            )
    claimed = claim(engine, now=NOW, lease=NOW - NOW.replace(hour=11), limit=1)
    mark_failed(engine, claimed[0], at=NOW, problem="channel hook: the receiver answered 400 Bad Request")
    yield engine
    engine.dispose()


def hook(tmp_path, url, timeout=LONG):
    """Set up a webhook, and an audience that it reaches."""
    (tmp_path / "ownership.toml").write_text('[[audience]]\nname = "everyone"\nchannels = ["hook"]\n')
    (tmp_path / "groundswell.toml").write_text(
        '[alerts]\nownership = "ownership.toml"\n[channels.hook]\nkind = "webhook"\nsecret_key = "s3cret"\nallow_private = true\n'
        f'timeout = "PT{timeout.total_seconds()}S"\nurl = "{url}/s3cret"\n'
    )


def test_a_test_message_is_sent_and_its_answer_shown(run, tmp_path):
    """It says that it is a test, and the receiver's answer is shown; nothing is stored and no database is needed."""
    with http_receiver(HttpReply(202, b"")) as receiver:
        hook(tmp_path, receiver.url)
        found = run("channels", "test", "hook")
        listed = json.loads(run("channels", "test", "hook", "--json").out)
    assert "The channel hook took the test message: id msg_" in found.out
    assert (listed[0]["ok"], listed[0]["answer"]["status"]) == (True, 202)
    body = json.loads(receiver.requests[0]["body"])
    assert (body["kind"], body["title"], body["data"]["test"]) == ("test", "Groundswell test message", True)
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize(
    ("reply", "said"),
    [(HttpReply(401, b"who"), "answered 401 Unauthorized: who"), (HANGS, "did not answer in time")],
)
def test_a_test_message_that_is_not_taken_says_why(run, tmp_path, reply, said):
    """The exit code is 1, the reason is one sentence without a secret."""
    with http_receiver(reply) as receiver:
        hook(tmp_path, receiver.url, reply.awaited)
        found = run("channels", "test", "hook", code=1)
        listed = run("channels", "test", "hook", "--json", code=1)
    assert said in found.err
    assert "s3cret" not in found.out + found.err
    assert json.loads(listed.out)[0]["ok"] is False


@pytest.mark.parametrize("command", [("channels", "test", "nobody"), ("channels", "retry", "nobody")])
def test_a_channel_that_is_not_set_up_is_wrong_usage(run, engine, command):
    """The sentence lists the channels that are."""
    found = run(*command, code=2)
    assert "received the channel 'nobody'; valid are file" in found.err


def test_the_status_shows_what_was_given_up_and_retry_sends_it(run, engine, tmp_path):
    """What is dead has its reason; after `retry` it waits again, and the next one that sends delivers both."""
    with http_receiver() as receiver:
        hook(tmp_path, receiver.url)
        [file, status] = json.loads(run("channels", "status", "--json").out)
        assert (file["channel"], file["waiting"], file["dead"], file["audiences"]) == ("file", 0, 0, [])
        assert (status["channel"], status["kind"], status["waiting"], status["oldest_waiting"]) == (
            "hook",
            "webhook",
            1,
            "alert:2",
        )
        assert status["dead_rows"] == [
            {"key": "alert:1", "problem": "channel hook: the receiver answered 400 Bad Request"}
        ]
        assert "Given up for hook: alert:1: channel hook: the receiver answered 400" in run("channels", "status").out
        assert "1 notification will be sent again" in run("channels", "retry", "hook").out
        assert "0 notifications will be sent again" in run("channels", "retry").out
        assert json.loads(run("channels", "status", "--json").out)[1]["waiting"] == 2


def test_a_channel_that_is_misspelt_in_the_ownership_file_is_named(run, engine, tmp_path):
    """The ownership file may name what is set up, and the error says what that is."""
    hook(tmp_path, "http://127.0.0.1:9")
    (tmp_path / "ownership.toml").write_text('[[audience]]\nname = "everyone"\nchannels = ["hok"]\n')
    assert "undefined channel 'hok'; valid are file, hook" in run("channels", "status", code=1).err


def test_every_command_takes_an_ownership_file_that_names_a_channel(run, engine, tmp_path):
    """Those that only look at owners too, and the console."""
    hook(tmp_path, "http://127.0.0.1:9")
    run("known-issues", "list", "--stale")
    run("silences", "add", "--segment", "region=BR", "--for", "1h", "--reason", "deploy")
    run("audiences", "check")
    session = open_session()
    assert _notification(session).ownership.audience("everyone").channels == ("hook",)
    session.engine.dispose()


def test_doctor_says_which_channel_fails(run, engine, tmp_path):
    """What was given up is a fault with its remedy; after `retry` nothing is."""
    hook(tmp_path, "http://127.0.0.1:9")
    looked_at = {}
    for step in ("before", "after"):
        doctor = Doctor(Settings(), engine, "minilm", lambda: NOW)
        [looked_at[step]] = list(doctor._channels())
        run("channels", "retry")
    assert (looked_at["before"].good, looked_at["before"].found) == (False, "hook: 1 message given up")
    assert "groundswell channels retry" in looked_at["before"].remedy
    assert (looked_at["after"].good, looked_at["after"].found) == (True, "2 channels, 2 messages waiting")


def test_the_demo_sends_nothing_to_people(tmp_path, monkeypatch):
    """What is made up stays in files, whatever channels are set up."""
    monkeypatch.chdir(tmp_path)
    hook(tmp_path, "http://127.0.0.1:9")
    session = demo_session(Settings(), tmp_path, None)
    assert session.settings.channel_names == ("file",)
    assert {name for one in ownership_of(session.settings).audiences for name in one.channels} == {"file"}
    session.engine.dispose()


def test_what_is_due_is_sent_by_a_command(run, engine, tmp_path):
    """It says what was sent, what waits and what was given up; only the last is a failure."""
    with http_receiver(
        HttpReply(503, b""), HttpReply(503, b""), HttpReply(503, b""), HttpReply(400, b"no")
    ) as receiver:
        hook(tmp_path, receiver.url)
        waits = run("channels", "send")
        assert waits.out == "0 sent, 1 to be tried again, 0 given up.\n"
        assert "alert:2: channel hook: the receiver answered 503" in waits.err
        with engine.begin() as connection:
            connection.execute(outbox.update().values(claimed_until=None))
            connection.execute(channel_states.update().values(paused_until=None))
        [refused] = json.loads(run("channels", "send", "--json", code=1).out)
    assert (refused["sent"], refused["failed"]) == (0, 1)
    assert json.loads(receiver.requests[-1]["body"])["key"] == "alert:2"
