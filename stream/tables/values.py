"""Values of the fields that have fixed ones, as ticket systems write them. What is not known is returned as it came."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from typing import Any

from stream.tables.cells import is_blank
from stream.tables.month_names import without_accents

TRUE = frozenset(("true", "yes", "y", "1", "t", "ja", "oui", "si", "sí", "sim", "wahr", "vrai", "はい", "是", "✓"))
FALSE = frozenset(("false", "no", "n", "0", "f", "nein", "non", "não", "nao", "falsch", "faux", "いいえ", "否"))

CHANNELS = {
    "inapp": "in_app", "app": "in_app", "mobileapp": "in_app", "imchat": "im_chat", "chat": "im_chat", "livechat": "im_chat",
    "messaging": "im_chat", "nativemessaging": "im_chat", "webmessaging": "im_chat", "email": "email", "mail": "email",
    "phone": "phone", "call": "phone", "phonecall": "phone", "telephone": "phone", "voice": "phone", "web": "web_form",
    "webform": "web_form", "webwidget": "web_form", "helpcenter": "web_form", "portal": "web_form", "social": "social",
    "socialmedia": "social", "api": "api",
    "inappmessaging": "im_chat", "mobihelp": "in_app",
    "incomingemail": "email", "emailtocase": "email", "outboundemail": "email", "emailaddress": "email", "correo": "email",
    "correoelectronico": "email", "courriel": "email", "メール": "email", "邮件": "email", "電子郵件": "email",
    "voicemail": "phone", "phonecallinbound": "phone", "phonecalloutbound": "phone", "inboundcall": "phone", "callcenter": "phone",
    "telefon": "phone", "téléphone": "phone", "telephon": "phone", "telefono": "phone", "teléfono": "phone", "telefone": "phone",
    "電話": "phone", "电话": "phone", "chatwidget": "im_chat", "チャット": "im_chat", "聊天": "im_chat", "livechatmessaging": "im_chat",
    "feedbackwidget": "web_form", "webformular": "web_form", "kontaktformular": "web_form", "formularioweb": "web_form",
    "formulaire": "web_form", "formulaireweb": "web_form",
    "customerportal": "web_form", "selfservice": "web_form", "selfserviceportal": "web_form",
    "webtocase": "web_form", "webserviceapi": "api", "sozialemedien": "social", "redessociales": "social",
}  # fmt: skip
"""Ways in which tickets come, by their names without capitals, spaces and marks.

A name of one service, such as WhatsApp, is none of them: what is done with it is decided for all sources alike. Nor is an SDK,
which may be that of a chat or of a form: it is reported, and the mapping says which.
"""

RATINGS = {
    "good": 5, "bad": 1, "goodwithcomment": 5, "badwithcomment": 1, "gut": 5, "schlecht": 1, "bueno": 5, "malo": 1, "bon": 5,
    "mauvais": 1, "positive": 5, "neutral": 3, "negative": 1, "verysatisfied": 5, "satisfied": 4, "dissatisfied": 2,
    "unsatisfied": 2, "verydissatisfied": 1, "veryunsatisfied": 1, "extremelyhappy": 5, "veryhappy": 5, "happy": 4,
    "unhappy": 2, "veryunhappy": 1, "extremelyunhappy": 1, "amazing": 5, "great": 4, "ok": 3, "okay": 3, "terrible": 1,
    "excellent": 5, "average": 3, "poor": 2, "verypoor": 1, "👍": 5, "👎": 1, "😃": 4, "😐": 3, "😠": 1, "🤩": 5, "😞": 2,
}  # fmt: skip
UNRATED = frozenset(("offered", "unoffered", "notoffered", "notrated", "norating", "unrated", "received", "sent"))
"""Words of a satisfaction column that are no rating."""

DIRECTIONS = {
    "incoming": "inbound",
    "received": "inbound",
    "in": "inbound",
    "outgoing": "outbound",
    "sent": "outbound",
    "out": "outbound",
}
ROLES = {
    "customer": "requester", "enduser": "requester", "user": "requester", "contact": "requester", "lead": "requester",
    "client": "requester", "visitor": "requester", "staff": "agent", "admin": "agent", "operator": "agent", "employee": "agent",
    "support": "agent", "system": "bot", "automation": "bot", "chatbot": "bot", "requester": "requester", "agent": "agent",
    "bot": "bot", "caller": "requester", "guest": "requester", "shopper": "requester", "buyer": "requester", "member": "requester",
    "human": "requester", "consumer": "requester", "humanagent": "agent", "supportagent": "agent", "representative": "agent",
    "rep": "agent", "advisor": "agent", "csr": "agent", "teammate": "agent", "seller": "agent", "assistant": "bot", "ai": "bot",
    "virtualagent": "bot", "virtualassistant": "bot", "answerbot": "bot", "model": "bot", "trigger": "bot",
    "kunde": "requester", "kundin": "requester", "cliente": "requester", "mitarbeiter": "agent", "agente": "agent",
}  # fmt: skip
"""Who wrote, by what the author is called."""

SCORE = re.compile(
    r"([1-5])(?:[.,]0+)?(?:\s*(?:/|of|out of|von)\s*5(?:[.,]0+)?|\s*(?:stars?|★+)|\s*[-:=(\u2013\u2014]\s*\D.*)?"
)
STARS = re.compile(r"(★{1,5})☆*")
SLUG = re.compile(r"\w[\w.:/+-]*")
SEPARATORS = (",", ";", "|")


def channel_of(text: str) -> str:
    """Return the channel that a table's word for it means; the text itself where that is not known."""
    return CHANNELS.get(_plain(text), text)


def csat_of(text: str) -> int | str | None:
    """Return a rating of 1 to 5; None where nothing was rated, and the text where it is on no scale that is known."""
    plain = _plain(text)
    if is_blank(text) or plain in UNRATED:
        return None
    if plain in RATINGS:
        return RATINGS[plain]
    if found := SCORE.fullmatch(text):
        return int(found[1])
    return len(found[1]) if (found := STARS.fullmatch(text)) else RATINGS.get(text, text)


def flag_of(text: str) -> bool | str:
    """Return a yes or no as a boolean; the text itself where it is neither."""
    plain = text.lower()
    return True if plain in TRUE else False if plain in FALSE else text


def tags_of(texts: Iterable[str], separator: str | None) -> list[str]:
    """Return the tags of the cells of one or several columns, each once. `separator` is None where a cell is one tag."""
    tags: dict[str, None] = {}
    for text in texts:
        for part in _listed(text) or (text.split(separator) if separator else [text]):
            tag = part.strip().strip("\"'")
            if not is_blank(tag):
                tags[tag] = None
    return list(tags)


def tag_separator(texts: Sequence[str]) -> str | None:
    """Return what is between the tags of a column: a comma, semicolon or bar, or a space where every word has a tag's shape."""
    given = [text for text in texts if text and not _listed(text)]
    for mark in SEPARATORS:
        if any(mark in text for text in given):
            return mark
    words = [text.split() for text in given]
    if any(len(one) > 1 for one in words) and all(
        SLUG.fullmatch(word) and word == word.lower() for one in words for word in one
    ):
        return " "
    return None


def role_of(text: str, *, true: str, false: str) -> str:
    """Return the role of an author; `true` and `false` are those of a column that says yes or no."""
    flag = flag_of(text)
    if isinstance(flag, bool):
        return true if flag else false
    return ROLES.get(_plain(text), text.lower())


def is_role(text: str) -> bool:
    """Return whether a text is a word for who writes, such as customer, agent or bot."""
    return _plain(text) in ROLES


def direction_of(text: str) -> str:
    """Return whether a message came in or went out; the text itself where that is not known."""
    return DIRECTIONS.get(_plain(text), text.lower())


def _listed(text: str) -> list[str]:
    if not text.startswith("["):
        return []
    try:
        found: Any = json.loads(text)
    except ValueError:
        return [part for part in text.strip("[]").split(",") if part.strip()]
    return [str(one) for one in found if not isinstance(one, dict | list)] if isinstance(found, list) else []


def _plain(text: str) -> str:
    return "".join(one for one in without_accents(text.lower()) if one.isalnum() or ord(one) > 0x2000)
