"""Decisions bind what comes after them: through further epochs, through restarts, and until they are undone."""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from models.embedding import HashingEmbedder
from pipelines.decisions.preview import (
    CapExceeded,
    DecisionInvalid,
    decide,
    propose_merge,
    propose_move,
    propose_rename,
    propose_split,
    propose_undo,
    suggest_split,
)
from store import schema
from store.audit import list_audit
from store.database import open_database, reading
from store.decisions import carry_decisions, read_decisions
from store.errors import DecisionFinal, DecisionRestedOn
from store.listings import list_decisions, list_themes
from store.survivors import surviving_theme
from tests.pipelines.chain import NOW, listings, mined_rows
from tests.pipelines.office import Office, check_counts, check_lineage, store_events
from tests.pipelines.story import ISSUES, START


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a database file that holds the story's events, none of them mined."""
    folder = tmp_path_factory.mktemp("stored")
    store_events(f"sqlite:///{folder / 'stored.db'}", folder)
    return folder / "stored.db"


@pytest.fixture(scope="module")
def learned(stored: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the same, mined to the fifth day: themes are learned."""
    return _mined(stored, tmp_path_factory, days=5)


@pytest.fixture(scope="module")
def learning(stored: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the same, mined while themes are still being learned."""
    return _mined(stored, tmp_path_factory, days=2.5)


def _mined(stored: Path, folders: pytest.TempPathFactory, days: float) -> Path:
    file = folders.mktemp("mined") / "mined.db"
    office = Office.copy(stored, file).until(days=days)
    office.restart()
    office.engine.dispose()
    return file


@pytest.fixture
def office(learned: Path, tmp_path: Path) -> Iterator[Office]:
    """Return an office over a copy of the learned database."""
    opened = Office.copy(learned, tmp_path / "office.db")
    yield opened
    opened.engine.dispose()


@pytest.fixture
def early(learning: Path, tmp_path: Path) -> Iterator[Office]:
    """Return an office over a copy of the learning database."""
    opened = Office.copy(learning, tmp_path / "early.db")
    yield opened
    opened.engine.dispose()


def _pair(office: Office, purity: float = 0.6) -> tuple[int, int]:
    one, other = office.pair(purity)
    assert min(len(office.members(one)), len(office.members(other))) > 8
    return one, other


def test_a_merge_holds(office: Office):
    """Merged themes share one number: old tickets, their counts, spikes and all that comes later go to the survivor."""
    coins, gift = _pair(office)
    brought = office.members(gift)
    merge = office.decided(propose_merge, [gift], coins)
    assert office.theme(gift).merged_into is None
    office.until(days=7)
    assert office.look(merge).state == "applied"
    assert (office.theme(gift).state, office.theme(gift).merged_into, office.theme(gift).size) == ("merged", coins, 0)
    assert brought <= office.members(coins)
    later = office.alike(brought) - brought
    assert len(later & office.members(coins)) > 0.6 * len(later) > 3
    assert office.members(gift) == set()
    check_counts(office.engine)
    (row,) = [row for row in office.lineage("merge") if row.reason == "decided"]
    assert (row.theme_id, row.other_id, row.tickets) == (gift, coins, len(brought))
    assert 0 < row.figures["similarity"] < 1
    assert 0 < row.figures["share"] < 1


def test_a_merge_while_learning_is_not_parted_again(early: Office):
    """The reorganisation that ends the learning period finds two groups, and leaves the merged theme as it is."""
    coins, gift = _pair(early, purity=0)
    early.decided(propose_merge, [gift], coins)
    early.until(days=2.6)
    together = early.members(coins)
    early.until(days=7)
    assert early.theme(coins).merged_into is None
    assert together - early.members(coins) == set()
    check_counts(early.engine)


def test_an_undone_merge(office: Office):
    """The themes part again with what each brought; what arrived since stays, and the preview says how many those are."""
    coins, gift = _pair(office)
    before = office.themes_of_tickets()
    name = office.theme(gift).name
    merge = office.decided(propose_merge, [gift], coins)
    office.until(days=6)
    arrived = {ticket for ticket in office.members(coins) if ticket not in before}
    assert arrived
    undo = office.propose(propose_undo, merge.decision_id)
    assert undo.tickets == len([ticket for ticket, theme in before.items() if theme == gift])
    assert undo.notes == (f"{len(arrived)} tickets that arrived since the merge stay in theme {coins}",)
    office.decide(undo)
    office.until(days=6.1)
    now = office.themes_of_tickets()
    assert {ticket for ticket, theme in before.items() if theme == gift} <= office.members(gift)
    assert {ticket: now[ticket] for ticket in arrived} == dict.fromkeys(arrived, coins)
    assert office.theme(gift).name == name
    assert office.theme(gift).merged_into is None
    assert office.look(merge).state == "undone"
    check_counts(office.engine)
    office.until(days=7)
    check_counts(office.engine)


def test_a_split_holds(early: Office):
    """Two parts of a theme stay apart through the rest of learning; what is like the part that left goes to it."""
    coins, gift = _pair(early, purity=0)
    brought = early.members(gift)
    early.decided(propose_merge, [gift], coins)
    early.until(days=2.6)
    merged = early.members(coins)
    leaving = sorted(brought & merged)
    split = early.decided(propose_split, coins, leaving, "Gifts")
    early.until(days=7)
    (made,) = early.look(split).outcome["created"]
    assert early.theme(made).name == "Gifts"
    assert set(leaving) <= early.members(made)
    assert merged - brought <= early.members(coins)
    (row,) = early.lineage("split")
    assert (row.theme_id, row.other_id, row.tickets) == (coins, made, len(leaving))
    assert row.figures["share"] == pytest.approx(len(leaving) / len(merged), abs=0.1)
    check_counts(early.engine)


def test_alike_halves_that_were_split_stay_apart_while_learning(early: Office):
    """Cannot-link: halves of one issue, which every grouping would join, are still two themes after the learning period."""
    refund, _ = _pair(early, purity=0)
    leaving = sorted(early.members(refund))[::2]
    split = early.decided(propose_split, refund, leaving)
    early.until(days=5)
    (made,) = early.look(split).outcome["created"]
    assert set(leaving) <= early.members(made)
    assert early.theme(made).merged_into is None
    assert early.theme(refund).merged_into is None
    early.decided(propose_undo, split.decision_id)
    early.until(days=5.2)
    assert early.theme(made).merged_into == refund
    assert set(leaving) <= early.members(refund)
    check_counts(early.engine)


def test_a_split_by_suggestion_finds_the_seam(office: Office):
    """Of a theme made of two issues the smaller part is suggested, pure; with an example text it is the part like it."""
    coins, gift = _pair(office)
    old, brought = office.members(coins), office.members(gift)
    office.decided(propose_merge, [gift], coins)
    office.until(days=5.1)
    proposal = office.propose(suggest_split, coins, "hashing/1")
    leaving = set(proposal.payload["tickets"])
    assert max(len(leaving & old), len(leaving & brought)) > 0.9 * len(leaving)
    issues = office.issues()
    about = Counter(issues[ticket] for ticket in brought).most_common(1)[0][0]
    like = HashingEmbedder().embed([ISSUES[about]])[0]
    liked = set(office.propose(suggest_split, coins, "hashing/1", like=like).payload["tickets"])
    assert len(liked & brought) > 0.9 * len(liked)
    assert "similarity" in proposal.notes[0]


def test_moved_tickets_stay_and_teach(early: Office):
    """A ticket stays where it was put through the rest of learning, and one that was put into none stays unthemed."""
    coins, gift = _pair(early, purity=0)
    moved, out = sorted(early.members(gift))[:3], sorted(early.members(coins))[:2]
    early.decided(propose_move, moved, coins)
    early.decided(propose_move, out, None)
    early.until(days=7)
    now = early.themes_of_tickets()
    with reading(early.engine) as connection:
        assert {now[ticket] for ticket in moved} == {surviving_theme(connection, coins)}
    assert {now[ticket] for ticket in out} == {None}
    check_counts(early.engine)


def test_a_pinned_ticket_draws_its_like(office: Office):
    """After a pin, later tickets that are nearest to it go to its theme, though all their other neighbours are elsewhere."""
    coins, gift = _pair(office)
    pinned = sorted(office.members(gift))
    office.decided(propose_move, pinned[:10], coins, pin=True)
    office.until(days=7)
    later = office.alike(set(pinned)) - set(pinned)
    assert len(later & office.members(coins)) > 0.3 * len(later) > 3
    assert set(pinned[:10]) <= office.members(coins)
    check_counts(office.engine)


def test_a_given_name_stays(office: Office):
    """A theme that a person named keeps the name while it doubles; undone, it is named by its tickets again."""
    refund, login = _pair(office)
    old = office.theme(refund).name
    rename = office.decided(propose_rename, refund, "  Money   back ")
    assert next(row for row in office_rows(office) if row["id"] == refund)["name"] == "Money back"
    office.until(days=7)
    assert (office.theme(refund).name, office.theme(refund).name_pinned) == ("Money back", True)
    (row,) = [row for row in office.lineage("rename") if row.reason == "decided"]
    assert row.figures == {"before": old, "after": "Money back"}
    office.decided(propose_undo, rename.decision_id)
    assert office.look(rename).state == "applied"
    with pytest.raises(DecisionInvalid, match="has the name"):
        office.propose(propose_rename, login, "money back")


def office_rows(office: Office) -> list[dict]:
    """What `themes list --json` prints."""
    with reading(office.engine) as connection:
        return list_themes(connection)


def test_pending_decisions_show_at_once(office: Office):
    """Both themes of a merge say that it is pending; once applied neither does."""
    coins, gift = _pair(office)
    merge = office.decided(propose_merge, [gift], coins)
    pending = {row["id"]: row["pending"] for row in office_rows(office) if row["pending"]}
    assert {key: [one["id"] for one in listed] for key, listed in pending.items()} == {
        coins: [merge.decision_id],
        gift: [merge.decision_id],
    }
    office.until(days=5.1)
    assert not [row for row in office_rows(office) if row["pending"]]


def test_a_pending_decision_is_withdrawn(office: Office):
    """Undone before it was applied, a decision never is."""
    coins, gift = _pair(office)
    merge = office.decided(propose_merge, [gift], coins)
    office.decided(propose_undo, merge.decision_id)
    assert office.look(merge).state == "undone"
    office.until(days=5.2)
    assert office.theme(gift).merged_into is None
    assert office.decided(propose_undo, merge.decision_id).decision_id == merge.decision_id


def test_a_decision_that_others_rest_on_is_not_undone(office: Office):
    """A merge under a later split is kept, and the split is named; the split undone, the merge may go."""
    coins, gift = _pair(office)
    brought = office.members(gift)
    merge = office.decided(propose_merge, [gift], coins)
    office.until(days=5.1)
    leaving = sorted(brought)
    split = office.decided(propose_split, coins, leaving)
    says = f"while later decision {split.decision_id} \\(split\\) rests on it"
    with pytest.raises(DecisionRestedOn, match=says):
        office.propose(propose_undo, merge.decision_id)
    office.until(days=5.2)
    with pytest.raises(DecisionRestedOn, match=says):
        office.propose(propose_undo, merge.decision_id)
    rename = office.decided(propose_rename, office.look(split).outcome["created"][0], "Gifts")
    with pytest.raises(DecisionRestedOn, match=f"decision {rename.decision_id} \\(rename\\)"):
        office.propose(propose_undo, split.decision_id)
    office.decided(propose_undo, rename.decision_id)
    office.decided(propose_undo, split.decision_id)
    undo = office.decided(propose_undo, merge.decision_id)
    office.until(days=5.4)
    assert [office.look(one).state for one in (merge, split)] == ["undone", "undone"]
    assert brought <= office.members(gift)
    with pytest.raises(DecisionFinal, match="is an undo itself"):
        office.decided(propose_undo, undo.decision_id)
    check_counts(office.engine)


def test_the_same_decision_twice_is_one(office: Office):
    """While it is pending, and also once it is in force; an undone one may be made again."""
    coins, gift = _pair(office)
    tickets = sorted(office.members(gift))[:2]
    first = office.decided(propose_move, tickets, coins)
    assert office.decided(propose_move, tickets, coins).decision_id == first.decision_id
    office.until(days=5.1)
    assert office.decided(propose_move, tickets, coins).decision_id == first.decision_id
    office.decided(propose_undo, first.decision_id)
    assert office.decided(propose_move, tickets, coins).decision_id != first.decision_id


def test_a_decision_about_a_merged_theme_goes_to_the_survivor(office: Office):
    """Whoever names the old number means the theme that has its tickets."""
    coins, gift = _pair(office)
    office.decided(propose_merge, [gift], coins)
    office.until(days=5.1)
    rename = office.decided(propose_rename, gift, "Coins and gifts")
    assert rename.theme_id == coins
    with pytest.raises(DecisionInvalid, match="already"):
        office.propose(propose_merge, [gift], coins)


def test_what_does_not_fit_any_more_is_refused(office: Office):
    """Two pending merges, one into the other: the second has nothing to do, says so, and changes nothing."""
    coins, gift = _pair(office)
    one = office.propose(propose_merge, [gift], coins)
    other = office.propose(propose_merge, [coins], gift)
    office.decide(one)
    refused = office.decide(other)
    office.until(days=5.1)
    assert office.look(refused).state == "refused"
    assert "already" in office.look(refused).refusal
    check_counts(office.engine)


def test_the_cap(office: Office):
    """More tickets than one decision may move are refused with the number to pass; what is refused leaves no row."""
    coins, gift = _pair(office)
    proposal = office.propose(propose_merge, [gift], coins)
    assert proposal.tickets == len(office.members(gift))
    assert len(proposal.examples) == 5
    with pytest.raises(CapExceeded, match=f"--cap {proposal.tickets}"), office.engine.begin() as connection:
        decide(connection, proposal, cap=proposal.tickets - 1, actor="ada", at=NOW)
    with reading(office.engine) as connection:
        assert read_decisions(connection) == []


def test_who_and_why_are_kept(office: Office):
    """The audit log has each decision with its actor and reason, redacted, and the number of tickets instead of their ids."""
    coins, gift = _pair(office)
    tickets = sorted(office.members(gift))[:2]
    office.decide(office.propose(propose_move, tickets, coins), why="see ana@example.com")
    with reading(office.engine) as connection:
        (line,) = list_audit(connection)
    assert (line["actor"], line["action"], line["subject"]) == ("ada", "move", f"theme {coins}")
    assert line["detail"]["tickets"] == 2
    assert line["detail"]["why"] == "see [EMAIL]"


def _decide_much(office: Office) -> None:
    """Make decisions of every kind through the story, also while learning."""
    one, other = _pair(office, purity=0)
    split = office.decided(propose_split, one, sorted(office.members(one))[::3], "A third")
    office.decided(propose_rename, other, "Parcels")
    office.until(days=3.5)
    (made,) = office.look(split).outcome["created"]
    merge = office.decided(propose_merge, [other], one)
    office.decided(propose_move, sorted(office.members(made))[:3], one, pin=True)
    office.decided(propose_move, sorted(office.members(one))[-2:], None)
    office.until(days=5)
    office.decided(propose_undo, merge.decision_id)
    office.until(days=5.5)
    again = office.decided(propose_split, other, sorted(office.members(other))[::2])
    office.until(days=6)
    office.decided(propose_undo, again.decision_id)
    office.until(days=8)


@pytest.fixture(scope="module")
def much(learning: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """Return the story mined by a miner that never stopped, with decisions of every kind on the way; tests only read it."""
    opened = Office.copy(learning, tmp_path_factory.mktemp("much") / "much.db")
    _decide_much(opened)
    yield opened
    opened.engine.dispose()


def test_decisions_survive_restarts(much: Office, learning: Path, tmp_path: Path):
    """A miner that starts anew after every few epochs ends with the same rows."""
    often = Office.copy(learning, tmp_path / "often.db", restart_every=3)
    _decide_much(often)
    assert mined_rows(often.engine) == mined_rows(much.engine)
    assert listings(often.engine) == listings(much.engine)
    check_counts(often.engine)
    often.engine.dispose()


def test_a_replay_with_the_decisions_gives_the_same(much: Office, stored: Path, tmp_path: Path):
    """The same events, mined from the start in one go with the decisions on record, give the same rows."""
    replay = Office.copy(stored, tmp_path / "replay.db")
    with reading(much.engine) as connection:
        listed = list_decisions(connection)
    with replay.engine.begin() as connection:
        assert carry_decisions(connection, listed) == len(listed) > 5
    replay.until(days=8)
    assert mined_rows(replay.engine) == mined_rows(much.engine)
    with reading(replay.engine) as connection:
        assert [(one["id"], one["state"]) for one in list_decisions(connection)] == [
            (one["id"], one["state"]) for one in listed
        ]
    with pytest.raises(DecisionFinal), replay.engine.begin() as connection:
        carry_decisions(connection, listed)
    replay.engine.dispose()


@pytest.mark.postgres
def test_postgres_says_the_same(much: Office, postgres_url: str, tmp_path: Path):
    """Decisions on PostgreSQL, loaded with their numbers, end in the same rows, and the next number is free."""
    store_events(postgres_url, tmp_path)
    office = Office(open_database(postgres_url))
    with reading(much.engine) as connection:
        listed = list_decisions(connection)
    with office.engine.begin() as connection:
        carry_decisions(connection, listed)
    office.until(days=8)
    assert mined_rows(office.engine) == mined_rows(much.engine)
    assert office.decided(propose_rename, office.pair()[0], "Money").decision_id == listed[-1]["id"] + 1
    office.engine.dispose()


def test_no_ticket_changes_its_theme_unrecorded(stored: Path, tmp_path: Path):
    """After each epoch, every ticket in another theme than before has an event in that epoch: births to undone splits."""
    office = Office.copy(stored, tmp_path / "watched.db").watched(days=2.5)
    one, other = _pair(office, purity=0)
    split = office.decided(propose_split, one, sorted(office.members(one))[::3])
    office.watched(days=3.5)
    merge = office.decided(propose_merge, [other], one)
    office.decided(propose_move, sorted(office.members(one))[:4], None)
    office.watched(days=5)
    office.decided(propose_undo, merge.decision_id)
    office.watched(days=6)
    office.decided(propose_undo, split.decision_id)
    office.watched(days=8)
    assert sum(sum(changed.values()) for changed in office.changes.values()) > 100
    assert {row.kind for row in office.lineage()} >= {"birth", "merge", "split", "leave"}
    check_lineage(office)
    office.engine.dispose()


def test_a_theme_that_returns_is_revived_under_its_id(office: Office):
    """A dormant theme that takes a ticket lives again, with an event that says how long it was silent."""
    refund, _ = _pair(office)
    with office.engine.begin() as connection:
        long_ago = {"state": "dormant", "last_seen": START - timedelta(days=30)}
        connection.execute(update(schema.themes).where(schema.themes.c.id == refund).values(long_ago))
    office.restart()
    office.until(days=6)
    (row,) = office.lineage("revival")
    assert (row.theme_id, row.reason) == (refund, "returned")
    assert row.figures["silent_days"] > 30
    assert office.theme(refund).state == "live"


def test_a_retired_theme_ends_as_split_and_an_undo_brings_it_back(office):
    """With `retire` both parts are new themes, and the old one is `split` and empty; the undo makes it whole again."""
    theme, _ = _pair(office)
    members = sorted(office.members(theme))
    split = office.decided(propose_split, theme, members[: len(members) // 2], retire=True)
    office.until(days=5.1)
    made = office.look(split).outcome["created"]
    assert len(made) == 2
    ended = office.theme(theme)
    assert (ended.state, ended.status, ended.size) == ("split", "archived", 0)
    assert set(members) <= office.members(made[0]) | office.members(made[1])
    check_counts(office.engine)
    office.decided(propose_undo, split.decision_id)
    office.until(days=5.2)
    back = office.theme(theme)
    assert back.state == "live"
    assert back.size > 0
    assert set(members) <= office.members(theme)
    check_counts(office.engine)
