"""A rebuild changes no live theme, keeps to what people decided, and becomes live only when a person switches to it."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import select

from bench.themes.agreement import agreement
from models.embedding import HashingEmbedder
from models.labelling.case_label import CaseLabel
from models.themes.rebuild.label_map import LabelMap
from models.themes.rebuild.regroup import regroup
from pipelines.decisions.labels import read_labels
from pipelines.decisions.preview import propose_merge, propose_move, propose_split, propose_undo
from pipelines.decisions.switch import SwitchRefused
from pipelines.labelling.exchange import import_labels
from pipelines.learning import LEARNER, curve_of_labels, known_themes
from pipelines.rebuild import (
    FEWEST_LABELS,
    FEWEST_OF_A_THEME,
    NothingToRebuild,
    RebuildMethod,
    adopt,
    learning_sentence,
    propose,
    rebuild,
)
from store.database import reading
from store.decisions import NO_THEME, DecisionKind, append_decision
from store.epochs import read_miner
from store.rebuilds import RebuildSpent, close_rebuild, read_metric, read_rebuild, read_rebuilt, ready_rebuild
from store.schema import rebuilt, tickets, vectors
from store.tickets import read_remembered
from tests.pipelines.chain import NOW, listings, mined_rows, open_new
from tests.pipelines.office import RULES, Office, check_counts, store_events

DAYS = 5


class OtherModel:
    """Another model: the hashing embedder's vectors, each coordinate elsewhere."""

    name = "other/1"
    dimensions = 384

    def embed(self, texts):
        """Embed texts."""
        return np.roll(HashingEmbedder().embed(texts), 7, axis=1)


class Scaled:
    """A learned metric at its simplest: it weighs the coordinates."""

    def __init__(self, weights: np.ndarray) -> None:
        self._weights = weights

    @property
    def version(self) -> str:
        """Names it."""
        return f"scaled/{int(self._weights.sum())}"

    def apply(self, vectors: np.ndarray) -> np.ndarray:
        """Weigh and scale to unit length."""
        weighed = vectors * self._weights
        return (weighed / np.linalg.norm(weighed, axis=1, keepdims=True)).astype(np.float32)

    def dump(self) -> bytes:
        """Write it down."""
        return self._weights.tobytes()


def plain(rows: np.ndarray, labels: np.ndarray) -> Scaled:
    """Learn that all coordinates weigh the same."""
    return Scaled(np.ones(384))


@pytest.fixture(scope="module")
def learned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a database file mined to the fifth day."""
    folder = tmp_path_factory.mktemp("learned")
    store_events(f"sqlite:///{folder / 'stored.db'}", folder)
    office = Office.copy(folder / "stored.db", folder / "mined.db").until(days=DAYS)
    office.restart()
    office.engine.dispose()
    return folder / "mined.db"


@pytest.fixture
def office(learned: Path, tmp_path: Path) -> Iterator[Office]:
    """Return an office over a copy."""
    opened = Office.copy(learned, tmp_path / "office.db")
    yield opened
    opened.restart()
    opened.engine.dispose()


def derive(office: Office, **options):
    """Make a rebuild."""
    return rebuild(office.engine, RULES.mining, RebuildMethod(**options), actor="ada", at=NOW)


def switch(office: Office, number: int):
    """Ask for a switch."""
    with office.engine.begin() as connection:
        return append_decision(connection, NO_THEME, DecisionKind.SWITCH, {"rebuild": number}, actor="ada", at=NOW)


def seen_by_rebuilds(office: Office, theme: int) -> list[str]:
    """Tickets of a theme that a rebuild looks at, by id: those that are not remembered have no vote."""
    with reading(office.engine) as connection:
        return sorted(row[0] for row in read_remembered(connection, "hashing/1", 10_000) if row[1] == theme)


def halves(office: Office):
    """A grouping that cuts each live theme in two and puts the unthemed in no group."""
    themes = office.themes_of_tickets()

    def grouping(rows: np.ndarray, smallest: int) -> np.ndarray:
        with reading(office.engine) as connection:
            live = list(read_remembered(connection, "hashing/1", RULES.mining.rebuild_tickets))
        seen: dict[int, int] = {}
        groups = []
        for ticket, *_ in live:
            theme = themes[ticket]
            n = seen[theme or 0] = seen.get(theme or 0, 0) + 1
            groups.append(-1 if theme is None else 2 * theme + n % 2)
        kept = sorted({group for group in groups if group >= 0})
        return np.array([kept.index(group) if group >= 0 else -1 for group in groups])

    return grouping


def test_a_rebuild_changes_nothing_live(office: Office):
    """All rows that mining wrote are as they were, and another rebuild of the same says the same."""
    before, said = mined_rows(office.engine), listings(office.engine)
    found = derive(office)
    assert mined_rows(office.engine) == before
    assert listings(office.engine) == said
    assert found.report["tickets"] > 200
    assert {one["theme"] for one in found.report["carried"]} >= set(office.pair())
    assert derive(office).report == found.report


def test_where_nothing_but_time_changed_a_rebuild_changes_little(office: Office):
    """After a switch and another day of tickets, a rebuild moves at most 2 % of the tickets that were in a theme by then.

    A theme that was born on that day may still be joined to its twin: it is what rebuilds are for.
    """
    switch(office, derive(office).rebuild_id)
    with reading(office.engine) as connection:
        known = {ticket for ticket, theme, *_ in read_remembered(connection, "hashing/1", 10_000) if theme is not None}
    office.until(days=DAYS + 1)
    check_counts(office.engine)
    again = derive(office)
    with reading(office.engine) as connection:
        asked = select(rebuilt.c.ticket_id).where(rebuilt.c.rebuild_id == again.rebuild_id)
        moved = known & set(connection.execute(asked).scalars())
    assert len(known) > 200
    assert len(moved) <= 0.02 * len(known)
    assert again.report["share"] <= 0.05


def test_nothing_to_rebuild(tmp_path: Path):
    """Before the first epoch there is nothing to rebuild, and the sentence says how to begin."""
    store_events(f"sqlite:///{tmp_path / 'stored.db'}", tmp_path)
    with pytest.raises(NothingToRebuild, match="groundswell ingest"):
        derive(Office.copy(tmp_path / "stored.db", tmp_path / "copy.db"))


def test_a_schedule_proposes_once(office: Office, tmp_path: Path):
    """Of several late runs the first one makes the rebuild; before the first epoch there is nothing to propose."""
    hour, method = timedelta(hours=1), RebuildMethod()
    first = propose(office.engine, RULES.mining, NOW - 5 * hour, method, actor="prefect", at=NOW)
    assert first is not None
    assert propose(office.engine, RULES.mining, NOW - hour, method, actor="prefect", at=NOW) is None
    assert propose(office.engine, RULES.mining, NOW + hour, method, actor="prefect", at=NOW + 2 * hour) is not None
    engine = open_new(f"sqlite:///{tmp_path / 'new.db'}")
    assert propose(engine, RULES.mining, NOW, method, actor="prefect", at=NOW) is None
    engine.dispose()


def test_a_switch_is_applied_and_undone(office: Office, taken: None):
    """Births, moves and merges of the rebuild become live in the next epoch, each with its event; undone, all is as before."""
    one, other = office.pair()
    before = office.themes_of_tickets()
    found = derive(office, grouping=halves(office))
    assert found.report["split"]
    asked = switch(office, found.rebuild_id)
    office.watched(days=DAYS + 0.1)
    outcome = office.look(asked).outcome
    assert outcome["created"]
    assert outcome["tickets"] > 20
    assert all(office.members(theme) for theme in outcome["created"])
    assert office.members(one)
    assert {row.theme_id for row in office.lineage("birth") if row.reason == "rebuilt"} == set(outcome["created"])
    check_counts(office.engine)
    with reading(office.engine) as connection:
        assert read_rebuild(connection, found.rebuild_id).state == "switched"
        with pytest.raises(RebuildSpent, match="switched"):
            ready_rebuild(connection, found.rebuild_id)
    office.decided(propose_undo, asked.decision_id)
    office.until(days=DAYS + 0.2)
    now = office.themes_of_tickets()
    assert {ticket: now[ticket] for ticket in before} == before
    check_counts(office.engine)
    office.until(days=7)
    check_counts(office.engine)
    assert other


@pytest.fixture
def taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take groups as they are, as for vectors of another model, so that a grouping can ask for anything."""

    def take(*arguments, **options):
        return regroup(*arguments, **{**options, "hysteresis": False})

    monkeypatch.setattr("pipelines.rebuild.regroup", take)


def test_a_rebuild_honours_decisions(office: Office, taken: None):
    """Merged themes stay merged and split ones split in a rebuild that would undo both, and placed tickets stay."""
    one, other = office.pair()
    brought = office.members(other)
    office.decided(propose_merge, [other], one)
    office.until(days=DAYS + 0.1)
    leaving = sorted(office.members(one))[::3]
    split = office.decided(propose_split, one, leaving)
    third = next(theme for theme in sorted(set(office.themes_of_tickets().values()) - {None, one}))
    placed = sorted(office.members(third))[:3]
    office.decided(propose_move, placed, None)
    office.until(days=DAYS + 0.2)
    (made,) = office.look(split).outcome["created"]
    before = office.themes_of_tickets()
    found = derive(office, grouping=halves(office), fit=plain)
    assert found.metric is not None
    switch(office, found.rebuild_id)
    office.until(days=DAYS + 0.3)
    now = office.themes_of_tickets()
    for theme in (one, made):
        assert {now[ticket] for ticket, was in before.items() if was == theme} == {theme}
    assert brought <= office.members(one) | office.members(made)
    assert {now[ticket] for ticket in placed} == {None}
    office.restart()
    office.until(days=7)
    assert set(leaving) <= office.members(made)
    check_counts(office.engine)


def test_labels_teach_a_metric_that_is_kept(office: Office):
    """Decisions label tickets; the metric learned from them is stored under its version, and the rebuild names it."""
    one, other = office.pair()
    moved = sorted(office.members(other))[:3]
    office.decided(propose_move, moved, one)
    office.decided(propose_move, sorted(office.members(other))[3:23], other, pin=True)
    office.until(days=DAYS + 0.1)
    with reading(office.engine) as connection:
        labels = read_labels(connection)
    assert {labels[ticket] for ticket in moved} == {one}
    assert len(labels) == 23
    seen = []

    def fit(rows: np.ndarray, wanted: np.ndarray) -> Scaled:
        seen.append((len(rows) > 200, int((wanted >= 0).sum()), sorted(set(wanted.tolist()) - {-1})))
        return Scaled(np.arange(384) % 2 + 1.0)

    found = derive(office, fit=fit)
    assert seen == [(True, 23, sorted({one, other}))]
    assert found.metric == "scaled/576"
    assert found.report["labels"] == 23
    with reading(office.engine) as connection:
        assert np.frombuffer(read_metric(connection, "scaled/576")).shape == (384,)


def test_labels_of_queues_teach_as_decisions_do(office: Office):
    """Settled labels reach the metric and the curve; where a person has decided otherwise, the decision counts."""
    one, other = office.pair()
    mine, theirs = seen_by_rebuilds(office, one)[:14], seen_by_rebuilds(office, other)[:14]
    said = [(ticket, str(one)) for ticket in mine] + [(ticket, str(other)) for ticket in theirs]
    said.append((seen_by_rebuilds(office, other)[14], "none"))
    given = [
        CaseLabel(ticket_id=ticket, question="theme", value=value, labeller="ana", at=NOW) for ticket, value in said
    ]
    with office.engine.begin() as connection:
        import_labels(connection, given, LEARNER, NOW)
    office.decided(propose_move, theirs[:1], one, pin=True)
    office.until(days=DAYS + 0.05)
    with reading(office.engine) as connection:
        known = known_themes(connection)
    assert known == {**dict.fromkeys(mine, one), **dict.fromkeys(theirs, other), theirs[0]: one}
    assert derive(office).report["labels"] == 28
    points = curve_of_labels(office.engine)
    assert [round(point.labels) for point in points][::4] == [0, 14]
    assert points[0].texts == 28


def test_too_few_labels_teach_nothing(office: Office):
    """With fewer labelled tickets than a metric can be learned from, vectors are compared as they are, and the sentence says so."""
    one, other = office.pair()
    # Two tickets of a theme say nothing about it, so of 21 labels only 19 count.
    office.decided(propose_move, seen_by_rebuilds(office, one)[: FEWEST_LABELS - 1], one, pin=True)
    office.decided(propose_move, seen_by_rebuilds(office, other)[: FEWEST_OF_A_THEME - 1], other, pin=True)
    office.until(days=DAYS + 0.1)
    found = derive(office)
    assert found.metric is None
    assert learning_sentence(found.as_json()) == (
        "No labels were used: people's decisions and labels give 19 labelled tickets, and at least 20 are needed (3 of a theme)."
    )


def test_labels_change_the_rebuild_for_the_better(office: Office):
    """Specialists move a dozen wallet tickets out of a theme and pin a dozen that stay; the rebuild moves the other ones, too.

    Without labels it leaves them where they are, since they share their vocabulary with those that stay. The label map is kept
    under its version and can be read back.
    """
    coins, target = office.pair()
    with reading(office.engine) as connection:
        bodies = {row.id: row.body for row in connection.execute(select(tickets.c.id, tickets.c.body))}
    members = seen_by_rebuilds(office, coins)
    wallet = [ticket for ticket in members if "wallet" in bodies[ticket].split()]
    staying = [ticket for ticket in members if ticket not in wallet]
    office.decided(propose_move, wallet[:12], target, pin=True)
    office.decided(propose_move, staying[:12], coins, pin=True)
    office.until(days=DAYS + 0.05)
    live = office.themes_of_tickets()
    assert live[wallet[20]] == coins
    labelled = {*wallet[:12], *staying[:12]}
    names = {theme: name for name, theme in {"coins": coins, "target": target}.items()}
    truth = {ticket: names.get(theme, str(theme)) for ticket, theme in live.items() if theme and ticket not in labelled}
    truth |= dict.fromkeys(wallet[12:], "target")

    def quality(found) -> float:
        with reading(office.engine) as connection:
            changed = {ticket: now for ticket, _, now in read_rebuilt(connection, found.rebuild_id)}
        return agreement(truth, {**live, **changed}).f1

    without, found = derive(office, fit=None), derive(office)
    assert (without.metric, without.report["labels"]) == (None, 24)
    assert learning_sentence(without.as_json()) == "24 labelled tickets were not used, as asked."
    assert learning_sentence(found.as_json()).startswith(
        "24 labelled tickets from people's decisions and labels were used (label map "
    )
    assert quality(without) < 0.93
    assert quality(found) > quality(without) + 0.05
    with reading(office.engine) as connection:
        kept = LabelMap.load(read_metric(connection, found.metric))
    assert kept.version == found.metric


def test_another_model(office: Office):
    """Texts are embedded anew in addition to the old vectors; identities are carried over, and mining continues with the new model."""
    one, other = office.pair()
    before = office.themes_of_tickets()
    found = derive(office, embedder=OtherModel())
    assert found.model == "other/1"
    with reading(office.engine) as connection:
        models = set(connection.execute(select(vectors.c.model)).scalars())
    assert models == {"hashing/1", "other/1"}
    refused = switch(office, found.rebuild_id)
    office.until(days=DAYS + 0.1)
    assert "other/1" in office.look(refused).refusal
    office.restart()
    with pytest.raises(SwitchRefused, match="pass the first one"):
        adopt(office.engine, RULES, found.rebuild_id, HashingEmbedder(), clock=lambda: NOW, actor="ada")
    made = adopt(office.engine, RULES, found.rebuild_id, OtherModel(), clock=lambda: NOW, actor="ada")
    assert made.state == "applied"
    check_counts(office.engine)
    now = office.themes_of_tickets()
    same = [ticket for ticket, theme in before.items() if theme == one and now[ticket] == one]
    assert len(same) > 0.5 * sum(theme == one for theme in before.values())
    with reading(office.engine) as connection:
        assert read_miner(connection).state["model"] == "other/1"
    assert other


def test_mining_goes_on_with_the_new_model(office: Office):
    """Tickets that were stored with the old model's vectors only, not mined yet, find their themes by the new one's."""
    found = derive(office, embedder=OtherModel())
    office.restart()
    adopt(office.engine, RULES, found.rebuild_id, OtherModel(), clock=lambda: NOW, actor="ada")
    before = office.themes_of_tickets()
    office.rules = replace(RULES, model="other/1")
    office.restart()
    office.until(days=DAYS + 1)
    after = {ticket: theme for ticket, theme in office.themes_of_tickets().items() if ticket not in before}
    assert len(after) > 30
    assert sum(theme in set(before.values()) - {None} for theme in after.values()) > 0.5 * len(after)
    check_counts(office.engine)


def test_a_discarded_rebuild_is_gone(office: Office):
    """It cannot be switched to any more, and says so when the decision comes to be applied."""
    found = derive(office)
    with office.engine.begin() as connection:
        close_rebuild(connection, found.rebuild_id, "discarded")
    refused = switch(office, found.rebuild_id)
    office.until(days=DAYS + 0.1)
    assert "discarded" in office.look(refused).refusal
    assert RebuildSpent(1, "discarded").state == "discarded"
