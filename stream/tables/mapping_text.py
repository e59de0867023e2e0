"""A mapping as text: a commented TOML file that a user can change and give back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from models.redaction import listed, redact
from stream.tables.columns import BY_HEADER, BY_SYSTEM, SURE, ColumnGuess
from stream.tables.field_names import FIELDS
from stream.tables.mapping import ColumnMapping

HEAD = """\
# {name}: which column is which field. Change what is wrong, and give the file to
#   groundswell ingest {path} --mapping FILE
# Fields: {fields}.
"""
MEANINGS = {
    "subject": "identifies the ticket", "time": "is when the ticket was created", "title": "one line", "body": "is the message",
    "requester": "who asked; kept as a hash only", "tags": "several columns may hold tags", "custom": "kept under their own names",
    "updated_at": "the last change", "solved_at": "when it was solved or closed", "comments": "later messages",
    "deleted": "yes where the ticket was deleted",
}  # fmt: skip


def mapping_text(
    path: str,
    name: str,
    mapping: ColumnMapping,
    guesses: Sequence[ColumnGuess],
    missing: Mapping[str, Sequence[str]],
    order: str | None,
) -> str:
    """Write the mapping of a table as TOML.

    `name` is what the file was taken for, `missing` the fields that are not sure, with the columns they may be, and `order` the
    question about day and month that no value answers, or None.
    """
    lines = [HEAD.format(name=name, path=_plain(path), fields=", ".join(FIELDS)), "[columns]"]
    confidence = {one.column: one for one in guesses}
    for field in FIELDS:
        columns = [column for column in mapping.columns.get(field, ()) if not _is_sensitive(column)]
        if field in missing:
            lines += _asked(field, [column for column in missing[field] if not _is_sensitive(column)])
        elif columns:
            lines.append(_assigned(field, columns, confidence))
    if dropped := [one.column for one in guesses if not one.field]:
        lines.append(f"# Not kept (people, and what says nothing about the ticket): {_plain(listed(dropped))}.")
    if sensitive := [one.column for one in guesses if one.field and _is_sensitive(one.column)]:
        lines.append(f"# Left out, because of a card number or an address in the name: {_plain(listed(sensitive))}.")
    lines += ["", *_constants(mapping), *_values(mapping), *_times(mapping, order), *_tags(mapping)]
    return "\n".join(lines) + "\n"


def _is_sensitive(column: str) -> bool:
    return redact(column).text != column


def _assigned(field: str, columns: Sequence[str], guesses: Mapping[str, ColumnGuess]) -> str:
    value = _text(columns[0]) if len(columns) == 1 and field != "custom" else f"[{', '.join(map(_text, columns))}]"
    notes = [MEANINGS.get(field, "")]
    found = guesses.get(columns[0])
    if found is not None and found.confidence < SURE:
        notes.append("not sure")
    if found is not None and field != "custom" and found.reason not in (BY_HEADER, BY_SYSTEM):
        notes.append(_plain(found.reason))
    comment = "; ".join(note for note in notes if note)
    return f"{field} = {value}" + (f"  # {comment}" if comment else "")


def _asked(field: str, candidates: Sequence[str]) -> list[str]:
    if not candidates:
        lines = [f"# No column was found that {MEANINGS[field]}; name it here:", f'# {field} = "..."']
        if field == "subject":
            lines.append('# subject = ["...", "..."]  # or columns whose values together identify a ticket')
        return lines
    return [f"# One of these {MEANINGS[field]}; remove the # of the right one:"] + [
        f"# {field} = {_text(column)}" for column in candidates
    ]


def _constants(mapping: ColumnMapping) -> list[str]:
    lines = ["[constants]  # the same in every row"]
    if "source" not in mapping.constants:
        lines.append('# source = "/zendesk/your-account"')
    lines += [f"{name} = {_value(value)}" for name, value in mapping.constants.items()]
    return [*lines, ""]


def _values(mapping: ColumnMapping) -> list[str]:
    if not mapping.values:
        return [
            "# [values.channel]  # value in the file = in_app, im_chat, email, phone, web_form, social or api",
            '# "Web widget" = "web_form"',
            "",
        ]
    lines = []
    for field, values in mapping.values.items():
        lines += [f"[values.{field}]", *(f"{_text(one)} = {_text(other)}" for one, other in values.items()), ""]
    return lines


def _times(mapping: ColumnMapping, order: str | None) -> list[str]:
    times = mapping.times
    lines = [
        "[time]",
        f"zone = {_text(str(getattr(times.zone, 'key', 'UTC')))}  # of times that carry none, for example Europe/Berlin",
    ]
    if order:
        lines += [f"# {_plain(order)}", "# dayfirst = true"]
    elif times.day_first is not None:
        lines.append(
            f"dayfirst = {'true' if times.day_first else 'false'}  # 3/4 is {'3 April' if times.day_first else '4 March'}"
        )
    if times.formats:
        lines.append(f"format = [{', '.join(map(_text, times.formats))}]")
    if times.zone_change:
        lines.append(f"zone_change = {_text(times.zone_change)}")
    return lines


def _tags(mapping: ColumnMapping) -> list[str]:
    return ["", "[tags]", f"separator = {_text(mapping.tag_separator)}"] if mapping.tag_separator else []


def _text(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(one if one >= " " and one != "\x7f" else f"\\u{ord(one):04x}" for one in escaped) + '"'


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return f"[{', '.join(map(_value, value))}]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_text(str(name))} = {_value(one)}" for name, one in value.items()) + "}"
    return str(value) if isinstance(value, int | float) else _text(str(value))


def _plain(text: str) -> str:
    """Return a text that can be in a comment: on one line."""
    return " ".join("".join(one if one >= " " and one != "\x7f" else " " for one in text).split())
