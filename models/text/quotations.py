"""The parts of a mail: what its sender wrote, and the message that is quoted or forwarded below."""

# ruff: noqa: RUF001 (the full-width colon is intended)

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from models.text import languages

LONGEST_HEAD = 320
"""Characters of a head; longer lines are text."""

_MARKS = " \t>|*"
_MARKER = re.compile(
    rf"^[-_=*—–\s]*(?:(?P<original>{languages.ORIGINAL})|(?P<forwarded>{languages.FORWARDED}))[ \t]*[-_=*—–:：\s]*$",
    re.IGNORECASE,
)
_BEGIN_FORWARDED = re.compile(rf"^(?:{languages.BEGIN_FORWARDED})\s*[:：]?$", re.IGNORECASE)
_WROTE_AFTER = re.compile(rf"^{languages.WROTE_AFTER}\s*$", re.IGNORECASE)
_WROTE_AT_END = re.compile(
    rf"^(?:{languages.WROTE_AT_END}|.{{0,120}}20\d\d.{{0,80}}\d[:.h]\d\d.{{0,120}}(?:<.{{1,100}}>|\[EMAIL\]\W{{0,2}}))\s*$",
    re.IGNORECASE,
)
_REPLY_ABOVE = re.compile(rf"^[-#=*_\s]*(?:{languages.REPLY_ABOVE})[-#=*_.\s]*$", re.IGNORECASE)
_QUOTED_LINE = re.compile(r"^[ \t]*>")
_FIELD = re.compile(r"^[ \t>*|]*([^\W\d_][^:：\n]{0,28}?)[ \t*]*[:：]")


@dataclass(frozen=True, slots=True)
class MailParts:
    """A mail in two parts.

    `own` is what its sender wrote, `quoted` the message below without the marks of quotation and without its head, both "" where
    there is none. `forwarded` is whether the head says so, `subject` what the head names as its subject.
    """

    own: str
    quoted: str = ""
    forwarded: bool = False
    subject: str = ""


@dataclass(frozen=True, slots=True)
class _Head:
    first: int
    after: int
    forwarded: bool = False
    subject: str = ""
    quotes_follow: bool = False


def split_mail(text: str) -> MailParts:
    """Divide a mail at the first head of a quoted or forwarded message (Gmail, Outlook, Apple Mail, Yahoo Mail, helpdesks).

    What is written below or between the marked lines of a quoted message is the sender's own as well.
    """
    if "\n" not in text:
        return MailParts(text)
    lines = text.split("\n")
    head = _find_head(lines)
    if head is None:
        return MailParts(*_by_marks(lines))
    own, rest = lines[: head.first], lines[head.after :]
    if head.quotes_follow:
        below, quoted = _by_marks(rest)
        own = [*own, below]
    else:
        above, _ = _by_marks(own)
        own, quoted = [above], "\n".join(_unmarked(rest))
    return MailParts("\n".join(own).strip(), quoted.strip(), head.forwarded, head.subject)


def _by_marks(lines: Sequence[str]) -> tuple[str, str]:
    """Return the lines without a mark of quotation, and those with one without their marks."""
    own = [line for line in lines if not _QUOTED_LINE.match(line)]
    quoted = _unmarked([line for line in lines if _QUOTED_LINE.match(line)])
    return "\n".join(own).strip(), "\n".join(quoted).strip()


def _unmarked(lines: Sequence[str]) -> list[str]:
    """Take one level of marks away, so that a quotation inside the quotation is still one."""
    return [re.sub(r"^[ \t]*>[ \t]?", "", line) for line in lines]


def _find_head(lines: Sequence[str]) -> _Head | None:
    for at, line in enumerate(lines):
        bare = line.strip(_MARKS)
        if not bare or len(line) > LONGEST_HEAD:
            continue
        head = _marker(lines, at, bare) or _fields(lines, at) or _wrote(lines, at, bare)
        if head is not None:
            return head
    return None


def _marker(lines: Sequence[str], at: int, bare: str) -> _Head | None:
    """Find `-----Original Message-----`, `Begin forwarded message:` and lines above which a reply belongs."""
    marker = _MARKER.match(bare) if bare[0] in "-_=*—–" else None
    begins = _BEGIN_FORWARDED.match(bare)
    if marker is not None or begins is not None:
        after = at + 1
        while after < len(lines) and not lines[after].strip(_MARKS):
            after += 1
        fields = _fields(lines, after, marked=True) if after < len(lines) else None
        forwarded = begins is not None or bool(marker and marker["forwarded"])
        return _Head(at, fields.after if fields else at + 1, forwarded, fields.subject if fields else "")
    if _REPLY_ABOVE.match(bare) and any(line.strip(_MARKS) for line in lines[:at]):
        return _Head(at, at + 1)
    return None


def _fields(lines: Sequence[str], at: int, *, marked: bool = False) -> _Head | None:
    """Find a block of fields that names the sender and two of time, recipient and subject; one where a line is above it."""
    if _kind(lines[at]) is None:
        return None
    subject, kinds, end = "", set(), at
    for number in range(at, min(at + _MOST_FIELDS, len(lines))):
        kind = _kind(lines[number])
        if kind is not None:
            kinds.add(id(kind))
            end = number + 1
            if kind is languages.SUBJECT:
                subject = lines[number].replace("：", ":", 1).partition(":")[2].strip(_MARKS)
        elif lines[number].strip(_MARKS):
            if not _continues(lines[number]):
                break
        elif len(kinds) > 2 or (kinds and not any(map(_kind, lines[number + 1 : number + 2]))):
            break
    ruled = at > 0 and bool(lines[at - 1].strip()) and set(lines[at - 1].strip()) <= set("_-=*—")
    if id(languages.FROM) not in kinds or len(kinds) < (
        2 if ruled or marked or _kind(lines[at]) is languages.FROM else 3
    ):
        return None
    return _Head(at - 1 if ruled else at, end, subject=subject)


_MOST_FIELDS = 16
_KINDS = (languages.FROM, languages.DATE, languages.TO, languages.SUBJECT, languages.OTHER_FIELDS)


def is_field(line: str) -> bool:
    """Return whether a line is a field of a mail's head, such as `Sent: Monday`."""
    return _kind(line) is not None


def _kind(line: str) -> Collection[str] | None:
    """Return the names of fields to which the name before a line's colon belongs, None where it is no such field."""
    field = _FIELD.match(line) if ":" in line or "：" in line else None
    name = field[1].strip(_MARKS).casefold() if field else ""
    return next((names for names in _KINDS if name in names), None)


def _continues(line: str) -> bool:
    """Return whether a line may continue a list of recipients."""
    return ("@" in line or "[EMAIL]" in line or ";" in line) and not line.rstrip().endswith((".", "!", "?"))


def _wrote(lines: Sequence[str], at: int, bare: str) -> _Head | None:
    """Find `On ... wrote:`, which mail programs break over up to three lines."""
    if bare[-1] not in ":：":
        return None
    first = next(
        (first for first in range(max(0, at - 2), at + 1) if _WROTE_AFTER.match(_joined(lines, first, at))), None
    )
    if first is None:
        first = at - 1 if at and "<" in lines[at - 1] and ">" not in lines[at - 1] else at
        if not _WROTE_AT_END.match(_joined(lines, first, at)):
            return None
    follows = next((line for line in lines[at + 1 :] if line.strip()), "")
    marked = bool(_QUOTED_LINE.match(follows)) and not _QUOTED_LINE.match(lines[first])
    return _Head(first, at + 1, quotes_follow=marked)


def _joined(lines: Sequence[str], first: int, last: int) -> str:
    head = " ".join(line.strip(_MARKS) for line in lines[first : last + 1])
    return head.rstrip(":：\u200f ").strip()[:LONGEST_HEAD]
