"""Rows of handling for the pages of figures: two weeks of tickets of three vendors and people of our own, refreshed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Engine, insert

from models.epochs import epoch_of
from models.service_levels.levels import ServiceLevels
from pipelines.handling.cells import recount
from store.epochs import MinerRow, write_miner
from store.handling import end_refresh
from store.schema import sla_cycles, ticket_handling

END = datetime(2026, 11, 30, tzinfo=UTC)
VENDORS = {"acme": 40, "brightdesk": 60, "=cmd": 5, None: 50}
"""Tickets a week by vendor; one has a name that a spreadsheet would take for a formula."""


def write_figures(engine: Engine) -> None:
    """Write the rows, the daily sums, and that both are up to date."""
    rows = [row for vendor, number in VENDORS.items() for row in _rows(vendor, number)]
    epoch = epoch_of(END, 300.0)
    with engine.begin() as connection:
        connection.execute(insert(ticket_handling), rows)
        connection.execute(insert(sla_cycles), [_promise(row) for row in rows])
        write_miner(connection, MinerRow(epoch, 0, {"epoch_seconds": 300.0}))
        recount(connection, END)
        end_refresh(connection, epoch, ServiceLevels().fingerprint, END)


def _rows(vendor: str | None, number: int) -> list[dict[str, Any]]:
    """Return the tickets of two weeks; those of the newer one are answered faster and rated better."""
    made = []
    for week in (0, 1):
        for at in range(number):
            created = END - timedelta(days=7 * week + 7) + timedelta(days=7) * (at + 0.5) / number
            replied = created + timedelta(minutes=10 * (week + 1) + at % 7)
            solved = created + timedelta(hours=2 + at % 5) if at % 10 else None
            made.append({
                "ticket_id": f"{vendor}-{week}-{at}", "theme_id": 1 + at % 3, "source": "/desk", "business_line": f"line-{at % 2}",
                "user_type": "buyer", "region": "BR" if at % 3 else "IN", "channel": "chat", "priority": "high",
                "created_by": "ai", "handled_by": "vendor" if vendor else "human", "vendor": vendor,
                "team": f"{vendor or 'ours'}-{at % 2}", "created_at": created, "first_reply_at": replied,
                "first_human_reply_at": replied, "first_resolved_at": solved, "resolved_at": solved,
                "resolved_by": "vendor" if solved else None, "escalated_at": replied if at % 9 == 0 else None,
                "rated_at": solved, "csat": (2 if at % (4 - week) == 0 else 5) if solved else None, "reopens": 0, "replies": 2,
                "human_replies": 2, "replies_before_resolution": 1 + at % 2, "messages": 4, "transfers": 0, "had_human": True,
                "requester_wait": 0.0, "third_party_wait": 0.0,
            })  # fmt: skip
    return made


def _promise(row: dict[str, Any]) -> dict[str, Any]:
    """Return a promise of an answer within 15 minutes; it was kept where the answer came before."""
    due = row["created_at"] + timedelta(minutes=15)
    missed = row["first_reply_at"] > due
    return {
        "ticket_id": row["ticket_id"], "policy": "chat", "target": "first_reply", "number": 1, "started_at": row["created_at"],
        "stopped_at": row["first_reply_at"], "due_at": None, "breached_at": due if missed else None, "elapsed": 60.0,
    }  # fmt: skip
