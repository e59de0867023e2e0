"""The text of a ticket that is embedded: what its writer says about the problem, without the form around it."""

# ruff: noqa: RUF001 (the characters of other scripts are intended)

from __future__ import annotations

import re
from collections.abc import Collection

# What mail programs write before a quoted reply, in the languages of their interfaces.
_WROTE = (
    "On .{5,120} wrote:|Am .{5,120} schrieb.{0,80}:|Le .{5,120} a écrit ?:|El .{5,120} escribió:|Il .{5,120} ha scritto:|"
    "Em .{5,120} escreveu:|Op .{5,120} schreef.{0,80}:|.{5,120} пишет:|.{5,120} 写道[:：]"
)
_ORIGINAL = (
    "Original Message|Forwarded message|Ursprüngliche Nachricht|Message d'origine|Mensaje original|Messaggio originale"
)
_QUOTE_HEAD = re.compile(
    rf"^[ \t]*(?:{_WROTE}|-{{2,}}\s*(?:{_ORIGINAL})\s*-{{2,}}|From: .{{1,200}}\n(?:Sent|Date|To): ).*",
    re.MULTILINE | re.DOTALL | re.IGNORECASE,
)
_QUOTE_HEAD_HINT = re.compile(
    r"wrote:|schrieb|écrit|escribió|scritto:|escreveu:|schreef|пишет:|写道|--|From: ", re.IGNORECASE
)
"""Every such head contains one of these; searching for them first saves most texts the slower search."""

_QUOTE_LINE = re.compile(r"^[ \t]*>.*$", re.MULTILINE)

_SIGNATURE = re.compile(r"^-- ?$.*", re.MULTILINE | re.DOTALL)
_SENT_FROM = re.compile(
    r"^[ \t]*(?:Sent from (?:my|Yahoo|Mail|Outlook)|Get Outlook for|Von meinem .{1,40} gesendet|Gesendet von|Envoyé (?:de|depuis) mon|"
    r"Enviado desde mi|Enviado do meu|Inviato da|Verzonden vanaf mijn|Отправлено с).*$",
    re.MULTILINE | re.IGNORECASE,
)
_CLOSING = re.compile(
    r"(?:^|(?<=[.!?。！？])[ \t]*)[ \t]*(?:(?:best|kind|warm|many|with (?:best|kind)) (?:regards|wishes)|regards|(?:yours )?sincerely|"
    r"yours (?:truly|faithfully)|mit freundlichen grüßen|(?:viele|beste|liebe) grüße|cordialement|bien à vous|(?:un )?saludos?|"
    r"atentamente|cordiali saluti|distinti saluti|atenciosamente|met vriendelijke groet|с уважением|saygılarımla|此致|敬具|مع تحياتي)"
    r"\b[ \t]*(?:[.!。]?[ \t]*$|[,，][^\n.!?]{0,40}$)(?:\n[^\n]{0,60}){0,4}\Z",
    re.MULTILINE | re.IGNORECASE,
)
_TAIL = 400
"""A closing and the names after it are within this many characters of the end."""

_GREETING = re.compile(
    r"^\s*(?:(?:hi|hello|hey|dear|good (?:morning|afternoon|evening)|greetings|hallo|guten (?:tag|morgen|abend)|moin|"
    r"sehr geehrte damen und herren|bonjour|bonsoir|salut|hola|buenos días|buenas (?:tardes|noches)|ciao|buongiorno|buonasera|"
    r"olá|oi|bom dia|boa (?:tarde|noite)|goedendag|beste|merhaba|cześć|dzień dobry|здравствуйте|привет|добрый (?:день|вечер)|"
    r"مرحبا|السلام عليكم)(?:,? (?:there|all|team|support|sir|madam|everyone|folks|or|zusammen|à tous|"
    r"a todos|equipo|(?-i:[A-ZÀ-Þ])\w+(?=,)))*"
    r"\s*[,.!،]+\s+|(?:你好|您好|大家好|こんにちは|お世話になっております|안녕하세요)[,.!，。！、\s]+)",
    re.IGNORECASE,
)

TYPICAL_MACROS = (
    "thank you for contacting",
    "thanks for contacting",
    "thank you for reaching out",
    "thanks for reaching out",
    "thank you for your message",
    "we have received your",
    "we've received your",
    "your request has been received",
    "a member of our team will",
    "one of our agents will",
    "this is an automated",
    "please do not reply to this",
    "please type your reply above",
    "is there anything else i can help",
    "is there anything else we can help",
    "your ticket number is",
    "this email and any attachments",
    "this e-mail and any attachments",
)
"""Beginnings of sentences that helpdesks write and people do not, in lower case."""

_SENTENCE = re.compile(r"[^.!?。！？\n]+(?:[.!?。！？]+(?=\s|$)|[.!?。！？]|\n|$)+\s*|[.!?。！？\s]+")
_SPACES = re.compile(r"\s+")


def ticket_text(title: str, body: str, macros: Collection[str] = TYPICAL_MACROS) -> str:
    """Join title and body into the text that is embedded, without the form around the problem.

    Removed are quoted replies, signatures, closings, a greeting at the start, and sentences that begin like one
    of `macros` (in lower case). A title that repeats the start of the body (many systems cut the title from it)
    adds nothing, so the body is used alone. Where everything would be removed, the body is used as it is. The
    same title and body always give the same text.

    >>> ticket_text("My card was swall", "My card was swallowed by the machine")
    'My card was swallowed by the machine'
    >>> ticket_text("Refund missing", "Hello, I cancelled on Monday.")
    'Refund missing. I cancelled on Monday.'
    """
    head, tail = _plain(title), _plain(body)
    own = _plain(_without_form(body, macros)) or tail
    start = head.rstrip(".… ")
    if not start or tail.casefold().startswith(start.casefold()):
        return own
    return f"{head}{'' if head[-1] in '.!?' else '.'} {own}" if own else head


def _without_form(body: str, macros: Collection[str]) -> str:
    """Remove quotation, signature, closing, greeting and macros; each is kept where nothing else would be left."""
    text = body
    if _QUOTE_HEAD_HINT.search(text):
        text = _QUOTE_HEAD.sub("", text)
        text = _SIGNATURE.sub("", text).strip() or text
    if ">" in text:
        text = _QUOTE_LINE.sub("", text)
    text = _SENT_FROM.sub("", text).strip()
    start, tail = text[:-_TAIL], text[-_TAIL:]
    text = (start + _CLOSING.sub("", tail)).strip() or text
    text = _GREETING.sub("", text) or text
    return _without_macros(text, macros)


def _without_macros(text: str, macros: Collection[str]) -> str:
    beginnings = tuple(macros)
    lowered = text.lower()
    if not beginnings or not any(beginning in lowered for beginning in beginnings):
        return text
    sentences = [one for one in _SENTENCE.findall(text) if not one.lstrip().lower().startswith(beginnings)]
    return "".join(sentences) if any(one.strip(" .!?\n") for one in sentences) else text


def _plain(text: str) -> str:
    return _SPACES.sub(" ", text).strip()
