"""What digests say of service levels and procedures: each audience of its own tickets and themes, with the tickets' numbers."""

from datetime import date, timedelta

import pytest
from sqlalchemy import insert, select

from alerts.digest.facts import facts_of
from alerts.digest.html import render_html
from alerts.digest.language import ReaderDates
from alerts.digest.links import DigestLinks
from alerts.digest.markdown import render_markdown
from alerts.digest.promises import promises_line, promises_summary
from alerts.publishing import build_digests
from alerts.settings import AlertSettings
from models.epochs import epoch_of
from models.sops.procedure import Procedure
from store.database import reading
from store.epochs import MinerRow, write_miner
from store.handling import end_refresh
from store.promises import DuePromise, PromiseState
from store.schema import sla_cycles, ticket_handling, tickets
from store.sop_links import link_sop
from store.sops import SopDraft, SopLinkKind, write_sop
from tests.alerts import launch_day
from tests.alerts.launch_day import DAY, GIFTS, PIX, WINDOW

HOUR = timedelta(hours=1)
KNOWN = WINDOW.end + 7 * HOUR
DATES = ReaderDates()


def promise(ticket_id, start, **values):
    """A promise of a resolution in four hours."""
    blank = {"stopped_at": None, "due_at": None, "breached_at": None}
    return {
        "ticket_id": ticket_id, "policy": "all", "target": "resolution", "number": 1, "started_at": start, "elapsed": 60.0,
        **blank, **values,
    }  # fmt: skip


@pytest.fixture
def handled(engine):
    """The launch day with promises to its tickets: each second one kept, each eighth missed, and one of two themes due soon."""
    with engine.begin() as connection:
        rows = connection.execute(select(tickets.c.id, tickets.c.time).order_by(tickets.c.id)).all()
        connection.execute(
            insert(ticket_handling),
            [
                {**launch_day.blank(ticket_handling), "ticket_id": row.id, "theme_id": int(row.id[2]), "created_at": row.time}
                for row in rows
            ],
        )  # fmt: skip
        made = [promise(row.id, row.time, stopped_at=row.time + HOUR) for row in rows[::2]]
        made += [promise(row.id, row.time, breached_at=row.time + 4 * HOUR) for row in rows[1::8]]
        made += [promise(f"T-{PIX}046", KNOWN - 3 * HOUR, due_at=KNOWN + HOUR, number=2)]
        made += [promise(f"T-{GIFTS}002", KNOWN - 3 * HOUR, due_at=KNOWN + HOUR / 2, number=2)]
        connection.execute(insert(sla_cycles), made)
        epoch = epoch_of(KNOWN, 300.0)
        write_miner(connection, MinerRow(epoch, 0, {}))
        end_refresh(connection, epoch, "levels", KNOWN)
    return engine


def digests_of(engine, folder):
    """Build the day's digests by audience."""
    with reading(engine) as connection:
        found = build_digests(connection, launch_day.read_owners(folder), WINDOW, AlertSettings())
    return {one.audience: one for one in found}


def test_each_audience_reads_of_its_own_tickets(handled, tmp_path):
    """Brazil reads of the tickets from Brazil, and everyone of all; the numbers of tickets are the evidence."""
    found = digests_of(handled, tmp_path)
    brazil, every = found["brazil"], found["everyone"]
    assert [one.ticket_id for one in brazil.promises.due] == [f"T-{PIX}046"]
    assert [one.ticket_id for one in every.promises.due] == [f"T-{GIFTS}002", f"T-{PIX}046"]
    assert all(one.startswith(f"T-{PIX}") for one in brazil.promises.missed_tickets)
    assert found["advertisers"].promises is None
    assert brazil.promises.kept + found["live-payments"].promises.kept < every.promises.kept
    written = render_markdown(brazil)
    assert f"T-{PIX}046 (resolution by Sat 21 Nov, 08:00)" in written
    assert "Known until Sat 21 Nov, 07:00." in written
    assert "- Service levels: 1 promise is due within 2 h, first T-1046 by Sat 21 Nov, 08:00" in written


def test_an_item_has_the_promises_to_its_tickets(handled, tmp_path):
    """An item reads of the tickets of its theme, and does not count breaches twice."""
    brazil = digests_of(handled, tmp_path)["brazil"]
    facts = facts_of(brazil)
    (item,) = [one for one in facts["items"] if one["theme_id"] == PIX]
    assert [one["ticket"] for one in item["promises"]["due"]] == [f"T-{PIX}046"]
    assert 0 < len(item["promises"]["missed_tickets"]) <= 5
    assert "service level" not in item["reach"]
    assert facts["promises"]["known_until"] == "2026-11-21T07:00:00Z"
    assert facts["promises"]["compliance"]["number"] == brazil.promises.kept + brazil.promises.missed


def test_a_digest_without_promises_says_nothing_of_them(engine, tmp_path):
    """Where nothing was promised, or nothing was refreshed, there is no line."""
    written = render_markdown(digests_of(engine, tmp_path)["everyone"])
    assert "Service levels" not in written
    assert "Procedure" not in written


def test_procedures_of_the_themes_are_named_and_overdue_ones_listed(engine, tmp_path):
    """An item names its theme's procedures with a link; overdue ones are listed to who has the theme, the rest to everyone."""
    with engine.begin() as connection:
        for slug, review in (
            ("pix-pending", date(2026, 11, 20)),
            ("gift-lost", date(2026, 12, 24)),
            ("spare", date(2026, 1, 2)),
        ):
            said = Procedure(title=f"When {slug}", body="Do it.", owner="payments", review_on=review)
            write_sop(connection, SopDraft(slug=slug, procedure=said, author="ana", at=DAY))
        link_sop(connection, "pix-pending", SopLinkKind.THEME, PIX, actor="ana", at=DAY)
        link_sop(connection, "gift-lost", SopLinkKind.THEME, GIFTS, actor="ana", at=DAY)
    found = digests_of(engine, tmp_path)
    links = DigestLinks("https://desk.example")
    brazil = render_markdown(found["brazil"], links)
    assert "**Procedure:** When pix-pending (pix-pending, version 1; review overdue since 2026-11-20)." in brazil
    assert "[Procedure pix-pending](<https://desk.example/procedures/pix-pending>)" in brazil
    assert 'href="https://desk.example/procedures/pix-pending"' in render_html(found["brazil"], links)
    assert [one.slug for one in found["brazil"].overdue] == ["pix-pending"]
    assert [one.slug for one in found["everyone"].overdue] == ["spare"]
    live = render_markdown(found["live-payments"])
    assert "**Procedure:** When gift-lost (gift-lost, version 1)." in live
    assert "overdue" not in live


def test_sentences_of_promises():
    """What is due comes first with its tickets, then what was missed, with the share that was kept and its interval."""
    due = tuple(
        DuePromise(f"T-{number}", 1, "gold", "stated" if number == 2 else "first_reply", DAY + number * HOUR)
        for number in (1, 2)
    )
    state = PromiseState(DAY, due, 5, 95, ("T-9", "T-8"))
    assert promises_line(state, DATES, DAY) == (
        "2 promises are due within 2 h: T-1 (first reply by 01:00), T-2 (gold by 02:00); 5 of 100 were missed "
        "(T-9, T-8 and others), 95.0 % kept (88.8 to 97.8 %). Known until 00:00."
    )
    assert promises_summary(state, DATES, DAY) == (
        "Service levels: 2 promises are due within 2 h, first T-1 by 01:00; 5 of 100 were missed."
    )
    assert promises_line(PromiseState(DAY, kept=3), DATES, DAY) == (
        "none of 3 was missed, 100.0 % kept (43.9 to 100.0 %). Known until 00:00."
    )
    assert promises_summary(PromiseState(DAY, kept=3), DATES, DAY) == ""
    assert promises_line(PromiseState(DAY), DATES, DAY) == ""
