"""E-mail addresses in disguise: at sign and dots are words or characters in brackets, in many languages, or letters are apart."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache

import phonenumbers

from models.redaction.span import Span
from models.redaction.vocabulary import in_view, word_lists

_KEY_BEFORE = re.compile(
    r"\b(?:user|from|to|login|sender|recipient|payee|owner)[\"']?\s?[:=]\s?[\"']?\Z", re.IGNORECASE
)
_TOP = r"(?:xn--[a-z0-9-]{2,59}|[^\W\d_]{2,24})"
_FILE = re.compile(
    r"[0-9]+x\.(?:png|jpe?g|gif|svg|webp|avif|ico)|.*\.(?:png|jpe?g|gif|svg|webp|js|css|min|json)", re.IGNORECASE
)
_LINE_START = re.compile(r"(?:^|\n|[:=\t] ?)\Z")
_VERSION = re.compile(r"(?:[A-Z]{2,3})?[0-9]+(?:\s?\.\s?[0-9]+)+\s?[.,]?\s?[^\W\d_]*")
"""A version after a package (`react@18.2.0. app`) or an amount (`2 @ BRL5108.09. app`), with the word after it."""

_GENERIC = (
    "com|net|org|info|biz|edu|gov|mil|int|io|co|app|dev|me|tv|xyz|online|shop|store|site|live|cloud|email|tech|pro|name|mobi|asia|club|top|"
    "page|blog|news|world|agency|studio|museum|design|space|website|link|pm|example|test|invalid|local"
)
"""The top-level domains in use by most addresses, and those for examples (RFC 2606); those of countries are added."""

SERVICE = re.compile(r"(?:git|hg|svn|gitea|gogs|forgejo)", re.IGNORECASE)
"""Users of servers of source code: `git@github.com` is an address of a repository and nobody's mailbox."""

_OPENING, _CLOSING = r"[\[({<「『【〔〈《«“‘]", r"[\])}>」』】〕〉》»”’]"
_SIGNS = r"[_*#~|/=+:`$^!\-]{1,3}|\.{2,3}"
"""What is written on both sides of a word for a sign."""

_LETTERS = re.compile(r"(?<!\w)(?:[\w.+\-]\s){3,64}@(?:\s[\w.\-]){4,64}(?!\w)")
"""An address whose letters are apart."""

_OPTION = re.compile(r"\s\(a\)\s", re.IGNORECASE)
"""An at sign, or the first of several things: "see option (a) example"."""

_FARTHEST_DOT = 80
"""Characters from an at sign within which the first dot of a domain begins, in any writing."""

_NEXT_SENTENCE = re.compile(r"[.,。] ")
_AMBIGUOUS_EDGES = frozenset("-_/")
"""Signs that also join the words of addresses of pages: `stay-at-home.com`, `shop.example/at/help.com`."""


@dataclass(frozen=True, slots=True)
class _Patterns:
    """What addresses in disguise look like; built when the first one is looked for."""

    at: re.Pattern[str]
    domain: re.Pattern[str]
    edged: re.Pattern[str]
    any_domain: re.Pattern[str]
    spaced_domain: re.Pattern[str]
    local: re.Pattern[str]
    announcing: re.Pattern[str]
    provider: re.Pattern[str]
    provider_alone: re.Pattern[str]
    ordinary: frozenset[str]
    dots: re.Pattern[str]


def disguised_spans(view: str) -> Iterator[Span]:
    """Yield addresses in which the at sign or dots are written otherwise."""
    patterns = _patterns()
    if "@" in view:
        yield from (match.span() for match in _LETTERS.finditer(view) if "." in match[0][match[0].index("@") :])
    next_dot = -1
    for match in patterns.at.finditer(view):
        if next_dot < match.end():
            dot = patterns.dots.search(view, match.end())
            next_dot = dot.start() if dot else len(view) + _FARTHEST_DOT
        # No domain begins where no dot follows; of a provider the name is enough.
        is_domain = next_dot - match.end() <= _FARTHEST_DOT
        domain = _domain_after(view, match.end(), match.lastgroup, patterns) if is_domain else None
        found = domain or patterns.provider_alone.match(view, match.end())
        local = _local_before(view, match.start(), patterns) if found else None
        if not found or local is None or not _is_address(view, local, match, found):
            continue
        # A provider without its top-level domain is none after "at" as a word: "I paid at yahoo".
        if domain or match.lastgroup != "word" or _is_announced(view, local, patterns):
            yield local, found.end()


def _is_address(view: str, start: int, at: re.Match[str], domain: re.Match[str]) -> bool:
    """Return whether name, sign and domain are an address, and no version, file, repository, mention or place."""
    name = view[start : at.start()]
    if at.lastgroup == "sign":
        if _VERSION.fullmatch(domain[0]) or _FILE.match(domain[0]) or SERVICE.fullmatch(name):
            return False
        return at[0] == "@" or not _is_place(view, start, at.start())
    if at.lastgroup == "bracketed":
        return _OPTION.fullmatch(at[0]) is None or not _is_place(view, start, at.start())
    return _is_mailbox(view, start, at, domain)


def _domain_after(view: str, at: int, kind: str | None, patterns: _Patterns) -> re.Match[str] | None:
    """Return the domain after an at sign in disguise: the surer the sign is, the more forms it may have."""
    if kind == "sign":
        spaced = patterns.spaced_domain.match(view, at)
        whole = patterns.domain.match(view, at) if spaced else None
        # The sentence after "example.com. My" does not belong to the domain, although .my is one of Malaysia.
        return whole if whole and spaced and _NEXT_SENTENCE.match(spaced[0], len(whole[0])) else spaced
    if kind != "bracketed":
        return patterns.domain.match(view, at)
    found = (patterns.any_domain.match(view, at), patterns.spaced_domain.match(view, at))
    return max(found, key=lambda one: one.end() if one else -1)


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
    is_edged = at["edge"] is not None and (_is_apart(at) or patterns.edged.match(view, at.end()) is not None)
    if at["other"] is not None or at["glued"] is not None or is_edged:
        return True
    # Without spaces between words, the word that announces an address is the beginning of its name.
    if _is_announced(view, start if name.isascii() else at.start(), patterns):
        return True
    if at["edge"] is None and any(character in "._+0123456789" for character in name.strip(".")):
        return True
    if _is_ordinary(name, patterns):
        return False
    return (
        patterns.provider.match(domain[0]) is not None
        or "." not in domain[0]
        or _is_whole_line(view, start, domain.end())
    )


def _is_apart(at: re.Match[str]) -> bool:
    """Return whether the signs around a word for the at sign are none that join words, or have a space before and after them."""
    return at["edge"] not in _AMBIGUOUS_EDGES or (at[0][0].isspace() and at[0][-1].isspace())


def _is_whole_line(view: str, start: int, end: int) -> bool:
    return _LINE_START.search(view[max(0, start - 3) : start]) is not None and view[end : end + 1] in {"", "\n"}


def _is_announced(view: str, start: int, patterns: _Patterns) -> bool:
    window = max(0, start - 40)
    return (
        patterns.announcing.search(view, window, start) is not None
        or _KEY_BEFORE.search(view, window, start) is not None
    )


def _is_place(view: str, start: int, end: int) -> bool:
    """Return whether an ordinary word is before a sign with spaces, as in "price @ shop.example"."""
    patterns = _patterns()
    return _is_ordinary(view[start:end], patterns) and not _is_announced(view, start, patterns)


def _is_ordinary(name: str, patterns: _Patterns) -> bool:
    return name.strip().lower() in patterns.ordinary


@cache
def _patterns() -> _Patterns:
    words = word_lists("email")
    country = "|".join(region.lower() for region in sorted(phonenumbers.SUPPORTED_REGIONS)) + "|uk|eu|su"
    top = rf"(?:{_GENERIC}|{country}|xn--[a-z0-9-]{{2,59}})(?![A-Za-z0-9]|-\w)"
    dot_word = _any_of(words["dot"])
    in_brackets = rf"\s?{_OPENING}\s?(?:{dot_word}|d ?o ?t|d|[.])\s?{_CLOSING}\s?"
    edged = rf"\s?(?:{_SIGNS})(?:{dot_word})(?:{_SIGNS})\s?"
    quoted = rf" ['\"](?:{dot_word})['\"] "
    dot = (
        rf"(?:{in_brackets}|{edged}|[ _*#-](?:{dot_word})[ _*#-]|{quoted}|(?<=[^\x00-\x7f])(?:{dot_word})"
        r"|점|点|點|ドット|どっと|닷|[.。․‧·])"
    )
    label = r"[^\W_](?:[\w-]{0,61}?[^\W_])?"
    # Mail wraps long lines, and quoted-printable writes the sign as a byte.
    spaced_dot = rf"(?:{dot}|\.\n(?=(?:com|net|org)(?![^\W_]))| ?[.,。] ?(?=(?:{top}))|(?<=\w) \. (?=\w))"
    sign = _any_of(words["sign"])
    at_word = _any_of(words["at"])
    other = _any_of(word for word in words["at"] if word not in {"at", "et"})
    return _Patterns(
        at=re.compile(
            rf"(?P<bracketed>\s?{_OPENING}\s{{0,2}}(?:{at_word}|a ?t|@t?|a)\s{{0,2}}{_CLOSING}\s?"
            rf"|\s?(?P<quote>['\"])(?:at)(?P=quote)\s?)"
            rf"|(?P<sign>(?<=[\w\"”])(?: {{0,2}}@{{1,3}} {{0,2}}|@\n|\n@|=40)(?=\w))"
            rf"|(?P<word>\s?(?P<edge>{_SIGNS})(?:{at_word})(?P=edge)\s?"
            rf"|\s(?P<other>{other}|et(?=\s[\w-]+\snokta\s))\s|\sat\s|(?P<glued>艾特|アットマーク|アット|あっと|골뱅이))",
            re.IGNORECASE,
        ),
        domain=re.compile(rf"(?:{label}{dot}){{1,5}}{top}", re.IGNORECASE),
        edged=re.compile(rf"{label}(?:{in_brackets}|{edged})", re.IGNORECASE),
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
        # Everything that a dot of a domain contains.
        dots=re.compile(rf"[.,。․‧·점点點닷]|ドット|どっと|{dot_word}|d ?o ?t|(?<![^\W_])d(?![^\W_])", re.IGNORECASE),
    )


def _any_of(words: Iterable[str]) -> str:
    # In the view, words have lost their combining marks.
    forms = {form for word in words for form in (word, in_view(word))}
    return "|".join(re.escape(form) for form in sorted(forms, key=len, reverse=True))
