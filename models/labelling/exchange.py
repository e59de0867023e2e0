"""Labels in the forms that other programs read and write: JSON lines, CSV and Label Studio's JSON."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

from models.formats import spreadsheet_text
from models.labelling.case_label import CaseLabel
from models.times import parse_rfc3339, rfc3339

FIELDS = ("ticket_id", "question", "value", "labeller", "at", "blind", "seconds", "queue_id")
"""Fields of a label in JSON lines and columns of CSV."""


class LabelFormat(StrEnum):
    """A form in which labels are written and read."""

    JSONL = "jsonl"
    CSV = "csv"
    LABEL_STUDIO = "label-studio"


def write_labels(
    labels: Iterable[CaseLabel], form: LabelFormat, tasks: Mapping[str, Mapping[str, Any]] | None = None
) -> str:
    """Write labels; `tasks` is what a Label Studio task shows in addition to the ticket's id, by ticket."""
    if form is LabelFormat.LABEL_STUDIO:
        return json.dumps(_to_tasks(labels, tasks or {}), ensure_ascii=False, indent=1) + "\n"
    rows = [_to_row(one) for one in labels]
    if form is LabelFormat.JSONL:
        return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(FIELDS)
    for row in rows:
        writer.writerow([_cell(row[name]) for name in FIELDS])
    return text.getvalue()


def read_labels(text: str, form: LabelFormat) -> list[CaseLabel]:
    """Read labels. Raises `ValueError` that names the line or task that is no label, and what is valid."""
    text = text.removeprefix("\ufeff")
    if form is LabelFormat.LABEL_STUDIO:
        return _from_tasks(_parsed(text, "this is no JSON; export as JSON from Label Studio"))
    if form is LabelFormat.CSV:
        reader = csv.DictReader(io.StringIO(text))
        rows: list[tuple[int, object]] = list(enumerate(reader, start=2))
    else:
        lines = [(number, line) for number, line in enumerate(text.splitlines(), start=1) if line.strip()]
        rows = [(number, _parsed(line, f"line {number} is no JSON")) for number, line in lines]
    return [_from_row(row, number) for number, row in rows]


def _parsed(text: str, problem: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise ValueError(f"{problem} ({error.msg})") from error
    except RecursionError as error:
        raise ValueError(f"{problem} (it is nested too deeply)") from error


def _to_row(one: CaseLabel) -> dict[str, Any]:
    return {
        "ticket_id": one.ticket_id, "question": one.question, "value": one.value, "labeller": one.labeller,
        "at": rfc3339(one.at), "blind": one.blind, "seconds": one.seconds, "queue_id": one.queue_id,
    }  # fmt: skip


def _cell(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else spreadsheet_text(str(value))


def _from_row(row: object, number: int) -> CaseLabel:
    try:
        return _label_of(row)
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(
            f"line {number} is no label ({error}); valid are {', '.join(FIELDS)}, of which blind, seconds and queue_id may be missing"
        ) from error


def _label_of(row: object) -> CaseLabel:
    if not isinstance(row, Mapping):
        raise TypeError("it is no object")
    names = ("ticket_id", "question", "value", "labeller")
    texts = {name: str(row[name]) for name in names if row[name] not in (None, "")}
    if len(texts) < len(names):
        raise ValueError("a field is empty")
    seconds, queue = row.get("seconds"), row.get("queue_id")
    return CaseLabel(
        **{name: _without_mark(text) for name, text in texts.items()},
        at=_time(row["at"]),
        blind=str(row.get("blind", "true")).lower() != "false",
        seconds=None if seconds in (None, "") else _seconds(seconds),
        queue_id=None if queue in (None, "") else int(queue),
    )


def _without_mark(text: str) -> str:
    """The text without the apostrophe that `spreadsheet_text` writes before what could be a formula."""
    return text[1:] if text.startswith("'") and spreadsheet_text(text[1:]) == text else text


def _time(value: object) -> datetime:
    found = parse_rfc3339(str(value))
    if found is None:
        raise ValueError(f"received the time {value!r}; valid is a time in RFC 3339")
    return found


def _seconds(value: object) -> float:
    seconds = float(str(value))
    if not 0.0 <= seconds < 1e6:
        raise ValueError(f"received {value!r} seconds; valid are 0 to 1,000,000")
    return seconds


def _to_tasks(labels: Iterable[CaseLabel], tasks: Mapping[str, Mapping[str, Any]]) -> list[dict[str, Any]]:
    """One task per ticket and one annotation per labeller, as https://labelstud.io/guide/task_format has them."""
    by_ticket: dict[str, dict[str, list[CaseLabel]]] = {ticket: {} for ticket in tasks}
    for one in labels:
        by_ticket.setdefault(one.ticket_id, {}).setdefault(one.labeller, []).append(one)
    return [
        {
            "id": number,
            "data": {**tasks.get(ticket, {}), "ticket_id": ticket},
            "annotations": [_annotation(labeller, said) for labeller, said in sorted(by_labeller.items())],
        }
        for number, (ticket, by_labeller) in enumerate(sorted(by_ticket.items()), start=1)
    ]


def _annotation(labeller: str, said: Sequence[CaseLabel]) -> dict[str, Any]:
    known = [one.seconds for one in said if one.seconds is not None]
    return {
        "completed_by": {"email": labeller},
        "created_at": rfc3339(max(one.at for one in said)),
        "lead_time": sum(known) if known else None,
        "was_cancelled": False,
        "ground_truth": False,
        "result": [
            {
                "id": f"{one.question}-{index}",
                "from_name": one.question,
                "to_name": "text",
                "type": "choices",
                "value": {"choices": [one.value]},
            }
            for index, one in enumerate(said)
        ],
    }


def _from_tasks(tasks: object) -> list[CaseLabel]:
    if not isinstance(tasks, list):
        problem = "this is no list of tasks; export as JSON from Label Studio"
        raise ValueError(problem)  # noqa: TRY004 (it is the content of a file that is wrong)
    found = []
    for number, task in enumerate(tasks, start=1):
        try:
            ticket = str(task["data"]["ticket_id"])
            for annotation in task.get("annotations", ()):
                if not annotation.get("was_cancelled"):
                    found += _from_annotation(ticket, annotation)
        except (KeyError, TypeError, AttributeError, IndexError, ValueError) as error:
            raise ValueError(
                f"task {number} cannot be read ({error}); valid has data.ticket_id, and annotations whose results are choices"
            ) from error
    return found


def _from_annotation(ticket: str, annotation: Mapping[str, Any]) -> list[CaseLabel]:
    """The labels of an annotation: its time is shared out over them."""
    by = annotation["completed_by"]
    labeller = str(by.get("email") or by["id"]) if isinstance(by, Mapping) else str(by)
    results = [one for one in annotation.get("result", ()) if one.get("type") == "choices"]
    lead = annotation.get("lead_time")
    seconds = None if lead is None or not results else _seconds(lead) / len(results)
    at = _time(annotation["created_at"])
    return [
        CaseLabel(
            ticket_id=ticket,
            question=str(one["from_name"]),
            value=str(one["value"]["choices"][0]),
            labeller=labeller,
            at=at,
            seconds=seconds,
        )
        for one in results
    ]
