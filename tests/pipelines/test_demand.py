"""Mining what no customer wrote: it is kept and shown apart, and neither themed nor counted."""

import gzip
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from sqlalchemy import Engine, select

from models.demand import DemandKind, DemandRule
from models.demand.figures import demand_sentence
from models.demand.repetition import FLOOD, LOOP_OF_A_PERSON
from pipelines.decisions.preview import DecisionInvalid, decide, propose_demand
from pipelines.miner import Miner
from store.counts import counted_totals, recount_totals
from store.database import reading
from store.decisions import undo_decision
from store.demand import count_demand, list_demand
from store.listings import list_spikes, list_themes
from store.schema import assignments, tickets
from tests.harness.sources import open_events
from tests.pipelines.answer import read_answer
from tests.pipelines.chain import NOW, make_run, open_new, short_rules

START = datetime(2026, 11, 2, 8, tzinfo=UTC)
NOTICE = {"title": "Notice", "body": "Your case 7 has been created. Reply above this line."}


OPENED: list[Engine] = []


@pytest.fixture(autouse=True)
def dispose() -> Iterator[None]:
    """Dispose of the engines that a test opened."""
    yield
    while OPENED:
        OPENED.pop().dispose()


def opened(url: str) -> Engine:
    """Open a database whose engine is disposed of after the test."""
    OPENED.append(open_new(url))
    return OPENED[-1]


def created(number: int, minutes: float, requester: str | None, **data: Any) -> dict[str, Any]:
    """Make the event that creates ticket `number`."""
    who = {} if requester is None else {"requester": requester}
    return event(f"T-{number}", f"e-{number}", "ticket.created", minutes, {"region": "US", **who, **data})


def event(subject: str, key: str, kind: str, minutes: float, data: dict[str, Any]) -> dict[str, Any]:
    """Make an event some minutes after the start."""
    time = (START + timedelta(minutes=minutes)).isoformat()
    envelope = {"specversion": "1.0", "id": key, "source": "/desk", "type": kind, "time": time, "subject": subject}
    return {**envelope, "data": data}


def problems(first: int, count: int, minutes: float = 0) -> list[dict[str, Any]]:
    """Make tickets of customers about three problems."""
    texts = (
        "my card was declined at the till",
        "the refund of my order has not arrived",
        "i cannot log in to my account",
    )
    return [
        created(first + n, minutes + n * 3, f"p-{first + n}", body=f"{texts[n % 3]} since day {n}")
        for n in range(count)
    ]


def mine(url: str, folder: Path, *parts: Sequence[dict[str, Any]], batch: int = 64) -> Engine:
    """Ingest events by time, each part as a file of its own, and mine them."""
    engine = opened(url)
    for number, part in enumerate(parts):
        path = folder / f"{batch}-{number}.jsonl"
        path.write_bytes(b"\n".join(orjson.dumps(one) for one in sorted(part, key=lambda one: one["time"])) + b"\n")
        with open_events(path) as source:
            make_run(engine, short_rules(), batch=batch).ingest([source], keep_open=number < len(parts) - 1)
    return engine


def kinds(engine: Engine) -> dict[str, tuple[str, bool]]:
    """Read of each ticket what wrote it, and whether it counts."""
    with reading(engine) as connection:
        rows = connection.execute(select(tickets.c.id, tickets.c.demand, tickets.c.counted))
        return {row.id: (row.demand, row.counted) for row in rows}


def check_counts(engine: Engine) -> None:
    """Check that the counts add up to the tickets that count, and that no theme holds another one."""
    with reading(engine) as connection:
        assert counted_totals(connection) == {key: n for key, n in recount_totals(connection).items() if n}
        held = {ticket for theme in list_themes(connection, members=True) for ticket in theme["tickets"]}
    assert held <= {key for key, (demand, _) in kinds(engine).items() if demand == "customer"}


NOISE = [
    *(created(100 + n, 30 + n, "partner", **NOTICE) for n in range(8)),
    created(120, 40, "ana", title="Automatic reply: your order", body="I am out of office until Monday."),
    created(121, 41, "mailer-daemon@mx.example", title="Hi", body="queue 4"),
    created(122, 42, "seller", body="Buy followers and likes now, limited offer, click here."),
    created(123, 43, "eva", body="Your payout was late, sorry.", author_role="agent"),
    created(124, 44, "eva", body="Hello, I am a robot.", author_role="bot"),
    created(125, 45, "eva", body="We called you.", direction="outbound"),
    created(126, 46, "news", body="You are receiving this newsletter because you signed up. Unsubscribe here."),
]


def test_every_kind_is_kept_and_none_counts(database_url, tmp_path):
    """Loops, replies, bounces, spam, bulk mail, agents, bots and outbound tickets are stored, in no theme and no count."""
    engine = mine(database_url, tmp_path, [*problems(0, 30), *NOISE])
    with reading(engine) as connection:
        figures = count_demand(connection)
        listed = list_demand(connection)
        assert set(connection.execute(select(assignments.c.ticket_id)).scalars()) == {f"T-{n}" for n in range(30)}
    assert figures.by_kind == {
        "automatic_reply": 1, "bounce": 1, "loop": 8, "bulk": 1, "spam": 1, "agent": 1, "bot": 1, "outbound": 1,
    }  # fmt: skip
    assert Counter(row["demand"] for row in listed) == figures.by_kind
    assert {row["rule"] for row in listed} == {"source", "requester", "text", "repetition"}
    assert demand_sentence(figures.by_kind).startswith("15 tickets are not customer demand: 8 messages of loops, ")
    check_counts(engine)


def test_a_suspected_wording_becomes_a_loop_with_all_its_messages(sqlite_url, tmp_path):
    """The third notice of a requester within a day makes a loop of the two before it, which were counted until then."""
    notice = {"body": "Please quote your reference number 41 in all mails."}
    early = [*problems(0, 9), *(created(50 + n, 60 * n, "bot-7", **notice) for n in range(2))]
    engine = mine(sqlite_url, tmp_path, early)
    assert [kinds(engine)[f"T-{n}"] for n in (50, 51)] == [("customer", True)] * 2
    engine = mine(sqlite_url, tmp_path, [], [created(52, 300, "bot-7", **notice), *problems(60, 3, 600)])
    assert [kinds(engine)[f"T-{n}"] for n in (50, 51, 52)] == [("loop", False)] * 3
    check_counts(engine)


def test_a_person_who_repeats_a_complaint_counts_twice_at_most(sqlite_url, tmp_path):
    """The third time that a person sends the very same text is no further demand; other orders in the same words are."""
    same = [created(n, n * 30, "ana", body="My parcel never arrived, where is it?") for n in range(4)]
    orders = [created(10 + n, n * 30, "shop", body=f"Order {n}{n} never arrived, where is it?") for n in range(4)]
    found = kinds(mine(sqlite_url, tmp_path, [*same, *orders]))
    assert [found[f"T-{n}"][0] for n in range(4)] == ["customer", "customer", "loop", "loop"]
    assert {found[f"T-{n}"] for n in range(10, 14)} == {("customer", True)}


def test_a_canned_sentence_of_many_people_is_demand(sqlite_url, tmp_path):
    """An outage whose victims all send the sentence that the application offers them counts in full."""
    canned = "Payment failed. Please try again later."
    outage = [created(n, n / 10, f"p-{n}", body=canned) for n in range(60)]
    assert set(kinds(mine(sqlite_url, tmp_path, outage)).values()) == {("customer", True)}


def test_an_account_that_many_share_makes_no_loop(sqlite_url, tmp_path):
    """Where one account passes on what an application's users write, an outage counts in full, too."""
    before = [{**one, "data": {**one["data"], "requester": "app"}} for one in problems(0, 9)]
    before = [
        {**one, "data": {**one["data"], "body": f"{one['data']['body']} {chr(97 + n) * 4}"}}
        for n, one in enumerate(before)
    ]
    outage = [created(100 + n, 60 + n / 10, "app", body="Payment failed. Please try again later.") for n in range(60)]
    assert {kind for kind, _ in kinds(mine(sqlite_url, tmp_path, [*before, *outage])).values()} == {"customer"}


def test_anything_that_one_requester_sends_ten_times_is_a_loop(sqlite_url, tmp_path):
    """A bot in words that no rule knows is found by its repetition alone, numbers left out."""
    sent = [
        created(n, n * 20, "bot-9", body=f"Sensor {n} of line {n * 7} measured {n * 13}")
        for n in range(LOOP_OF_A_PERSON + 2)
    ]
    assert set(kinds(mine(sqlite_url, tmp_path, sent)).values()) == {("loop", False)}


@pytest.mark.parametrize("senders", [FLOOD - 1, FLOOD + 2])
def test_a_suspected_wording_of_many_is_what_it_is_suspected_to_be(sqlite_url, tmp_path, senders):
    """A template that many requesters send is outbound once it is many; before that it counts."""
    sent = [
        created(n, n * 10, f"c-{n}", body=f"Dear customer {n}, your payout of {n * 17} will arrive on Friday.")
        for n in range(senders)
    ]
    expected = ("outbound", False) if senders >= FLOOD else ("customer", True)
    assert set(kinds(mine(sqlite_url, tmp_path, sent)).values()) == {expected}


def test_events_of_a_ticket_do_not_make_it_demand(sqlite_url, tmp_path):
    """A reply that was deleted and restored, or that an agent commented on, still does not count."""
    noise = [
        *NOISE,
        event("T-120", "x-1", "ticket.deleted", 100, {}),
        event("T-120", "x-2", "ticket.undeleted", 160, {}),
        event("T-122", "x-3", "ticket.reopened", 160, {}),
        event("T-0", "x-4", "comment.added", 160, {"body": "Automatic reply: I am away.", "author_role": "agent"}),
    ]
    found = kinds(mine(sqlite_url, tmp_path, [*problems(0, 9), *noise]))
    assert found["T-120"] == ("automatic_reply", False)
    assert found["T-122"] == ("spam", False)
    assert found["T-0"] == ("customer", True)


def test_erased_texts_leave_no_skeleton(sqlite_url, tmp_path):
    """A tombstone takes the hash of the text with it."""
    engine = mine(sqlite_url, tmp_path, [*problems(0, 3), event("T-1", "x-1", "ticket.redacted", 100, {})])
    with reading(engine) as connection:
        found = dict(connection.execute(select(tickets.c.id, tickets.c.skeleton)).all())
    assert [found["T-1"] is None, found["T-2"] is None] == [True, False]


def test_the_answer_does_not_depend_on_batches_or_restarts(sqlite_url, tmp_path):
    """However the input is cut, what is not demand is the same, and so is everything that was mined."""
    everything = [*problems(0, 60), *NOISE, *(created(200 + n, 100 + n * 40, "bot-7", **NOTICE) for n in range(5))]
    ordered = sorted(everything, key=lambda one: one["time"])
    whole = mine(f"sqlite:///{tmp_path}/whole.db", tmp_path, ordered)
    parts = mine(f"sqlite:///{tmp_path}/parts.db", tmp_path, ordered[:20], ordered[20:50], ordered[50:], batch=7)
    assert read_answer(whole, position=False).differences(read_answer(parts, position=False)) == []


def decided(engine: Engine, ids: Sequence[str], kind: DemandKind) -> int:
    """Decide what wrote tickets."""
    with engine.begin() as connection:
        return decide(connection, propose_demand(connection, ids, kind), cap=100, actor="ada", at=NOW).decision_id


def test_people_correct_what_is_demand(sqlite_url, tmp_path):
    """A ticket that a person calls a customer's is themed and counted, one that a person calls spam is not; both can be undone."""
    mine(sqlite_url, tmp_path, [*problems(0, 30), *NOISE])
    engine = opened(sqlite_url)
    came, left = decided(engine, ["T-120", "T-100"], DemandKind.CUSTOMER), decided(engine, ["T-3"], DemandKind.SPAM)
    engine = mine(sqlite_url, tmp_path, [], problems(300, 3, 900))
    found = kinds(engine)
    assert [found[key] for key in ("T-120", "T-100", "T-3")] == [
        ("customer", True),
        ("customer", True),
        ("spam", False),
    ]
    check_counts(engine)
    with engine.begin() as connection:
        for decision in (came, left):
            undo_decision(connection, decision, actor="ada", at=NOW)
    engine = mine(sqlite_url, tmp_path, [], [], problems(400, 3, 1800))
    found = kinds(engine)
    assert [found[key] for key in ("T-120", "T-100", "T-3")] == [
        ("automatic_reply", False),
        ("loop", False),
        ("customer", True),
    ]
    check_counts(engine)


def mine_and_correct(url: str, folder: Path, *, restarts: bool) -> Engine:
    """Mine stored events epoch by epoch, and correct two tickets after five hours; with `restarts` by a new miner each epoch."""
    engine, rules = opened(url), short_rules()
    waiting = replace(rules, mining=rules.mining.model_copy(update={"lateness": timedelta(days=30)}))
    path = folder / "stored.jsonl"
    everything = [*problems(0, 90), *NOISE, *(created(500 + n, 400 + n * 40, "bot-7", **NOTICE) for n in range(5))]
    path.write_bytes(b"\n".join(orjson.dumps(one) for one in sorted(everything, key=lambda one: one["time"])))
    with open_events(path) as source:
        make_run(engine, waiting).ingest([source], keep_open=True)
    miner = Miner(engine, rules, lambda: NOW, "far:1")
    first = int(START.timestamp() // 3600)
    for epoch in range(first, first + 14):
        if restarts:
            miner.release()
            miner = Miner(engine, rules, lambda: NOW, "far:1")
        if epoch == first + 5:
            decided(engine, ["T-120", "T-121"], DemandKind.CUSTOMER)
            decided(engine, ["T-4", "T-89"], DemandKind.BULK)
        list(miner.mine_until(epoch + 1))
    miner.release()
    return engine


def test_corrections_do_not_depend_on_restarts(tmp_path):
    """A miner that is restored before each epoch applies corrections as one that never stopped."""
    first = mine_and_correct(f"sqlite:///{tmp_path}/one.db", tmp_path, restarts=False)
    second = mine_and_correct(f"sqlite:///{tmp_path}/two.db", tmp_path, restarts=True)
    check_counts(first)
    assert kinds(first)["T-120"] == ("customer", True)
    assert kinds(first)["T-89"] == ("bulk", False)
    assert read_answer(first).differences(read_answer(second)) == []


def test_no_rule_changes_what_a_person_decided(sqlite_url, tmp_path):
    """A requester whose notices a person calls demand is not taken for a loop again."""
    mine(sqlite_url, tmp_path, NOISE)
    decided(opened(sqlite_url), [f"T-{n}" for n in range(100, 108)], DemandKind.CUSTOMER)
    engine = mine(sqlite_url, tmp_path, [], [created(200, 300, "partner", **NOTICE), *problems(300, 3, 900)])
    assert {kinds(engine)[f"T-{n}"] for n in range(100, 108)} == {("customer", True)}
    with reading(engine) as connection:
        rules = connection.execute(select(tickets.c.demand_rule).where(tickets.c.id == "T-100")).scalars().all()
    assert rules == [DemandRule.PERSON.value]


def test_the_same_decision_again_after_another_is_made(sqlite_url, tmp_path):
    """Customer, spam and customer again are three decisions, of which the last holds."""
    mine(sqlite_url, tmp_path, NOISE)
    for number, kind in enumerate((DemandKind.CUSTOMER, DemandKind.SPAM, DemandKind.CUSTOMER)):
        decided(opened(sqlite_url), ["T-120"], kind)
        parts: list[list[dict[str, Any]]] = [[] for _ in range(number + 1)]
        engine = mine(sqlite_url, tmp_path, *parts, problems(300 + number * 10, 2, 900 + 900 * number))
        assert kinds(engine)["T-120"] == (kind.value, kind is DemandKind.CUSTOMER)


def test_unknown_tickets_are_refused(sqlite_url, tmp_path):
    """A decision names tickets that are stored."""
    engine = mine(sqlite_url, tmp_path, NOISE)
    with reading(engine) as connection, pytest.raises(DecisionInvalid, match="T-9999"):
        propose_demand(connection, ["T-120", "T-9999"], DemandKind.SPAM)


def test_the_noise_case_through_the_chain(sqlite_url, shared_data, tmp_path):
    """Of the shared case, every message that is not demand is kept apart, no customer is, and no theme or spike holds one.

    Only its last week is mined: all of the noise is in it.
    """
    folder = shared_data.parent / "cases"
    if not folder.is_dir():
        pytest.skip("the shared cases are not there")
    truth = orjson.loads(gzip.decompress((folder / "16-noise.truth.json.gz").read_bytes()))
    lines = (folder / "16-noise.jsonl").read_text("utf-8").splitlines()
    path = tmp_path / "noise.jsonl"
    path.write_text("\n".join(line for line in lines if orjson.loads(line)["time"] >= "2026-11-03"))
    engine = opened(sqlite_url)
    with open_events(path) as source:
        make_run(engine, short_rules(), batch=512).ingest([source])
    noise = {ticket for ticket, kind in truth.items() if kind in ("loop", "verp", "spam", "ooo", "proactive")}
    found = kinds(engine)
    assert len(found) > 2 * len(noise)
    assert {ticket for ticket, (demand, _) in found.items() if demand != "customer"} == noise
    assert {ticket for ticket, (_, counts) in found.items() if not counts} == noise
    with reading(engine) as connection:
        assert count_demand(connection).by_kind == {"automatic_reply": 200, "loop": 300, "spam": 90, "agent": 70}
        evidence = {ticket for spike in list_spikes(connection) for ticket in spike["evidence"]}
    assert not evidence & noise
    check_counts(engine)
