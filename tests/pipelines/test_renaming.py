"""Names of themes that hold a word of an erased ticket are made anew, at once and everywhere."""

from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import insert, select, update

from alerts.channels.file import FileChannel
from alerts.digest.escape import escape_markdown
from alerts.outbox import deliver
from alerts.ownership_file import read_ownership
from alerts.publishing import publish_digests
from alerts.quoted_files import replace_in_files
from alerts.settings import AlertSettings
from models.themes.naming.personal import Wordings
from pipelines.state.themes import ThemeRecord, ThemeRecords
from pipelines.themes import theme_texts
from pipelines.themes.names import name_due
from pipelines.themes.renaming import adopt_names, rename_personal
from pipelines.themes.theme_texts import ThemeTexts
from store.database import open_database, upgrade
from store.outbox import enqueue
from store.schema import causes, decisions, lineage, metadata, spikes, themes, tickets
from store.themes import change_theme, read_themes
from store.tickets import read_theme_texts
from tests.alerts import launch_day
from tests.alerts.launch_day import COINS, MERGED, PIX, WINDOW

NAME = "Zorbina Quux pix pending"
OLDER = "Pix of Zorbina"
WRITER = "T-1001"


@pytest.fixture
def engine(database_url):
    """A launch day whose largest theme was named with the name of the writer of one ticket."""
    engine = open_database(database_url)
    upgrade(engine)
    launch_day.seed(engine)
    with engine.begin() as connection:
        connection.execute(
            update(tickets)
            .where(tickets.c.id == WRITER)
            .values(title="", body="Zorbina Quux here, pix pending still", requester="z")
        )
        connection.execute(
            update(themes).where(themes.c.id == PIX).values(name=NAME, keywords=["quux", "pix", "pending"])
        )
        connection.execute(update(themes).where(themes.c.id == MERGED).values(name="Quux pix", keywords=["quux"]))
        connection.execute(
            insert(lineage).values(
                id=1,
                epoch=1,
                kind="rename",
                theme_id=PIX,
                tickets=9,
                reason="grown",
                figures={"before": OLDER, "after": NAME},
            )
        )
        connection.execute(update(spikes).where(spikes.c.id == 1).values(verdict=f"as {NAME} before", note=OLDER))
        connection.execute(update(causes).values(reason=f"the plan of {NAME}"))
        for kind in ("alert", "theme"):
            payload = {
                "id": PIX,
                "reason": f"5 about {NAME}",
                "theme_name": NAME,
                "name": NAME,
                "keywords": ["quux", "pix"],
            }
            enqueue(connection, key=kind, kind=kind, audience="everyone", payload=payload)
    yield engine
    engine.dispose()


@pytest.fixture
def settings(tmp_path):
    """Folders of this test."""
    return AlertSettings(digest_folder=tmp_path / "digests", outbox_folder=tmp_path / "notifications")


def everything(engine):
    """All rows of all tables but the tickets, as one text."""
    with engine.connect() as connection:
        return "\n".join(
            str(row)
            for table in metadata.sorted_tables
            if table is not tickets
            for row in connection.execute(select(table))
        ).casefold()


def publish(engine, settings):
    """Publish the digest and deliver what waits."""
    ownership = read_ownership(None)
    publish_digests(engine, ownership, WINDOW, settings.digest_folder, settings)
    channels = {"file": FileChannel(settings.outbox_folder)}
    deliver(engine, channels, ownership, clock=lambda: WINDOW.end, settings=settings)


def files(settings):
    """All files of digests and notifications, as one text."""
    folders = (settings.digest_folder, settings.outbox_folder)
    return "\n".join(path.read_text() for folder in folders for path in folder.rglob("*") if path.is_file()).casefold()


def rename(engine, ids=(WRITER,)):
    """Rename what has words of these tickets."""
    with engine.begin() as connection:
        return rename_personal(connection, ids, ThemeTexts(()))


def test_a_word_of_one_person_leaves_names_and_all_that_was_made_of_them(engine, settings):
    """Themes (merged ones too), history, verdicts, causes, notifications, digests and files; done twice, nothing changes."""
    publish(engine, settings)
    assert "zorbina" in files(settings)
    renamed = rename(engine)
    # The quote in the digest is the ticket's own text, which `remove_quotations` takes away.
    kept = [line for line in everything(engine).splitlines() if "zorbina" in line or "quux" in line]
    assert [line for line in kept if "zorbina quux here" not in line] == []
    assert replace_in_files(settings, renamed.replacements) == 7
    assert all("zorbina quux here" in line for line in files(settings).splitlines() if "zorbina" in line)
    assert {one.theme_id for one in renamed.themes} == {PIX, MERGED}
    assert not any(one.pinned for one in renamed.themes)
    assert renamed.changed.keys() == {"spikes", "causes", "lineage", "outbox", "digests"}
    with engine.connect() as connection:
        row = connection.execute(select(themes).where(themes.c.id == PIX)).one()
    assert (row.named_size, row.keywords) != (5, [])
    assert "pix" in row.name.casefold()
    assert rename(engine).themes == ()


def test_texts_of_themes_are_read_once_for_all_erasures_of_a_command(sqlite_url, monkeypatch):
    """Erasures that share what they read rename as if each had read for itself, and read a theme again only if it changed."""
    ids, answers, reads = [WRITER, "T-1002", "T-3001", "T-4001"], [], []
    monkeypatch.setattr(
        theme_texts,
        "read_theme_texts",
        lambda connection, limits: reads.append(dict(limits)) or read_theme_texts(connection, limits),
    )
    engine = open_database(sqlite_url)
    upgrade(engine)
    launch_day.seed(engine)
    for shared in (ThemeTexts(()), None):
        reads.clear()
        with engine.connect() as connection:
            connection.execute(update(themes).where(themes.c.id == PIX).values(name=NAME, keywords=["quux", "pix"]))
            connection.execute(update(tickets).where(tickets.c.id.in_(ids)).values(body="coins vanish", requester="y"))
            connection.execute(update(tickets).where(tickets.c.id == WRITER).values(body="Quux, pix", requester="z"))
            made = []
            for one in ids:
                made.append(rename_personal(connection, [one], shared or ThemeTexts(())).themes)
                connection.execute(update(tickets).where(tickets.c.id == one).values(title="", body=""))
            names = connection.execute(
                select(themes.c.id, themes.c.name, themes.c.keywords).order_by(themes.c.id)
            ).all()
            connection.rollback()
        answers.append((made, names, sum(map(len, reads))))
    assert answers[0][:2] == answers[1][:2]
    assert any(answers[0][0])
    assert answers[0][2] < answers[1][2]
    engine.dispose()


def test_words_that_others_use_stay(engine):
    """A ticket whose words all occur in tickets of two others changes no name."""
    with engine.connect() as connection:
        before = connection.execute(select(themes).order_by(themes.c.id)).all()
        ids = connection.scalars(select(tickets.c.id).where(tickets.c.id.startswith("T-2"))).all()[:1]
    assert rename(engine, ids).themes == ()
    with engine.connect() as connection:
        assert connection.execute(select(themes).order_by(themes.c.id)).all() == before


def test_a_pinned_name_goes_only_where_nobody_else_used_the_word(engine):
    """A name that a person gave stays while another person's ticket has the word; else it goes, and is reported."""
    pinned = "Quux & [coins] *vanish*"
    with engine.begin() as connection:
        connection.execute(update(themes).where(themes.c.id == COINS).values(name=pinned, name_pinned=True))
        connection.execute(
            insert(decisions).values(
                at=WINDOW.start,
                actor="ana",
                kind="rename",
                theme_id=COINS,
                payload={"name": pinned},
                outcome={"before": {"name": pinned}},
            )
        )
        connection.execute(update(tickets).where(tickets.c.id == "T-2001").values(body="quux coins", requester="other"))
    assert COINS not in {one.theme_id for one in rename(engine).themes}
    with engine.begin() as connection:
        connection.execute(update(tickets).where(tickets.c.id == "T-2001").values(body="coins", requester="other"))
    (found,) = rename(engine).themes
    assert (found.theme_id, found.pinned) == (COINS, True)
    assert found.as_json() == {"theme_id": COINS, "name": found.name, "pinned": True}
    assert "quux &" not in everything(engine)
    assert escape_markdown(pinned).casefold() not in everything(engine)


def test_a_running_miner_takes_new_names_over_once(engine):
    """What a miner holds in memory does not write the old name back; the theme is named again by its next epoch."""
    with engine.begin() as connection:
        state = SimpleNamespace(themes=ThemeRecords(map(ThemeRecord.of_row, read_themes(connection).values())))
        rename_personal(connection, [WRITER], ThemeTexts(()))
        adopt_names(SimpleNamespace(connection=connection, state=state))
        stored = {theme: ThemeRecord.of_row(row) for theme, row in read_themes(connection).items()}
        assert {one.theme_id: one for one in state.themes} == stored
        assert PIX in name_due(state.themes)
        state.themes[PIX].name, state.themes[PIX].named_size = "Named by meaning", 9
        change_theme(connection, PIX, name="Named by meaning", named_size=9)
        adopt_names(SimpleNamespace(connection=connection, state=state))
        assert state.themes[PIX].name == "Named by meaning"


@pytest.mark.parametrize(
    ("own", "other", "phrase", "personal"),
    [
        ("田中花子です。退款", "退款一直没有到账", "田中花子", True),
        ("退款一直没有到账", "退款一直没有到账", "退款一直", False),
        ("Зорбина не может войти", "не может войти", "Зорбина войти", True),
        ("Top up pending", "my top-up is pending", "Top up pending", False),
        ("Maria Silva", "Maria Lopes and João Silva", "Maria Silva", False),
    ],
)
def test_words_of_one_person_are_found_in_any_script(own, other, phrase, personal):
    """Words count as other people's in any form in which a name is made of them."""
    others = [Wordings([("a", other), ("b", other)])]
    assert Wordings([("me", own)]).shares(phrase, others) is personal


@given(st.text(max_size=30), st.text(max_size=30))
def test_a_phrase_that_two_others_wrote_is_nobodys_own(text, phrase):
    """Whatever the text, what two others wrote too is no personal phrase."""
    others = [Wordings([("a", phrase), ("b", phrase)])]
    assert not Wordings([("me", text)]).shares(phrase, others)
    assert not Wordings([]).shares(phrase, [])
