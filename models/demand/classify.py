"""The classification of a ticket by what is known when it arrives: source, header fields, requester and text.

Precision comes first: a customer's ticket that is taken for a machine's is lost, while a machine's that is taken for a
customer's is only noise. What a single message does not show, repetition does (see `models.demand.repetition`).
"""

from __future__ import annotations

from models.demand.headers import is_list_mail, kind_by_headers
from models.demand.kind import CUSTOMER, DemandKind, DemandRule, DemandVerdict
from models.demand.message import IncomingMessage
from models.demand.requesters import is_no_reply, kind_by_requester
from models.demand.sentences import Reading, fold, own_words, read
from models.demand.wording import load_wording

_BY_ROLE = {"agent": DemandKind.AGENT, "bot": DemandKind.BOT}

_MOST_PLAIN = 0.5
"""Share of sentences without any phrase of a machine above which a text alone does not prove that a machine wrote it."""


def classify(message: IncomingMessage) -> DemandVerdict:
    """Say what wrote a message: the first that applies of source, header fields, text and requester.

    >>> classify(IncomingMessage(title="Automatic reply: Your ticket", body="I am out of the office until Monday.")).kind.value
    'automatic_reply'
    >>> classify(IncomingMessage(body="Your automatic reply does not help me, where is my refund?")).kind.value
    'customer'
    """
    given = _by_source(message)
    if given is not None:
        return DemandVerdict(given, DemandRule.SOURCE)
    headed = kind_by_headers(message.mail)
    title, body = fold(message.title), fold(message.body)
    forwarded = bool(load_wording().forwarded.search(title))
    reading = Reading() if forwarded else read(own_words(body))
    texted = None if forwarded else _by_text(title, reading, listed=is_list_mail(message.mail))
    if headed is not None:
        # The text says more exactly what a machine's mail is.
        return DemandVerdict(texted if headed is DemandKind.AUTOMATIC_REPLY and texted else headed, DemandRule.HEADER)
    if texted is not None:
        return DemandVerdict(texted, DemandRule.TEXT)
    return _by_requester(message, title, reading)


def _by_source(message: IncomingMessage) -> DemandKind | None:
    if message.demand in set(DemandKind):
        return DemandKind(message.demand)
    if message.author_role in _BY_ROLE:
        return _BY_ROLE[message.author_role]
    return DemandKind.OUTBOUND if message.direction == "outbound" else None


def _by_requester(message: IncomingMessage, title: str, reading: Reading) -> DemandVerdict:
    kind = kind_by_requester(message.requester)
    if kind is not None:
        return DemandVerdict(kind, DemandRule.REQUESTER)
    suspected = _suspected(title, reading)
    if not is_no_reply(message.requester):
        return DemandVerdict(suspected=suspected)
    if suspected is not None:
        return DemandVerdict(DemandKind.AUTOMATIC_REPLY, DemandRule.REQUESTER)
    personal = reading.personal or load_wording().own.search(title) or load_wording().trouble.search(title)
    return CUSTOMER if personal else DemandVerdict(suspected=DemandKind.AUTOMATIC_REPLY)


def _by_text(title: str, reading: Reading, *, listed: bool) -> DemandKind | None:
    if _is_troubled(title):
        return None
    if _is_bounce(title, reading):
        return DemandKind.BOUNCE
    if _is_away(title, reading) or _is_acknowledgement(title, reading):
        return DemandKind.AUTOMATIC_REPLY
    if _is_newsletter(reading, listed=listed):
        return DemandKind.BULK
    return DemandKind.SPAM if _is_spam(title, reading) else None


def _is_troubled(title: str) -> bool:
    """Whether the title is a question or a complaint; what follows the form of a machine's subject is the other mail's subject."""
    wording = load_wording()
    for form in (wording.away, wording.bounce, wording.acknowledgement):
        found = form.search(title)
        if found is not None and (found.end() == len(title) or title[found.end() :].lstrip().startswith(":")):
            return False
    return bool(wording.trouble.search(wording.bounce.sub("", title)))


def _is_bounce(title: str, reading: Reading) -> bool:
    if reading.personal:
        return False
    if load_wording().bounce.search(title):
        return bool(reading.bounced) or not reading.plain
    return reading.bounced >= 2


def _is_away(title: str, reading: Reading) -> bool:
    """An out-of-office note, or another automatic reply whose subject says that it is one."""
    if load_wording().away.search(title):
        return not reading.trouble and (not reading.personal or reading.personal < reading.explained)
    return bool(
        not reading.personal
        and reading.has("absence")
        and reading.has("redirect", "no_answer", "acknowledged")
        and _is_explained(reading)
    )


def _is_acknowledgement(title: str, reading: Reading) -> bool:
    if reading.personal:
        return False
    proofs = reading.has("acknowledged", "no_answer") + read(title).has("acknowledged", "no_answer")
    if load_wording().acknowledgement.search(title):
        return bool(proofs) or not reading.plain
    return bool(proofs and proofs + reading.has("thanks") >= 2 and _is_explained(reading))


def _is_newsletter(reading: Reading, *, listed: bool) -> bool:
    return not reading.personal and reading.has("newsletter") >= (1 if listed else 2)


def _is_spam(title: str, reading: Reading) -> bool:
    """An offer of spam and a call to take it, of which at least one is in the body."""
    if reading.trouble or reading.personal:
        return False
    titled = read(title)
    offers, calls = reading.has("offer") + titled.has("offer"), reading.has("call") + titled.has("call")
    return bool(offers and calls and reading.has("offer", "call") and _is_explained(reading))


def _is_explained(reading: Reading) -> bool:
    return reading.plain <= _MOST_PLAIN * reading.sentences


def _suspected(title: str, reading: Reading) -> DemandKind | None:
    """The kind that a wording suggests without proving it."""
    if reading.personal or _is_troubled(title):
        return None
    if reading.has("offer", "call"):
        return DemandKind.SPAM
    if (
        reading.has("acknowledged", "no_answer")
        or (reading.has("absence") and reading.has("redirect"))
        or load_wording().away.search(title)
        or load_wording().acknowledgement.search(title)
    ):
        return DemandKind.AUTOMATIC_REPLY
    if reading.bounced or load_wording().bounce.search(title):
        return DemandKind.BOUNCE
    if reading.has("newsletter"):
        return DemandKind.BULK
    return DemandKind.OUTBOUND if reading.has("outbound") else None
