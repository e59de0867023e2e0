"""E-mail addresses: as they are written by RFC 5321, and in the disguises in which people write them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache

import phonenumbers

from models.redaction.recognizers.hint_words import HintWords
from models.redaction.span import Span, without_overlaps
from models.redaction.vocabulary import in_view, word_lists

HINTS = (
    "&commat",
    "[at", "(at", "{at", "<at", "(a)", "[a]", "{a}", "(ät", "[ät", "*at*", "_at_", "-at-", "#at#", " ät ", "at the rate", "at sign",
    "'at'", '"at"', "=40",
    "arroba", "arobas", "chiocciola", "klammeraffe", "małpa", "malpa", "apenstaart", "kukac", "zavin", "snabel", "собак", "собач",
    "(эт", "艾特", "アット", "あっと", "골뱅이", "एट", "ऐट", "अट", "এট", "অযাট", "آت", "(ات", "ایٹ", "a còng", "a cong",
    " dot ", " punkt ", " d0t ", "(dot", "[dot", "at gmail", "at yahoo", "at hotmail", "at outlook", "at icloud", "mail",
    "correo", "courriel", "почт", "ईमेल", "ईमल", "মেইল", "ইমেইল", "البريد", "ايميل", "邮箱", "邮件", "信箱", "メール", "메일",
    ".co", ".net", ".org", ".io", ".info", ".example",
    ".de", ".fr", ".br", ".in", ".ru", ".es", ".it", ".uk", ".eu", ".me", ".jp", ".cn", ".id", ".mx",
)  # fmt: skip
"""What every address without @ contains one of."""

_HINTS = HintWords(HINTS)

_LOCAL = r"\w.!#$%&'*+/=?^`{|}~\-"
_BEFORE_AT = re.compile(rf"(?<=[{_LOCAL}\"”])[ \t]{{0,2}}@(?=[ \t]{{0,2}}[\w\[])")
_REVERSED_LOCAL = re.compile(rf"[{_LOCAL}]{{1,64}}")
_REVERSED_QUOTED = re.compile(r"[\"”][^\"”\n@]{1,64}[\"“”]|[\"”][^\"”\n ]{1,64}[\"“”]")
_KEY = re.compile(r"\w{1,20}=(?=[^=]+$)")
_KEY_BEFORE = re.compile(
    r"\b(?:user|from|to|login|sender|recipient|payee|owner)[\"']?\s?[:=]\s?[\"']?\Z", re.IGNORECASE
)
_TOP = r"(?:xn--[a-z0-9-]{2,59}|[^\W\d_]{2,24})"
_DOMAIN = re.compile(
    rf"(?:\w(?:[\w-]{{0,61}}\w)?\.){{1,8}}{_TOP}"
    r"|\[(?:IPv6:)?[0-9a-f:.]{3,45}\]|(?:[0-9]{1,3}\.){3}[0-9]{1,3}",
    re.IGNORECASE,
)

_FILE = re.compile(
    r"[0-9]+x\.(?:png|jpe?g|gif|svg|webp|avif|ico)|.*\.(?:png|jpe?g|gif|svg|webp|js|css|min|json)", re.IGNORECASE
)
"""Names of pictures for dense screens (`main@2x.png`) and of other files."""

_LINE_START = re.compile(r"(?:^|\n|[:=\t] ?)\Z")
_VERSION = re.compile(r"[0-9]+(?:\s?\.\s?[0-9]+)+\s?[.,]?\s?[^\W\d_]*")
"""A version after a package (`react@18.2.0. app`), with the word after it."""

_GENERIC = (
    "com|net|org|info|biz|edu|gov|mil|int|io|co|app|dev|me|tv|xyz|online|shop|store|site|live|cloud|email|tech|pro|name|mobi|asia|club|top|"
    "page|blog|news|world|agency|studio|museum|design|space|website|link|pm|example|test|invalid|local"
)
"""The top-level domains in use by most addresses, and those for examples (RFC 2606); those of countries are added."""


@dataclass(frozen=True, slots=True)
class _Patterns:
    """What addresses in disguise look like; built when the first one is looked for."""

    at: re.Pattern[str]
    domain: re.Pattern[str]
    any_domain: re.Pattern[str]
    spaced_domain: re.Pattern[str]
    local: re.Pattern[str]
    announcing: re.Pattern[str]
    provider: re.Pattern[str]
    provider_alone: re.Pattern[str]
    ordinary: frozenset[str]


def email_spans(view: str) -> list[Span]:
    """Find e-mail addresses in the view of a text.

    Letters of every script count, quoted names, tags after a plus, and domains that are an address of a network. In disguise, at sign
    and dots are words, in brackets or not, in the usual languages. "at" between two words without brackets counts only where no
    ordinary word is before it, or the address is announced, or its domain is that of a provider of mailboxes.
    """
    spans: list[Span] = []
    if "@" in view:
        spans += _plain(view)
    if "@" in view or _HINTS.occur_in(view.lower()):
        spans += _disguised(view)
    return without_overlaps(_longest(spans))


def _plain(view: str) -> Iterator[Span]:
    """Yield addresses with a sign and dots."""
    for match in _BEFORE_AT.finditer(view):
        at = match.end()
        if view[at - 2] in " \t":
            continue
        domain = _DOMAIN.match(view, at)
        if domain is None or _FILE.fullmatch(domain[0]):
            continue
        start = _start_of_local(view, at - 1)
        if start is not None:
            yield start, domain.end()


def _start_of_local(view: str, at: int) -> int | None:
    """Return where the name that ends before the at sign begins; None if there is no name."""
    before = view[max(0, at - 66) : at][::-1]
    quoted = _REVERSED_QUOTED.match(before)
    if quoted:
        return at - quoted.end()
    name = _REVERSED_LOCAL.match(before)
    if name is None:
        return None
    written = name[0][::-1]
    # What cannot begin a mailbox is punctuation of the text, a path or the key of a parameter.
    start = max(written.rfind("/"), 0)
    if "=" in written or "?" in written:
        start = max(written.rfind("&"), start)
    while start < len(written) and not (written[start].isalnum() or written[start] in "_+"):
        start += 1
    key = _KEY.match(written, start)
    start = key.end() if key else start
    return at - len(written) + start if start < len(written) else None


def _disguised(view: str) -> Iterator[Span]:
    """Yield addresses in which the at sign or dots are written otherwise."""
    patterns = _patterns()
    for match in patterns.at.finditer(view):
        kind = match.lastgroup
        form = {"sign": patterns.spaced_domain, "bracketed": patterns.any_domain}.get(kind or "", patterns.domain)
        domain = form.match(view, match.end())
        alone = None if domain else patterns.provider_alone.match(view, match.end())
        found = domain or alone
        local = _local_before(view, match.start(), patterns) if found else None
        if found is None or local is None:
            continue
        if kind in {"sign", "bracketed"} or _is_mailbox(view, local, match, found):
            if kind == "sign" and (_VERSION.fullmatch(found[0]) or _FILE.match(found[0])):
                continue
            if kind == "sign" and match[0] != "@" and _is_ordinary(view[local : match.start()], patterns):
                continue
            if alone is not None and kind == "word" and not _is_announced(view, local, patterns):
                continue
            yield local, found.end()


def _local_before(view: str, at: int, patterns: _Patterns) -> int | None:
    """Return where the name before an at sign in disguise begins, with its dots in words."""
    # No name contains an at sign.
    window = max(0, at - 80, view.rfind("@", max(0, at - 80), at) + 1)
    found = None
    before = view[window:at]
    for match in patterns.local.finditer(before):
        if match.end() == len(before):
            found = match
    if found is None or not any(character.isalnum() for character in found[0]):
        return None
    return window + found.start()


def _is_mailbox(view: str, start: int, at: re.Match[str], domain: re.Match[str]) -> bool:
    """Return whether what is written with a bare word for the at sign is an address and no place."""
    patterns = _patterns()
    name = view[start : at.start()]
    if at["other"] is not None or at["glued"] is not None:
        return True
    # Without spaces between words, the word that announces an address is the beginning of its name.
    if _is_announced(view, start if name.isascii() else at.start(), patterns) or any(
        character in "._+0123456789" for character in name.strip(".")
    ):
        return True
    if _is_ordinary(name, patterns):
        return False
    if patterns.provider.match(domain[0]):
        return True
    return "." not in domain[0] or _is_whole_line(view, start, domain.end())


def _is_whole_line(view: str, start: int, end: int) -> bool:
    return _LINE_START.search(view[max(0, start - 3) : start]) is not None and view[end : end + 1] in {"", "\n"}


def _is_announced(view: str, start: int, patterns: _Patterns) -> bool:
    window = max(0, start - 40)
    return (
        patterns.announcing.search(view, window, start) is not None
        or _KEY_BEFORE.search(view, window, start) is not None
    )


def _is_ordinary(name: str, patterns: _Patterns) -> bool:
    return name.strip().lower() in patterns.ordinary


def _longest(spans: Iterable[Span]) -> list[Span]:
    """Return spans so that of those that end at the same place, or begin there, only the longest is left."""
    starts: dict[int, int] = {}
    for start, end in spans:
        starts[start] = max(end, starts.get(start, 0))
    ends: dict[int, int] = {}
    for start, end in starts.items():
        ends[end] = min(start, ends.get(end, start))
    return [(start, end) for end, start in ends.items()]


@cache
def _patterns() -> _Patterns:
    words = word_lists("email")
    country = "|".join(region.lower() for region in sorted(phonenumbers.SUPPORTED_REGIONS)) + "|uk|eu|su"
    top = rf"(?:{_GENERIC}|{country}|xn--[a-z0-9-]{{2,59}})(?![A-Za-z0-9]|-\w)"
    dot_word = _any_of(words["dot"])
    in_brackets = rf"\s?[\[({{<]\s?(?:{dot_word}|\.)\s?[\])}}>]\s?"
    quoted = rf" ['\"](?:{dot_word})['\"] "
    dot = (
        rf"(?:{in_brackets}|[ _*#-](?:{dot_word})[ _*#-]|{quoted}|(?<=[^\x00-\x7f])(?:{dot_word})"
        r"|点|點|ドット|どっと|닷|[.。])"
    )
    label = r"[^\W_](?:[\w-]{0,61}?[^\W_])?"
    # Mail wraps long lines, and quoted-printable writes the sign as a byte.
    spaced_dot = rf"(?:{dot}|\.\n(?=(?:com|net|org)(?![^\W_]))| ?[.,。] ?(?=(?:{top}))|(?<=\w) \. (?=\w))"
    sign = _any_of(words["sign"])
    at_word = _any_of(words["at"])
    other = _any_of(word for word in words["at"] if word not in {"at", "et"})
    return _Patterns(
        at=re.compile(
            rf"(?P<bracketed>\s?[\[({{<]\s{{0,2}}(?:{at_word}|a|@)\s{{0,2}}[\])}}>]\s?|(?P<edge>[_*#-])(?:at)(?P=edge)"
            rf"| (?P<quote>['\"])(?:at)(?P=quote) )"
            rf"|(?P<sign>(?<=[\w\"”])(?: {{0,2}}@ {{0,2}}|@\n|\n@|=40)(?=\w))"
            rf"|(?P<word>\s(?P<other>{other})\s|\sat\s|(?P<glued>艾特|アットマーク|アット|あっと|골뱅이))",
            re.IGNORECASE,
        ),
        domain=re.compile(rf"(?:{label}{dot}){{1,5}}{top}", re.IGNORECASE),
        any_domain=re.compile(rf"(?:{label}{dot}){{1,5}}{_TOP}(?![^\W_])", re.IGNORECASE),
        spaced_domain=re.compile(rf"(?:{label}{spaced_dot}){{1,5}}{top}", re.IGNORECASE),
        local=re.compile(rf"[\w.+%'-]+(?:(?:{dot}|[ ](?:{sign})[ ])[\w.+%'-]+){{0,4}}", re.IGNORECASE),
        announcing=re.compile(
            "|".join(
                rf"(?<![^\W\d_]){re.escape(form.rstrip('*'))}"
                for word in words["announcing"]
                for form in {word, in_view(word)}
            ),
            re.IGNORECASE,
        ),
        provider=re.compile(rf"(?:{_any_of(words['provider'])})(?![\w-])", re.IGNORECASE),
        provider_alone=re.compile(rf"(?:{_any_of(words['provider_alone'])})(?![\w-])", re.IGNORECASE),
        ordinary=frozenset(words["ordinary"]),
    )


def _any_of(words: Iterable[str]) -> str:
    # In the view, words have lost their combining marks.
    forms = {form for word in words for form in (word, in_view(word))}
    return "|".join(re.escape(form) for form in sorted(forms, key=len, reverse=True))
