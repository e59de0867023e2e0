"""Signatures of webhooks: the vectors of each system, and each way in which a delivery is not what was signed."""

import base64
import hashlib
import hmac
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.receive.access import Access
from stream.receive.refusals import DeliveryProblem, DeliveryRefused
from stream.receive.settings import ReceiveSettings, WebhookSystem
from stream.receive.signatures import SignedRequest
from tests.harness.webhooks import hmac_sha256, hub_signature, zendesk_signature

NOW = datetime(2026, 11, 29, 8, 0, tzinfo=UTC)
STAMP = b"2026-11-29T08:00:00Z"
BODY = b'{"id":"d4f5c389","subject":"zen:ticket:5158"}'
TEST_SECRET = "dGhpc19zZWNyZXRfaXNfZm9yX3Rlc3Rpbmdfb25seQ=="
JIRA_SECRET = "It's a Secret to Everybody"
JIRA_VECTOR = b"sha256=a4771c39fbe90f317c7824e83ddef3caae9cb3d976c214ace1f2937e133263c9"


def signature(body: bytes = BODY, stamp: bytes = STAMP, secret: str = TEST_SECRET) -> bytes:
    """Sign as Zendesk does."""
    return zendesk_signature(body, stamp, secret)


def check(system: WebhookSystem, headers, body: bytes = BODY, *, host: str = "192.0.2.7", now=NOW, **settings) -> None:
    """Check a delivery as the receiver does."""
    request = SignedRequest(headers, body, now, timedelta(minutes=5))
    Access(ReceiveSettings(**settings)).check(system, request, host)


def problem(system: WebhookSystem, headers, body: bytes = BODY, **settings) -> DeliveryProblem:
    """Return why a delivery is refused."""
    with pytest.raises(DeliveryRefused) as refused:
        check(system, headers, body, **settings)
    assert BODY.decode() not in str(refused.value)
    return refused.value.problem


def zendesk(signed: bytes | None = None, stamp: bytes = STAMP):
    """Return the headers of a delivery of Zendesk."""
    return [
        (b"x-zendesk-webhook-signature", signature() if signed is None else signed),
        (b"x-zendesk-webhook-signature-timestamp", stamp),
        (b"x-zendesk-webhook-id", b"01GXYZ"),
    ]


ZENDESK = {"zendesk_secret": TEST_SECRET}


def test_zendesk_signs_the_time_stamp_and_then_the_body():
    """The signature is base64(HMAC-SHA-256(secret as text, time stamp + body)); the expected value was computed by OpenSSL."""
    # printf '%s%s' '2026-11-29T08:00:00Z' '{"a":1}' | openssl dgst -sha256 -hmac 'a secret' -binary | base64
    known = b"MSQewt53IZSAtTQgy/qdl0oe3wmZF9Dyk+YBQnM+NTE="
    assert signature(b'{"a":1}', secret="a secret") == known
    check(WebhookSystem.ZENDESK, zendesk(known), b'{"a":1}', zendesk_secret="a secret")


def test_zendesk_signature_of_before_the_webhook_exists():
    """The public test secret is used as text, not decoded."""
    check(WebhookSystem.ZENDESK, zendesk(), **ZENDESK)
    decoded = base64.b64encode(hmac.new(base64.b64decode(TEST_SECRET), STAMP + BODY, hashlib.sha256).digest())
    assert problem(WebhookSystem.ZENDESK, zendesk(decoded), **ZENDESK) is DeliveryProblem.FORGED


@pytest.mark.parametrize(
    "wrong",
    [
        base64.b64encode(hmac_sha256(TEST_SECRET, BODY + STAMP)),
        base64.b64encode(hmac_sha256(TEST_SECRET, STAMP + b"." + BODY)),
        base64.b64encode(hmac_sha256(TEST_SECRET, BODY)),
        hmac_sha256(TEST_SECRET, STAMP + BODY).hex().encode(),
        b"sha256=" + hmac_sha256(TEST_SECRET, STAMP + BODY).hex().encode(),
        signature(secret="another secret"),
        signature(secret=""),
        signature()[:-1],
        signature().swapcase(),
        signature() + b" ",
        b"",
        "Ü" .encode() * 20,
        b"\xff\xfe\x00",
    ],
    ids=[
        "body before time stamp", "with a dot", "body alone", "hex for base64", "as Jira signs", "another secret", "empty secret",
        "cut", "case changed", "blank at the end", "empty", "not ASCII", "not UTF-8",
    ],
)  # fmt: skip
def test_any_other_signature_is_refused_for_zendesk(wrong: bytes):
    """What is not exactly the signature is refused as forged."""
    assert problem(WebhookSystem.ZENDESK, zendesk(wrong), **ZENDESK) is DeliveryProblem.FORGED


@given(st.integers(0, len(BODY) - 1), st.integers(1, 255))
def test_a_changed_byte_is_refused(place: int, change: int):
    """No byte of the body can be changed after it was signed."""
    changed = bytes(byte ^ change if at == place else byte for at, byte in enumerate(BODY))
    assert problem(WebhookSystem.ZENDESK, zendesk(), changed, **ZENDESK) is DeliveryProblem.FORGED


@pytest.mark.parametrize("seconds", [-301, 301, -86_400, 86_400])
def test_a_stale_time_stamp_is_refused_though_its_signature_is_right(seconds: int):
    """A delivery that was recorded is not accepted again later, and none from a clock that goes ahead."""
    stamp = (NOW + timedelta(seconds=seconds)).isoformat().encode()
    headers = zendesk(signature(stamp=stamp), stamp)
    assert problem(WebhookSystem.ZENDESK, headers, **ZENDESK) is DeliveryProblem.STALE


@pytest.mark.parametrize(
    "stamp", [b"2026-11-29T08:04:59Z", b"2026-11-29T07:55:01.123456789Z", b"2026-11-29T09:00:00+01:00"]
)
def test_a_time_stamp_in_the_window_is_accepted(stamp: bytes):
    """Fractions and zones are read."""
    check(WebhookSystem.ZENDESK, zendesk(signature(stamp=stamp), stamp), **ZENDESK)


@pytest.mark.parametrize(
    "stamp", [b"1795939200", b"2026-11-29T08:00:00", b"20261129T080000Z", b"2026-13-29T08:00:00Z", b"", b"now", b"\xff"]
)
def test_a_time_stamp_of_another_form_is_refused(stamp: bytes):
    """A Unix time, a time without a zone, or no time at all is not what Zendesk sends."""
    headers = zendesk(signature(stamp=stamp), stamp)
    assert problem(WebhookSystem.ZENDESK, headers, **ZENDESK) is DeliveryProblem.STALE


@pytest.mark.parametrize("missing", [0, 1])
def test_a_missing_header_is_refused(missing: int):
    """Signature and time stamp are both needed."""
    headers = [header for at, header in enumerate(zendesk()) if at != missing]
    assert problem(WebhookSystem.ZENDESK, headers, **ZENDESK) is DeliveryProblem.UNSIGNED


@pytest.mark.parametrize("repeated", [0, 1])
def test_a_repeated_header_is_refused(repeated: int):
    """Which of two values counts must not depend on who reads them."""
    headers = [*zendesk(), zendesk()[repeated]]
    assert problem(WebhookSystem.ZENDESK, headers, **ZENDESK) is DeliveryProblem.AMBIGUOUS


@pytest.mark.parametrize("system", list(WebhookSystem))
@pytest.mark.parametrize("secret", [None, "", "  "])
def test_nothing_is_accepted_while_the_secret_is_unset(system: WebhookSystem, secret: str | None):
    """An unset or blank secret is no secret: a signature with an empty key is refused, for each system."""
    headers = [
        *zendesk(signature(secret="")),
        (b"x-hub-signature", hub_signature(BODY, "")),
        (b"x-groundswell-signature", hub_signature(STAMP + b"." + BODY, "")),
        (b"x-groundswell-timestamp", STAMP),
    ]
    settings = dict.fromkeys(
        ("zendesk_secret", "jira_secret", "github_secret", "shared_secret", "bearer_token"), secret
    )
    assert problem(system, headers, **settings) is DeliveryProblem.UNCONFIGURED


def test_jira_vector():
    """The published vector of `X-Hub-Signature` is accepted."""
    check(WebhookSystem.JIRA, [(b"x-hub-signature", JIRA_VECTOR)], b"Hello World!", jira_secret=JIRA_SECRET)


@pytest.mark.parametrize(
    "wrong",
    [
        JIRA_VECTOR.removeprefix(b"sha256="), JIRA_VECTOR.upper(), JIRA_VECTOR.replace(b"sha256", b"sha1"),
        b"sha256=" + base64.b64encode(hmac_sha256(JIRA_SECRET, b"Hello World!")), hub_signature(b"Hello World", JIRA_SECRET),
        hub_signature(b"Hello World!", "It's a secret to everybody"), b"sha256=",
    ],
)  # fmt: skip
def test_any_other_signature_is_refused_for_jira(wrong: bytes):
    """Algorithm, form, body and secret all have to be right."""
    headers = [(b"x-hub-signature", wrong)]
    assert problem(WebhookSystem.JIRA, headers, b"Hello World!", jira_secret=JIRA_SECRET) is DeliveryProblem.FORGED


def test_github_signs_in_its_own_header():
    """GitHub's published vector is accepted in `X-Hub-Signature-256` and not in Jira's header."""
    vector = b"sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
    event = (b"x-github-event", b"release")
    settings = {"github_secret": JIRA_SECRET}
    body = b"Hello, World!"
    check(WebhookSystem.CHANGES, [event, (b"x-hub-signature-256", vector)], body, **settings)
    assert (
        problem(WebhookSystem.CHANGES, [event, (b"x-hub-signature", vector)], body, **settings)
        is DeliveryProblem.UNSIGNED
    )


def shared(secret: str, stamp: bytes = STAMP):
    """Return the headers of a delivery in our own form."""
    return [
        (b"x-groundswell-signature", hub_signature(stamp + b"." + BODY, secret)),
        (b"x-groundswell-timestamp", stamp),
    ]


@pytest.mark.parametrize("system", [WebhookSystem.EVENTS, WebhookSystem.LAUNCHES, WebhookSystem.CHANGES])
def test_our_own_signature_and_the_bearer_token(system: WebhookSystem):
    """A sender of our own form signs, or has the token; neither proves the other."""
    both = {"shared_secret": "shared", "bearer_token": "a-token"}
    check(system, shared("shared"), **both)
    check(system, [(b"authorization", b"Bearer a-token")], **both)
    check(system, [(b"authorization", b"bearer a-token")], bearer_token="a-token")
    assert problem(system, shared("a-token"), **both) is DeliveryProblem.FORGED
    assert problem(system, [(b"authorization", b"Bearer shared")], **both) is DeliveryProblem.FORGED
    assert problem(system, [(b"authorization", b"Basic a-token")], **both) is DeliveryProblem.FORGED
    assert problem(system, [], **both) is DeliveryProblem.UNSIGNED
    assert problem(system, shared("shared", b"2026-11-29T09:00:00Z"), **both) is DeliveryProblem.STALE


def test_the_attributes_of_binary_mode_are_not_covered_by_a_signature_of_the_body():
    """An event whose identity and time are in headers needs the token: a signed body could be sent under another identity."""
    binary = (b"ce-specversion", b"1.0")
    both = {"shared_secret": "shared", "bearer_token": "a-token"}
    assert problem(WebhookSystem.EVENTS, [binary, *shared("shared")], **both) is DeliveryProblem.UNSIGNED
    check(WebhookSystem.EVENTS, [binary, (b"authorization", b"Bearer a-token")], **both)


@pytest.mark.parametrize("system", list(WebhookSystem))
def test_unsigned_deliveries_need_a_setting_and_an_allowed_network(system: WebhookSystem):
    """Without a signature a delivery is accepted for the system and from the network that the setting names, and from no other."""
    allowed = {"unsigned": {system.value: ["192.0.2.0/28", "2001:db8::/32"]}}
    for host in ("192.0.2.7", "::ffff:192.0.2.7", "2001:db8::1"):
        check(system, [], host=host, **allowed)
    for host in ("192.0.2.16", "2001:db9::1", "localhost", ""):
        assert problem(system, [], host=host, **allowed) is DeliveryProblem.UNCONFIGURED
    other = next(one for one in WebhookSystem if one is not system)
    assert problem(other, [], **allowed) is DeliveryProblem.UNCONFIGURED


def test_a_wrong_signature_is_refused_where_none_is_needed():
    """Who signs is checked, also in a network that may send unsigned."""
    allowed = {"unsigned": {"jira": ["192.0.2.0/28"]}, "jira_secret": JIRA_SECRET}
    assert problem(WebhookSystem.JIRA, [(b"x-hub-signature", b"sha256=00")], **allowed) is DeliveryProblem.FORGED


def test_secrets_are_not_shown():
    """Settings that are printed or logged hide each secret."""
    names = ("zendesk_secret", "jira_secret", "github_secret", "shared_secret", "bearer_token")
    shown = repr(ReceiveSettings(**dict.fromkeys(names, "hide-me")))
    assert "hide-me" not in shown
