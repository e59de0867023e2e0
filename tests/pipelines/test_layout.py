"""The map of themes is kept by the miner: once a day of event time, new themes within the hour, and without an effect on mining."""

from datetime import timedelta

import numpy as np
import pytest
from sqlalchemy import event, insert, select, update

from models.embedding import HashingEmbedder
from pipelines.themes import layout
from pipelines.themes.layout import LayoutKeeper
from pipelines.themes.renaming import ThemeTexts, rename_personal
from store.database import reading
from store.schema import assignments, theme_layout, themes, tickets, vectors
from store.theme_centres import read_centres
from store.theme_layout import laid_out_at, read_layout
from tests.pipelines.chain import listings, open_new, run_story, short_rules, short_story, write_parts
from tests.pipelines.story import START

MODEL = "m"
NOON = START + timedelta(hours=12)
SUBJECTS = ("refund", "card", "payout")


@pytest.fixture
def engine(database_url):
    """Return a database with twelve themes about three subjects, each with three tickets."""
    opened = open_new(database_url)
    with opened.begin() as connection:
        for number in range(1, 13):
            add_theme(connection, number)
    yield opened
    opened.dispose()


def add_theme(connection, number):
    """Add a live theme about one of the subjects."""
    subject = SUBJECTS[number % 3]
    connection.execute(
        insert(themes).values(
            id=number, name=f"{subject.capitalize()} {'abcdefghijklmnop'[number]}x", keywords=[subject], state="live", status="new",
            size=3 + number, born_epoch=0, named_size=3,
        )
    )  # fmt: skip
    rng = np.random.default_rng(number)
    for ticket in range(3):
        vector = np.eye(8)[number % 3] + 0.1 * rng.normal(size=8)
        key = f"T-{number}-{ticket}"
        connection.execute(
            insert(assignments).values(
                ticket_id=key, theme_id=number, epoch=ticket, how="born", confidence=1.0, remembered=True
            )
        )
        stored = (vector / np.linalg.norm(vector)).astype("<f2").tobytes()
        connection.execute(insert(vectors).values(ticket_id=key, model=MODEL, vector=stored))


def read(engine):
    """Read the layout and its time."""
    with reading(engine) as connection:
        return read_layout(connection), laid_out_at(connection)


def test_the_map_is_made_once_and_then_daily(engine, monkeypatch):
    """The first look arranges all themes; later ones do so again only when a day of event time has begun."""
    arranged = []
    whole = layout.arrange
    monkeypatch.setattr(layout, "arrange", lambda *given: arranged.append(1) or whole(*given))
    keeper = LayoutKeeper(engine, MODEL)
    for hours in (0, 0.5, 1, 2, 11.9):
        keeper.follow(NOON + timedelta(hours=hours))
    found, at = read(engine)
    assert (len(found), at, len(arranged)) == (12, NOON, 1)
    assert {one.family_name for one in found.values()} == {"Refund", "Card", "Payout"}
    # Another process goes on with what is stored.
    LayoutKeeper(engine, MODEL).follow(NOON + timedelta(hours=11.9))
    assert len(arranged) == 1
    keeper.follow(NOON + timedelta(hours=12))
    assert len(arranged) == 2
    assert read(engine)[1] == NOON + timedelta(hours=12)


def test_a_new_theme_is_placed_within_the_hour(engine, monkeypatch):
    """One more theme is placed among those like it, and the others stay exactly where they are."""
    keeper = LayoutKeeper(engine, MODEL)
    keeper.follow(NOON)
    before, _ = read(engine)
    with engine.begin() as connection:
        add_theme(connection, 13)
    keeper.follow(NOON + timedelta(minutes=30))
    assert 13 not in read(engine)[0]
    keeper.follow(NOON + timedelta(hours=1))
    after, _ = read(engine)
    assert {theme: after[theme] for theme in before} == before
    nearest = min(before, key=lambda one: np.hypot(before[one].x - after[13].x, before[one].y - after[13].y))
    assert nearest % 3 == 13 % 3


def test_a_map_that_could_not_be_written_is_made_at_the_next_epoch(engine):
    """A failing transaction leaves the map of before, and neither a day nor an hour passes before it is tried again."""

    def fail(*_):
        raise ConnectionError

    keeper, later = LayoutKeeper(engine, MODEL), NOON + timedelta(hours=12)
    keeper.follow(NOON)
    event.listen(engine, "commit", fail)
    with pytest.raises(ConnectionError):
        keeper.follow(later)
    event.remove(engine, "commit", fail)
    assert read(engine)[1] == NOON
    keeper.follow(later + timedelta(minutes=5))
    assert read(engine)[1] == later + timedelta(minutes=5)


def test_after_a_rebuild_all_are_arranged_anew(engine):
    """Where a tenth of the themes have no place, the whole map is made again, and those that ended are gone from it."""
    keeper = LayoutKeeper(engine, MODEL)
    keeper.follow(NOON)
    with engine.begin() as connection:
        connection.execute(update(themes).where(themes.c.id == 1).values(state="merged", merged_into=2))
        for number in (13, 14):
            add_theme(connection, number)
    keeper.settle(NOON)
    found, _ = read(engine)
    assert sorted(found) == list(range(2, 15))
    assert found[13].family_id is not None


def test_a_theme_whose_vectors_are_gone_stays(engine):
    """What retention removed the vectors of keeps its place."""
    keeper = LayoutKeeper(engine, MODEL)
    keeper.follow(NOON)
    before, _ = read(engine)
    with engine.begin() as connection:
        connection.execute(vectors.delete().where(vectors.c.ticket_id.like("T-5-%")))
        assert 5 not in read_centres(connection, MODEL)
    keeper.follow(NOON + timedelta(days=1))
    assert read(engine)[0][5] == before[5]


def test_an_erased_word_leaves_the_names_of_families(engine):
    """A family's name is removed with the keyword of its themes that an erasure removes, and the next layout finds another."""
    with engine.begin() as connection:
        connection.execute(
            insert(tickets).values(
                id="T-3-0", source="/s", event_id="e", time=NOON, title="refund", body="refund", counted=True, status="open",
                requester="r",
            )
        )  # fmt: skip
    LayoutKeeper(engine, MODEL).follow(NOON)
    with engine.begin() as connection:
        rename_personal(connection, ["T-3-0"], ThemeTexts(()))
    with reading(engine) as connection:
        names = set(connection.execute(select(theme_layout.c.family_name)).scalars())
    assert "Refund" not in names
    assert {"Card", "Payout"} <= names


def test_centres_are_unit_means_of_the_newest(engine):
    """A centre is the unit mean of the newest tickets, and only themes that were asked for are read."""
    with reading(engine) as connection:
        newest = read_centres(connection, MODEL, [4], limit=1)
        stored = connection.execute(select(vectors.c.vector).where(vectors.c.ticket_id == "T-4-2")).scalar()
        assert list(newest) == [4]
        np.testing.assert_allclose(newest[4], np.frombuffer(stored, "<f2").astype(np.float32), atol=2e-3)
        assert read_centres(connection, "another", [4]) == {}
        assert np.linalg.norm(read_centres(connection, MODEL)[7]) == pytest.approx(1.0, abs=1e-6)


@pytest.mark.long
def test_mining_does_not_depend_on_the_map(tmp_path, monkeypatch):
    """A run has a map of its themes at the end, and finds the same as a run without one."""
    paths = write_parts(tmp_path, short_story().parts(timedelta(days=5)))
    found = []
    for name in ("with", "without"):
        engine = open_new(f"sqlite:///{tmp_path / name}.db")
        if name == "without":
            monkeypatch.setattr(LayoutKeeper, "settle", lambda *_: None)
        run_story(engine, paths, rules=short_rules())
        found.append(listings(engine))
        places, _ = read(engine)
        if name == "with":
            with reading(engine) as connection:
                live = set(read_centres(connection, HashingEmbedder().name))
            assert live
            assert set(places) == live
        else:
            assert not places
        engine.dispose()
    assert found[0] == found[1]
