"""What an erasure removes, what it leaves, and what it finds afterwards."""

import pytest
from sqlalchemy import func, select

from store.schema import (
    assignments,
    audit,
    events,
    inbox,
    metadata,
    quarantine,
    requester_tombstones,
    spikes,
    themes,
    tickets,
    tombstones,
    vectors,
)
from tests.erasure.desk import ANA, START, WORDS, Desk, digest_files, line, plant, story

SHARED = {
    "vectors",
    "macros",
    "quotations",
    "tombstones",
    "requester_tombstones",
    "erasures",
    "erased_tickets",
    "audit",
}
"""Tables whose number of rows an erasure changes."""


def sizes(desk: Desk) -> dict[str, int]:
    """Rows of all tables that an erasure must leave as many as they were."""
    return {
        table.name: desk.read(lambda c, t=table: c.execute(select(func.count()).select_from(t)).scalar_one())
        for table in metadata.sorted_tables
        if table.name not in SHARED
    }


def test_an_erasure_reaches_every_table_and_file(desk: Desk):
    """After a requester is erased, no table and no file has a word of theirs, and all rows that are counted are still there."""
    desk.send(*story())
    plant(desk)
    assert desk.everything().count("zenobia") > 10
    before = sizes(desk)
    (proof,) = desk.erase(desk.subjects.requester(" ana.gomez@EXAMPLE.com "))
    left = desk.everything() + desk.files()
    assert [word for word in ("zenobia", "violet", "harbour", WORDS, "ana.gomez") if word in left] == []
    assert "other words" in left
    assert "parcel" in left
    assert sizes(desk) == before
    assert set(proof["removed"]) == {
        "audit", "changes", "decisions", "digest_files", "digests", "events", "inbox", "launches", "macros", "quarantine",
        "rebuilds", "spikes", "themes", "tickets", "vectors",
    }  # fmt: skip
    assert [one.clean for one in desk.verify([proof])] == [True]


def test_what_is_counted_stays(sqlite_desk: Desk):
    """Time, attributes and kind of an erased ticket stay; its requester becomes a name that is found nowhere else."""
    desk = sqlite_desk
    desk.send(*story())
    before = {row["id"]: row for row in desk.rows(tickets)}
    desk.erase(desk.subjects.requester(ANA))
    after = {row["id"]: row for row in desk.rows(tickets)}
    kept = (
        "time",
        "region",
        "demand",
        "demand_rule",
        "suspected",
        "status",
        "counted",
        "mined_epoch",
        "source",
        "event_id",
    )
    assert all(after[one][name] == before[one][name] for one in before for name in kept)
    assert after["T-3"] == before["T-3"]
    assert after["T-1"]["requester"] == after["T-2"]["requester"]
    assert after["T-1"]["requester"].startswith("erased-")
    assert before["T-1"]["requester"] not in {row["requester"] for row in after.values()}


def test_one_ticket_is_erased_and_the_others_of_its_requester_are_not(sqlite_desk: Desk):
    """Erasing a ticket leaves what else its requester wrote."""
    desk = sqlite_desk
    desk.send(*story())
    (proof,) = desk.erase(desk.subjects.ticket("T-1"))
    assert {row["id"]: row["title"] for row in desk.rows(tickets)} == {
        "T-1": "", "T-2": "second of zenobia", "T-3": "Refund of parcel",
    }  # fmt: skip
    assert proof["tickets"]["number"] == 1
    assert desk.verify([proof])[0].clean


ARRIVALS = {
    "another event of the ticket": (line("n1", "ticket.created", title="zenobia new", requester=ANA, source="/other"),),
    "a new ticket of the requester": (line("n2", "ticket.created", "T-7", 9, title="zenobia new", requester=ANA),),
    "a comment before its ticket": (
        line("n3", "comment.added", "T-8", 10, body="zenobia early"),
        line("n4", "ticket.created", "T-8", 9, title="zenobia late", requester="<ana.gomez@example.com>"),
    ),
    "a comment after its ticket": (
        line("n5", "ticket.created", "T-8", 9, title="zenobia late", requester=ANA.upper()),
        line("n6", "comment.added", "T-8", 10, body="zenobia comments"),
    ),
    "an older creation of a ticket that waits": (
        line("m1", "ticket.created", "T-8", 30, title="Other parcel", requester="bob@example.com"),
        line("m2", "ticket.created", "T-8", 9, title="zenobia first", requester=ANA),
    ),
    "a refused record": (line("n7", "ticket.rated", "T-8", 9, csat=77, body="zenobia", requester=ANA),),
    "a refused record of the ticket": (line("n8", "ticket.rated", "T-1", 9, csat=77, body="zenobia"),),
    "a deletion, and then text": (
        line("n9", "ticket.deleted", "T-1", 60),
        line("n10", "ticket.created", "T-1", 50, title="zenobia", source="/other"),
    ),
}


def test_text_that_arrives_after_an_erasure_is_not_stored_on_either_database(desk: Desk):
    """All at once, on each kind of database."""
    desk.send(*story())
    (proof,) = desk.erase(desk.subjects.requester(ANA))
    desk.send(*(one for name, lines in ARRIVALS.items() if "deletion" not in name for one in lines))
    assert "zenobia" not in desk.everything()
    assert desk.verify([proof])[0].clean


@pytest.mark.parametrize("batches", ["one", "several"])
@pytest.mark.parametrize("name", ARRIVALS)
def test_text_that_arrives_after_an_erasure_is_not_stored(sqlite_desk: Desk, name: str, batches: str):
    """However text of an erased requester arrives, it is stored nowhere; from its ticket on, it is not embedded either."""
    desk = sqlite_desk
    desk.send(*story())
    (proof,) = desk.erase(desk.subjects.requester(ANA))
    asked = len(desk.embedder.texts)
    for batch in [ARRIVALS[name]] if batches == "one" else [(one,) for one in ARRIVALS[name]]:
        desk.send(*batch)
    assert "zenobia" not in desk.everything()
    assert "zenobia" not in repr(desk.embedder.texts[asked:])
    assert {row["ticket_id"] for row in desk.rows(vectors)} == {"T-3"}
    assert desk.verify([proof])[0].clean


def test_a_replay_brings_nothing_back(sqlite_desk: Desk):
    """The same lines again add nothing."""
    desk = sqlite_desk
    desk.send(*story())
    desk.erase(desk.subjects.requester(ANA))
    before = desk.everything()
    outcome = desk.send(*story()[:-3])
    assert (outcome.stored, "zenobia" in desk.everything()) == (0, False)
    assert desk.everything() == before


def test_what_is_written_after_an_erasure_is_stored(sqlite_desk: Desk):
    """A requester who writes again, later than the erasure, is a customer like any other."""
    desk = sqlite_desk
    desk.send(*story())
    (proof,) = desk.erase(desk.subjects.requester(ANA))
    later = line("n1", "ticket.created", "T-7", 11_070, title="I am zenobia and I am back", requester=ANA)
    desk.send(later, line("n2", "comment.added", "T-1", 11_070, body="zenobia comments later"))
    assert {row["id"]: row["title"] for row in desk.rows(tickets)}["T-7"] == "I am zenobia and I am back"
    assert "zenobia comments later" in desk.everything()
    assert desk.verify([proof])[0].clean


def test_the_cache_of_vectors_is_dropped(sqlite_desk: Desk):
    """A process that embeds forgets its vectors once it sees that something was erased, and not again."""
    desk = sqlite_desk
    desk.send(*story())
    cleared = desk.embedder.cleared
    desk.erase(desk.subjects.requester(ANA))
    for number in range(3):
        desk.send(line(f"n{number}", "ticket.created", f"T-3{number}", title="Other parcel"))
    assert desk.embedder.cleared == cleared + 1


@pytest.mark.parametrize("scope", ["ticket", "requester"])
def test_the_unknown_is_erased_before_it_comes(sqlite_desk: Desk, scope: str):
    """Of a ticket or requester that is not stored, nothing is removed, and nothing is stored when it comes."""
    desk = sqlite_desk
    subject = desk.subjects.ticket("T-1") if scope == "ticket" else desk.subjects.requester(ANA)
    (proof,) = desk.erase(subject)
    assert (proof["tickets"]["known"], proof["removed_total"]) == (False, 0)
    desk.send(*story())
    (first,) = [row for row in desk.rows(tickets) if row["id"] == "T-1"]
    assert (first["title"], first["body"], first["custom"], first["tags"], first["skeleton"]) == (
        "",
        "",
        None,
        None,
        None,
    )
    assert "harbour" not in desk.everything()
    assert desk.verify([proof])[0].clean


def test_erasing_twice_changes_nothing_more(sqlite_desk: Desk):
    """The second erasure of the same finds nothing left; both proofs stay right."""
    desk = sqlite_desk
    desk.send(*story())
    (first,) = desk.erase(desk.subjects.requester(ANA))
    before = desk.rows(tickets)
    (second,) = desk.erase(desk.subjects.requester(ANA))
    assert (first["removed_total"] > 0, second["removed"]) == (True, {})
    assert second["tickets"]["number"] == first["tickets"]["number"]
    assert desk.rows(tickets) == before
    assert [one.clean for one in desk.verify([first, second])] == [True, True]


def test_a_ticket_that_was_stored_under_an_old_hash_is_erased(sqlite_desk: Desk):
    """Requesters were hashed as they were written once: tickets from then are found by every such hash."""
    desk = sqlite_desk
    from models.requester import keyed_hash

    desk.send(*story())
    with desk.engine.begin() as connection:
        connection.execute(tickets.update().where(tickets.c.id == "T-2").values(requester=keyed_hash(ANA, b"k" * 32)))
    desk.erase(desk.subjects.requester(ANA))
    assert {row["id"] for row in desk.rows(tickets) if row["title"]} == {"T-3"}


def test_a_card_number_as_a_ticket_id_is_erased_and_not_written(sqlite_desk: Desk):
    """A ticket whose id is replaced by a hash is found by the number that a person types, which is stored nowhere."""
    desk = sqlite_desk
    number = "4111111111111111"
    desk.send(line("e1", "ticket.created", number, title="violet"))
    (proof,) = desk.erase(desk.subjects.ticket(number))
    assert proof["tickets"]["known"]
    assert "violet" not in desk.everything()
    assert number not in desk.everything() + repr(proof)


def test_a_preview_removes_nothing(sqlite_desk: Desk):
    """A dry run says what an erasure would remove, and changes nothing."""
    desk = sqlite_desk
    desk.send(*story())
    plant(desk)
    before = desk.everything(), desk.files()
    (shown,) = desk.eraser().preview([desk.subjects.requester(ANA)])
    assert (desk.everything(), desk.files()) == before
    (proof,) = desk.erase(desk.subjects.requester(ANA))
    assert shown.removed == {name: n for name, n in proof["removed"].items() if name != "digest_files"}
    assert list(shown.tickets) == ["T-1", "T-2", "T-4", "T-9"]


REMAINS = {
    "tickets": lambda c: c.execute(tickets.update().where(tickets.c.id == "T-1").values(body="zenobia")),
    "tickets.custom": lambda c: c.execute(tickets.update().where(tickets.c.id == "T-2").values(custom={"a": "b"})),
    "tickets.tags": lambda c: c.execute(tickets.update().where(tickets.c.id == "T-2").values(tags=["b"])),
    "tickets.skeleton": lambda c: c.execute(tickets.update().where(tickets.c.id == "T-2").values(skeleton="ab")),
    "events": lambda c: c.execute(events.update().where(events.c.id == "e2").values(data={"body": "zenobia"})),
    "events.update": lambda c: c.execute(events.update().where(events.c.id == "e3").values(data={"title": "zenobia"})),
    "vectors": lambda c: c.execute(vectors.insert().values(ticket_id="T-1", model="m", vector=b"1")),
    "assignments": lambda c: c.execute(
        assignments.insert().values(
            ticket_id="T-1", theme_id=1, epoch=1, how="assigned", confidence=1.0, nearest=1, remembered=True
        )
    ),
    "quarantine": lambda c: c.execute(
        quarantine.insert().values(
            stream="s", partition=0, position=1, reason="r", detail="d", excerpt="zenobia", subject="T-1"
        )
    ),
    "quarantine.mention": lambda c: c.execute(
        quarantine.insert().values(stream="s", partition=0, position=2, reason="r", detail="d", excerpt='{"subject":"T-1-long')
    ),
    "inbox": lambda c: c.execute(
        inbox.insert().values(
            system="s", delivery_id="1", received_at=START,
            events=[{"type": "comment.added", "subject": "T-1", "time": "2026-11-20T08:00:00Z", "data": {"body": "zenobia"}}],
        )
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", REMAINS)
def test_the_check_finds_what_was_planted(sqlite_desk: Desk, name: str):
    """Whatever comes back to a table, the check of the proof names the table."""
    sqlite_desk.send(*story(), line("e20", "ticket.created", "T-1-long", title="zenobia", requester=ANA))
    (proof,) = sqlite_desk.erase(sqlite_desk.subjects.requester(ANA))
    assert sqlite_desk.verify([proof])[0].clean
    with sqlite_desk.engine.begin() as connection:
        REMAINS[name](connection)
    (found,) = sqlite_desk.verify([proof])
    assert (found.clean, set(found.remains)) == (False, {name.partition(".")[0]})


def test_the_check_finds_the_requester_and_quotations(sqlite_desk: Desk):
    """A ticket that has the requester again, a digest and a file that quote a ticket are remains."""
    desk = sqlite_desk
    desk.send(*story())
    plant(desk)
    files = [(path, path.read_text()) for path in digest_files(desk)]
    (proof,) = desk.erase(desk.subjects.requester(ANA))
    for path, text in files:
        path.write_text(text)
    with desk.engine.begin() as connection:
        hashed = desk.subjects.requester(ANA).requesters[0]
        connection.execute(tickets.update().where(tickets.c.id == "T-2").values(requester=hashed))
        connection.execute(metadata.tables["digests"].update().values(markdown=files[0][1]))
    (found,) = desk.verify([proof])
    assert found.remains == {"digests": 1, "files": len(files), "tickets": 1}
    assert "1 remain in digests" in found.sentence()


def test_an_erasure_is_audited_without_naming_anybody(sqlite_desk: Desk):
    """The audit log says who erased what, by hash."""
    sqlite_desk.send(*story())
    (proof,) = sqlite_desk.erase(sqlite_desk.subjects.requester(ANA))
    (row,) = [one for one in sqlite_desk.rows(audit) if one["action"] == "erase"]
    assert (row["actor"], row["subject"]) == ("ops", proof["subject"])
    assert row["detail"]["tickets"] == 3
    assert len(sqlite_desk.rows(requester_tombstones)) >= 1
    assert {one["ticket_id"] for one in sqlite_desk.rows(tombstones)} == {"T-1", "T-2", "T-9"}


def test_no_theme_keeps_a_word_of_an_erased_ticket(sqlite_desk: Desk):
    """Right after the erasure no listing, reason or file has the word, the proof names the theme, and a preview changes no file."""
    sqlite_desk.send(*story())
    plant(sqlite_desk)
    named = {"name": "Zenobia kite", "keywords": ["zenobia", "kite"], "name_pinned": True}
    with sqlite_desk.engine.begin() as connection:
        connection.execute(themes.update().values(**named))
        connection.execute(spikes.update().values(verdict="as Zenobia kite"))
    sqlite_desk.alerts.digest_folder.mkdir(exist_ok=True)
    page = sqlite_desk.alerts.digest_folder / "old.md"
    page.write_text("## 1. Zenobia kite\n")
    sqlite_desk.eraser().preview([sqlite_desk.subjects.requester(ANA)])
    assert page.read_text() == "## 1. Zenobia kite\n"
    (proof,) = sqlite_desk.erase(sqlite_desk.subjects.requester(ANA))
    assert "zenobia" not in sqlite_desk.everything() + sqlite_desk.files()
    assert [(one["theme_id"], one["pinned"]) for one in proof["themes"]] == [(1, True)]
    assert proof["removed"]["theme_names"] == 1
