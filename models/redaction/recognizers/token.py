"""Keys, tokens and session cookies: who has one can act as its owner."""

from __future__ import annotations

import binascii
import json
import re
import tomllib
from base64 import b64decode, urlsafe_b64decode
from collections.abc import Iterator
from functools import cache
from importlib.resources import files

from models.redaction.recognizers.hint_words import HintWords
from models.redaction.recognizers.lowering import lowered, without_marks
from models.redaction.recognizers.secret_shape import has_long_run
from models.redaction.span import Span

HINTS = (
    "xapp-",
    "glpat-",
    "akia",
    "asia",
    "apikey",
    "api_key",
    "api-key",
    "api key",
    "ghp_",
    "ghs_",
    "gho_",
    "github_pat",
    "sk_live",
    "sk_test",
    "rk_live",
    "whsec_",
    "npm_",
    "hf_",
    "xox",
    "sq0",
    "pypi-",
    "aiza",
    "shpat",
    "sk-",
    "token",
    "secret",
    "private key",
    "basic",
    "bearer",
    "jeton",
    "anahtar",
    "schlüssel",
    "chiave",
    "chave",
    "clave",
    "clé",
    "kunci",
    "klucz",
    "ключ",
    "مفتاح",
    "رمز",
    "एपीआई",
    "कुंजी",
    "キー",
    "키",
    "密鑰",
    "令牌",
    "токен",
    "密钥",
    "トークン",
    "토큰",
    "टोकन",
)
"""A part of words for a token, in lower case: what follows other words has eight letters and digits in a row, or an equals sign."""

HINTS_WITH_DIGIT = (
    "authoriz", "authoris", "key", "sess", "cookie", "sid", "jwt", "signature", "sig", "hmac", "webhook", "auth", "credential",
)  # fmt: skip
"""Parts of the other names before a token, in lower case; what follows them has a digit, if it is no word."""

_NAMES = HintWords((*HINTS, *HINTS_WITH_DIGIT))

SHORTEST = 16
_LONG_WORD = re.compile(r"[0-9A-Za-z_\-.~+/=$:@%]{16,}")
_PEM = re.compile(
    r"-----BEGIN (?P<label>[A-Z0-9 ]{0,30}PRIVATE KEY(?: BLOCK)?)-----(?:(?!-----)[\s\S]){0,20000}"
    r"(?:-----END [A-Z0-9 ]{0,30}PRIVATE KEY(?: BLOCK)?-----)?"
    r"|PuTTY-User-Key-File-[0-9](?:(?!Private-MAC)[\s\S]){0,20000}(?:Private-MAC: [0-9a-f]{40,64})?"
)
_JWT = re.compile(r"(?<![0-9A-Za-z_\-])ey[0-9A-Za-z_\-]{8,2000}={0,2}(?:\.[0-9A-Za-z_\-]{0,8000}={0,2}){2,4}")
_VALUE = r"[0-9A-Za-z_\-.~+/=%|:!$*]"
_SCHEME = re.compile(
    rf"(?<![0-9a-z])(?P<scheme>bearer|basic|apikey|negotiate)[\s:=\"']{{1,3}}(?P<found>{_VALUE}{{6,4000}})"
)
_ACCESS = r"(?: (?:de |d['’]|di |do )?(?:acceso|acesso|acc[eè]s|accesso|akses|доступа|dost[eę]pu|eri[sş]im))"
_NAME = without_marks(
    r"(?:(?<![a-z])(?!(?<=\[)token\])(?:(?:x[-_ ])?(?:api|access|secret|private|auth|client|app|master|encryption|signing|webhook"
    r"|license|licence|publishable|service|consumer|account|shared|stripe|paypal|adyen|aws|azure|google|openai|github|twilio|sendgrid)"
    r"[-_ ]?(?:api[-_ ]?)?(?:access[-_ ]?)?(?:secret|key|token)(?:[-_ ](?:key|id))?"
    rf"|[a-z\-]{{0,20}}[-_ ]?tokens?{_ACCESS}?|secret|passkey|csrf[-_ ]?\w{{0,20}}|xsrf[-_ ]?\w{{0,20}}|jwt|hmac|(?:x[-_](?:amz"
    r"|goog)[-_])?(?:signature|credential|security-token)|sig|authorization|auth"
    r"|[a-z.]{0,20}[-_ ]?sess(?:ion)?[-_. ]?(?:id|key|token|cookie)?|phpsessid|jsessionid|connect\.sid|sid"
    rf"|set-cookie|cookie|jeton{_ACCESS}?|токен{_ACCESS}?"
    r"|(?:clave|llave|chave|chiave|cl[eé]|kunci|klucz)(?: (?:de |da |di |do )?(?:la )?| d['’])(?:api|acc[eè]so?|acesso|accesso|akses)"
    r"|api[- ]?(?:schl[uü]ssel|ключ|anahtar[ıi]?|कुंजी|token)|ключ (?:api|доступа)|مفتاح (?:api|الوصول)|رمز الوصول)"
    r"|(?:api|एपीआई) ?(?:कुंजी|की)|密钥|密鑰|令牌|トークン|토큰|टोकन|api ?(?:键|鍵|키|キー))"
)
_SIGN = r"(?:[:=|;]+>?|->|=>|→|>|\(|-(?=\s))"
_VERB = r"(?:is|was|=|es|ist|lautet|est|é|è|adalah|jest|to|är|هو|है)"
_NAMED = re.compile(
    rf"{_NAME}(?:[\"'\]`]{{0,2}}\s{{0,2}}(?P<sign>{_SIGN})(?:\s?\|\s)?\s{{0,3}}|(?P<verb>\s{_VERB}\s|\s{{1,3}}|[は是为為이가는은]\s?))"
    rf"[\"'`(]{{0,1}}(?:bearer |basic |token |s:)?(?P<found>{_VALUE}{{6,4000}})"
)
_OF_KEY = re.compile(
    r"(?<![a-z])(?P<other>(?:idempotency|cache|primary|public|partition|sort|foreign|object|row|message|dedup\w*|routing|issue|jira"
    r"|translation|host|unique|composite|index|map|json|natural|surrogate|redis|s3)[-_ ])?key(?:[\"'\]`]{0,2}\s{0,2}[:=→]+\s{0,2}"
    rf"|\s{_VERB}\s|\s)[\"'`(]?(?P<found>{_VALUE}{{20,4000}})"
)
"""A key of nothing in particular: what follows it has to be long, and other names of keys are ids of rows and records."""

_PARAMETER = re.compile(
    r"[?&;](?:amp;)?(?P<name>[a-z0-9_.\-]{0,30}?(?:token|secret|api[-_]?key|access[-_]?key|signature|sig"
    r"|session(?:[-_]?id)?|sessid|sid|jwt|auth|authkey|hmac|credential|ticket_key|key|code|nonce|state|magic|reset))"
    r"=(?P<found>[^\s&#;\"'<>\[\]\ue000-\uf8ff]{4,4000})"
)
_LONG_PARAMETERS = ("key", "code", "state", "nonce", "auth", "reset", "magic")
"""Parameters that are secrets only if they are long: a short `code` names a country or an error."""

_PATH = re.compile(
    r"/(?:reset(?:[-_]?password)?|password[-_/]?reset|verify(?:[-_]?email)?|confirm(?:ation)?|activate|activation"
    r"|magic(?:[-_]?link)?|auth|login|invite|unlock|sso)/"
    r"(?P<found>(?=[a-z_\-]*[0-9])[0-9a-z_\-.=%]{16,500})(?![0-9a-z])"
)
_LONG_KEY = 20
_WORDS = re.compile(r"[a-z]*(?:[-_./:|+][a-z]*)*[.:!]?|[0-9.,:/\-]+%?|[a-z]+[-_ ]?[0-9]{1,3}")


@cache
def _shapes() -> re.Pattern[str]:
    """Return the shapes of `words/token_shapes.toml` as one pattern."""
    content = (files("models.redaction") / "words" / "token_shapes.toml").read_text(encoding="utf-8")
    return re.compile(rf"(?<![0-9A-Za-z])(?:{'|'.join(tomllib.loads(content).values())})(?![0-9A-Za-z])")


def token_spans(view: str) -> list[Span]:
    """Find private keys (RFC 7468), JSON web tokens (RFC 7519), keys of known issuers, and values after words for a token.

    Credentials in an Authorization header (RFC 6750, RFC 7617), in parameters of a URL and in cookies are found by their names.
    Hashes, UUIDs and public ids stay where no such word is before them.
    """
    lower = lowered(view)
    spans: list[Span] = []
    if "PRIVATE KEY" in view or "PuTTY" in view:
        spans += [match.span() for match in _PEM.finditer(view)]
    if has_long_run(view, SHORTEST):
        spans += _by_shape(view)
        spans += [match.span("found") for match in _PATH.finditer(lower)]
    if "=" in view or _NAMES.occur_in(lower):
        spans += _by_name(view, lower)
    return _merged(spans)


def _by_shape(view: str) -> Iterator[Span]:
    shapes = _shapes()
    for word in _LONG_WORD.finditer(view):
        for match in shapes.finditer(view, *word.span()):
            yield match.span()
    for match in _JWT.finditer(view):
        if _is_json(match[0].partition(".")[0]):
            yield match.span()


def _is_json(text: str) -> bool:
    """Return whether base64url decodes to a JSON object, as the header of a token does."""
    try:
        return isinstance(json.loads(urlsafe_b64decode(text + "=" * (-len(text) % 4))), dict)
    except (binascii.Error, ValueError):
        return False


def _by_name(view: str, lower: str) -> Iterator[Span]:
    for match in _SCHEME.finditer(lower):
        text = view[slice(*match.span("found"))].rstrip(".,:")
        if _is_credentials(text) if match["scheme"] == "basic" else _is_token(text):
            yield match.start("found"), match.start("found") + len(text)
    for match in _PARAMETER.finditer(lower):
        if match["name"] not in _LONG_PARAMETERS or _is_token(match["found"]):
            yield match.span("found")
    for match in _NAMED.finditer(lower):
        text = view[slice(*match.span("found"))].rstrip(".,:!)")
        least = 8 if match["sign"] else 10
        if len(text) >= least and _is_token(text):
            yield match.start("found"), match.start("found") + len(text)
    for match in _OF_KEY.finditer(lower) if "key" in lower else ():
        text = view[slice(*match.span("found"))].rstrip(".,:!)")
        if match["other"] is None and len(text) >= _LONG_KEY and _is_token(text):
            yield match.start("found"), match.start("found") + len(text)


def _is_credentials(text: str) -> bool:
    """Return whether base64 decodes to a user and a password with a colon between them (RFC 7617)."""
    try:
        return b":" in b64decode(text + "=" * (-len(text) % 4), validate=True)
    except binascii.Error:
        return False


def _is_token(text: str) -> bool:
    """Return whether a value is no word, name or amount: letters and digits mixed, or letters in no order of a word."""
    lower = text.lower()
    if len(text) < 8 or "://" in text:
        return False
    if not _WORDS.fullmatch(lower):
        return True
    is_mixed = re.search(r"[a-z][A-Z]+[a-z].*[A-Z]", text) is not None
    return len(text) >= 20 and (is_mixed or text.isdigit())


def _merged(spans: list[Span]) -> list[Span]:
    """Return spans in order, those that overlap as one."""
    merged: list[Span] = []
    for start, end in sorted(spans):
        if merged and start < merged[-1][1]:
            merged[-1] = merged[-1][0], max(end, merged[-1][1])
        else:
            merged.append((start, end))
    return merged
