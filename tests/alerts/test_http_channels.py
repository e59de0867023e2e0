import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

import pytest

from alerts.channels.addresses import is_public
from alerts.channels.base import Message
from alerts.channels.http import LONGEST_ASKED, HttpAnswer, HttpSender, failure_of, retry_after
from alerts.channels.jira import JiraChannel
from alerts.channels.pagerduty import PagerDutyChannel
from alerts.channels.slack import SlackChannel, SlackWebhookChannel, make_client
from alerts.channels.webhook import WebhookChannel, WebhookSigner, secrets_of
from alerts.errors import ChannelInvalid, DeliveryFinal, DeliveryRecoverable, MessageGone
from tests.harness.ports import free_ports
from tests.harness.receivers import HANGS, LONG, HttpReply, http_receiver

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
MESSAGE = Message(
    "incident:7:1:ops", "incident", "ops", "**Pix**", {"incident_id": 7}, title="New incident: Pix", plain="New incident: Pix\n",
    blocks=({"type": "header", "text": {"type": "plain_text", "text": "Pix"}},), url="https://example.com/themes/3",
    subject="incident:7", revision=1, news="opened",
)  # fmt: skip


def sender(name="hook", timeout=LONG, **options):
    """A sender that may connect to this machine."""
    return HttpSender(name, timeout, lambda: NOW, **options)


def webhook(url, *secrets, style="standard", **options):
    """A webhook channel."""
    signer = WebhookSigner(tuple(secret.encode() for secret in secrets or ("s3cret",)), style)
    return WebhookChannel("hook", url, signer, sender(reads=False, **options), lambda: NOW)


def test_a_webhook_is_signed_as_standard_webhooks_say():
    """Id, time and body are signed with every secret, and the id is the key of idempotency."""
    with http_receiver() as receiver:
        reference = webhook(receiver.url, "new", "old").send(MESSAGE)
    [request] = receiver.requests
    headers = request["headers"]
    assert headers["idempotency-key"] == headers["webhook-id"] == reference["id"]
    signed = b".".join((headers["webhook-id"].encode(), headers["webhook-timestamp"].encode(), request["body"]))
    made = [base64.b64encode(hmac.new(one, signed, hashlib.sha256).digest()).decode() for one in (b"new", b"old")]
    assert headers["webhook-signature"] == f"v1,{made[0]} v1,{made[1]}"
    assert headers["webhook-timestamp"] == str(int(NOW.timestamp()))
    body = json.loads(request["body"])
    assert (body["type"], body["key"], body["data"]) == ("groundswell.incident.opened", MESSAGE.key, {"incident_id": 7})


def test_the_standard_webhooks_example_verifies():
    """The vector of the specification: secret, id, time and body give its signature."""
    [secret] = secrets_of("hook", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    at = datetime.fromtimestamp(1614265330, UTC)
    headers = WebhookSigner((secret,)).headers("msg_p5jXN8AQM9LWM0D4loKWxJek", at, b'{"test": 2432232314}')
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_webhook_is_signed_as_github_does():
    """The vector of GitHub's documentation."""
    signer = WebhookSigner((b"It's a Secret to Everybody",), "github")
    expected = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
    assert signer.headers("id", NOW, b"Hello, World!") == {"x-hub-signature-256": expected}


@pytest.mark.parametrize("line", ["whsec_", "whsec_???"])
def test_a_broken_webhook_secret_is_refused(line):
    """A secret that is cut off is named, and not quoted."""
    with pytest.raises(ChannelInvalid, match="copy it again"):
        secrets_of("hook", line)


@pytest.mark.parametrize(
    ("status", "headers", "error", "wait", "transient"),
    [
        (429, {"retry-after": "17"}, DeliveryRecoverable, 17, False),
        (429, {}, DeliveryRecoverable, None, False),
        (503, {"retry-after": "Sun, 29 Nov 2026 12:01:00 GMT"}, DeliveryRecoverable, 60, False),
        (503, {}, DeliveryRecoverable, None, True),
        (500, {}, DeliveryRecoverable, None, True),
        (502, {}, DeliveryRecoverable, None, True),
        (408, {}, DeliveryRecoverable, None, True),
        (400, {}, DeliveryFinal, None, None),
        (413, {}, DeliveryFinal, None, None),
        (422, {}, DeliveryFinal, None, None),
        (401, {}, DeliveryRecoverable, None, False),
        (403, {}, DeliveryRecoverable, None, False),
        (404, {}, DeliveryRecoverable, None, False),
        (410, {}, DeliveryRecoverable, None, False),
        (302, {"location": "http://127.0.0.1/"}, DeliveryRecoverable, None, False),
    ],
)
def test_an_answer_is_classified_by_what_can_be_done(status, headers, error, wait, transient):
    """What is refused for good is final, what a person can mend waits, and what passes by itself is tried again."""
    with http_receiver(HttpReply(status, b"no", headers)) as receiver, pytest.raises(error) as raised:
        webhook(receiver.url).send(MESSAGE)
    assert str(status) in str(raised.value)
    if error is DeliveryRecoverable:
        assert raised.value.retry_after == (None if wait is None else timedelta(seconds=wait))
        assert raised.value.transient is transient
    assert len(receiver.requests) == 1


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("0", 0), (" 5 ", 5), ("-3", None), ("1.5", None), ("soon", None), ("", None), ("9" * 400, LONGEST_ASKED.total_seconds()),
     ("Sun, 29 Nov 2026 11:00:00 GMT", 0), ("²", None)],
)  # fmt: skip
def test_a_wait_that_is_asked_for_is_read(value, seconds):
    """`Retry-After` is a number or a date; anything else asks for nothing, and nobody asks for years."""
    wait = retry_after(value, NOW)
    assert wait == (None if seconds is None else timedelta(seconds=seconds))


@pytest.mark.parametrize(
    "reply",
    [HANGS, HttpReply(drop="unread"), HttpReply(500, b"x" * 50, drop="body")],
    ids=["hangs", "drops", "cut"],
)
def test_an_answer_that_does_not_come_is_unclear(reply):
    """A receiver that hangs or goes away may have taken the message; it is tried again under the same key."""
    with http_receiver(reply) as receiver, pytest.raises(DeliveryRecoverable) as raised:
        webhook(receiver.url, timeout=reply.awaited).send(MESSAGE)
    assert (raised.value.transient, raised.value.unclear) == (True, True)


def test_a_status_of_success_is_success_whatever_follows():
    """A receiver that accepts and then goes away, or drips its answer, has accepted."""
    replies = [HttpReply(202, b"y" * 50, drop="body"), HttpReply(200, b"z" * 50, drip=1.0)]
    with http_receiver(*replies) as receiver:
        assert [webhook(receiver.url).send(MESSAGE)["status"] for _ in replies] == [202, 200]


def test_a_refused_connection_took_nothing():
    """Where nobody listens, nothing was taken; the address, which may be a secret, is not in the error."""
    with pytest.raises(DeliveryRecoverable, match="cannot be reached") as raised:
        webhook(f"http://127.0.0.1:{free_ports(1)[0]}/s3cret").send(MESSAGE)
    assert (raised.value.transient, raised.value.unclear) == (True, False)
    assert "s3cret" not in str(raised.value)


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "[::1]", "10.1.2.3", "169.254.169.254", "[::ffff:10.0.0.1]", "0", "2130706433"],
)
def test_a_private_address_is_refused_unless_it_is_allowed(host):
    """A webhook reaches nothing in the own network, by whatever name, and says how that is allowed."""
    channel = webhook(f"https://{host}:9/", allow_private=False)
    with pytest.raises(DeliveryRecoverable, match="allow_private = true"):
        channel.send(MESSAGE)


def test_a_webhook_into_the_internet_has_tls():
    """Without TLS, anybody on the way could read what customers wrote."""
    with pytest.raises(ChannelInvalid, match="no TLS"):
        webhook("http://example.com/", allow_private=False)


@pytest.mark.parametrize(
    ("address", "public"),
    [("8.8.8.8", True), ("2606:4700::1111", True), ("64:ff9b::808:808", True), ("64:ff9b::a00:1", False), ("2002:a00:1::", False),
     ("fe80::1%eth0", False), ("224.0.0.1", False), ("100.64.0.1", False), ("fd00::1", False), ("no address", False)],
)  # fmt: skip
def test_public_addresses_are_told_apart_from_private_ones(address, public):
    """An address of version 4 counts as itself in every notation of version 6."""
    assert is_public(address) is public
    assert "%" in address or " " in address or ip_address(address)


def slack(receiver, timeout=LONG):
    """A bot of a Slack that is on this machine."""
    return SlackChannel("chat", lambda: make_client("xoxb-1", receiver.url, timeout), "C1", lambda: NOW)


def test_slack_posts_follows_and_edits():
    """The first message is posted, news follow in its thread, and it is edited where it is."""
    answer = HttpReply.of_json({"ok": True, "channel": "C1", "ts": "1.2"})
    with http_receiver(answer) as receiver:
        channel = slack(receiver)
        reference = channel.send(MESSAGE)
        channel.send(Message("k2", "incident", "ops", "t", thread=reference))
        channel.update(reference, MESSAGE)
    assert reference == {"channel": "C1", "ts": "1.2"}
    posted, followed, edited = (json.loads(one["body"]) for one in receiver.requests)
    assert [one["path"] for one in receiver.requests] == ["/chat.postMessage", "/chat.postMessage", "/chat.update"]
    assert (posted["channel"], posted["text"], posted["blocks"][0]["type"]) == ("C1", "New incident: Pix", "header")
    assert "thread_ts" not in posted
    assert posted["metadata"]["event_payload"] == {"key": MESSAGE.key}
    assert (followed["thread_ts"], edited["ts"], edited["channel"]) == ("1.2", "1.2", "C1")
    assert receiver.requests[0]["headers"]["authorization"] == "Bearer xoxb-1"


@pytest.mark.parametrize(
    ("reply", "error", "problem"),
    [
        (HttpReply.of_json({"ok": False, "error": "ratelimited"}, 429, **{"retry-after": "12"}), DeliveryRecoverable, "429"),
        (HttpReply.of_json({"ok": False, "error": "invalid_blocks"}), DeliveryFinal, "invalid_blocks"),
        (HttpReply.of_json({"ok": False, "error": "invalid_auth"}), DeliveryRecoverable, "check the token"),
        (HttpReply.of_json({"ok": False, "error": "not_in_channel"}), DeliveryRecoverable, "invite the bot"),
        (HttpReply.of_json({"ok": False, "error": "internal_error"}), DeliveryRecoverable, "internal_error"),
        (HttpReply(500, b"oops"), DeliveryRecoverable, "500"),
        (HANGS, DeliveryRecoverable, "did not answer in time"),
        (HttpReply(drop="unread"), DeliveryRecoverable, "ended the connection"),
        (HttpReply(200, b"<html>"), DeliveryRecoverable, "Slack"),
    ],
    ids=["429", "blocks", "auth", "channel", "internal", "500", "hangs", "drops", "html"],
)  # fmt: skip
def test_slack_answers_are_classified(reply, error, problem):
    """What is wrong with the message is final; what is wrong with token, channel or network waits."""
    with http_receiver(reply) as receiver, pytest.raises(error, match=problem) as raised:
        slack(receiver, reply.awaited).send(MESSAGE)
    if reply.status == 429:
        assert raised.value.retry_after == timedelta(seconds=12)


@pytest.mark.parametrize("code", ["message_not_found", "cant_update_message", "edit_window_closed"])
def test_a_slack_message_that_is_gone_is_known_as_gone(code):
    """An edit of a message that was deleted, or is too old, says so, so that a new one takes its place."""
    reply = HttpReply.of_json({"ok": False, "error": code})
    with http_receiver(reply) as receiver, pytest.raises(MessageGone):
        slack(receiver).update({"channel": "C1", "ts": "1"}, MESSAGE)


def test_a_slack_webhook_only_posts():
    """It answers `ok`, which names no message: nothing is edited."""
    with http_receiver(
        HttpReply(200, b"ok"), HttpReply(404, b"no_service"), HttpReply(400, b"invalid_blocks")
    ) as receiver:
        channel = SlackWebhookChannel("chat", f"{receiver.url}/T/B/x", LONG, lambda: NOW)
        assert channel.send(MESSAGE) == {"status": 200}
        with pytest.raises(DeliveryRecoverable, match="no_service"):
            channel.send(MESSAGE)
        with pytest.raises(DeliveryFinal, match="invalid_blocks"):
            channel.send(MESSAGE)
        with pytest.raises(MessageGone):
            channel.update({}, MESSAGE)


def test_pagerduty_has_one_incident_for_each_of_ours():
    """All messages about an incident have one key, and its end resolves it."""
    with http_receiver(HttpReply(202, b"{}")) as receiver:
        channel = PagerDutyChannel("duty", "R0", "prod", sender(reads=False), receiver.url)
        for revision, news in ((1, "opened"), (2, "escalated"), (3, "ended")):
            channel.send(Message(f"k{revision}", "incident", "ops", "t", title="T", subject="incident:7", news=news))
    assert [(one["dedup_key"], one["event_action"]) for one in receiver.bodies()] == [
        ("prod:incident:7", "trigger"), ("prod:incident:7", "trigger"), ("prod:incident:7", "resolve"),
    ]  # fmt: skip
    assert receiver.requests[0]["path"] == "/v2/enqueue"


def test_pagerduty_is_resolved_where_the_end_is_no_news():
    """An incident that ends silently is resolved there, too, and new figures page nobody."""
    with http_receiver(HttpReply(202, b"{}")) as receiver:
        channel = PagerDutyChannel("duty", "R0", "prod", sender(reads=False), receiver.url)
        for state in ("open", "ended"):
            channel.update({}, Message("k", "incident", "ops", "t", {"state": state}, subject="incident:7", revision=2))
    assert [one["event_action"] for one in receiver.bodies()] == ["resolve"]


class FakeJira:
    """Issues and comments, as the API returns them."""

    def __init__(self):
        self.issues, self.comments, self.links = {}, [], []

    def __call__(self, request):
        """Answer one request."""
        body = json.loads(request["body"] or b"{}")
        path = request["path"]
        if path.startswith("/rest/api/3/search/jql"):
            found = [{"key": key} for key, fields in self.issues.items() if fields["labels"][-1] in body["jql"]]
            return HttpReply.of_json({"issues": found})
        if path == "/rest/api/3/issue":
            key = f"OPS-{len(self.issues) + 1}"
            self.issues[key] = body["fields"]
            return HttpReply.of_json({"key": key}, 201)
        if path.endswith("/remotelink"):
            self.links.append((path, body))
            return HttpReply.of_json({"id": 1}, 201)
        if request["method"] == "POST":
            self.comments.append(body)
            return HttpReply.of_json({"id": "1"}, 201)
        return HttpReply.of_json({"comments": self.comments[::-1]})


def test_jira_has_one_issue_for_each_incident():
    """However often a message comes, there is one issue, one comment for each news, and one link back."""
    fake = FakeJira()
    follow = Message(
        "incident:7:2:ops", "incident", "ops", "t", plain="It escalated\n", subject="incident:7", news="escalated"
    )
    with http_receiver(decide=fake) as receiver:
        channel = JiraChannel(
            "jira", receiver.url, sender(auth=("a@example.com", "t")), "OPS", "Task", ("groundswell",)
        )
        references = [channel.send(MESSAGE) for _ in range(3)]
        threaded = Message(**{name: getattr(follow, name) for name in follow.__slots__} | {"thread": references[0]})
        assert [channel.send(threaded) for _ in range(2)] == [references[0]] * 2
    assert {one["key"] for one in references} == {"OPS-1"}
    [issue] = fake.issues.values()
    assert (issue["summary"], issue["labels"][0], issue["project"]) == (
        "New incident: Pix",
        "groundswell",
        {"key": "OPS"},
    )
    assert [one["body"]["content"][0]["content"][0]["text"] for one in fake.comments] == ["It escalated"]
    assert {(path, link["globalId"], link["object"]["url"]) for path, link in fake.links} == {
        ("/rest/api/3/issue/OPS-1/remotelink", "groundswell:incident:7", MESSAGE.url)
    }


def test_an_answer_of_jira_that_is_cut_off_is_tried_again():
    """An issue whose key never came is looked up by its label at the next attempt."""
    with http_receiver(HttpReply.of_json({"issues": []}), HttpReply(201, b'{"key": "OP', drop="body")) as receiver:
        channel = JiraChannel("jira", receiver.url, sender(), "OPS", "Task", ())
        with pytest.raises(DeliveryRecoverable, match="cut off"):
            channel.send(MESSAGE)


def test_an_answer_is_quoted_redacted_and_short():
    """What a receiver answers may be seen by anybody who may see the status of channels."""
    answer = HttpAnswer(400, {}, b"card 4111 1111 1111 1111 refused " * 50)
    said = str(failure_of("hook", answer, NOW))
    assert "4111 1111" not in said
    assert len(said) < 300


@pytest.mark.parametrize(
    ("answer", "quoted"),
    [
        ("title is too long", True),
        ("refused: money left my account twice today", False),
        ('{"error": "bad", "received": {"text": "money left my account twice today"}}', False),
    ],
)
def test_an_answer_that_repeats_the_message_is_not_quoted(answer, quoted):
    """The reason of a failure is kept when a ticket is erased, so that it must not hold its words."""
    sent = json.dumps({"text": "Pix: money left my account twice today, title"}).encode()
    said = str(failure_of("hook", HttpAnswer(400, {}, answer.encode()), NOW, sent))
    assert (answer in said) is quoted
    assert "400" in said


def test_a_name_is_connected_to_at_the_address_that_was_looked_at(monkeypatch):
    """A name that means another address a moment later changes nothing: the address is pinned, the name stays for TLS and Host."""
    monkeypatch.setattr("alerts.channels.http.allowed_address", lambda *_: "203.0.113.7")
    url, host = sender(allow_private=False)._target("https://hooks.example.com:8443/a?b=c")
    assert str(url) == "https://203.0.113.7:8443/a?b=c"
    assert (host.headers, host.extensions) == (
        {"host": "hooks.example.com:8443"},
        {"sni_hostname": "hooks.example.com"},
    )
