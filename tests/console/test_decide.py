"""Deciding on the console: what a decision would touch is shown before it is made."""

import re

import pytest
from sqlalchemy import Engine, select, update

from store import schema
from tests.console.conftest import Client, wall_clock


def seal_of(text: str) -> str:
    """The mark in a preview's form."""
    found = re.search(r'name="seen" value="([0-9a-f]{64})"', text)
    assert found, text[-2000:]
    return found.group(1)


def decided(engine: Engine) -> list:
    """Decisions of this test, oldest first."""
    query = select(schema.decisions).where(schema.decisions.c.actor == "console").order_by(schema.decisions.c.id)
    with engine.connect() as connection:
        return connection.execute(query).all()


def test_a_rename_is_looked_at_then_decided(client: Client, engine: Engine) -> None:
    """The preview decides nothing; its form does, once, with the reason in the audit log."""
    ask = {"kind": "rename", "name": "Coins <missing>"}
    preview = client.get("/themes/1/decide", params=ask)
    assert preview.status_code == 200
    assert "Coins &lt;missing&gt;" in preview.text
    assert decided(engine) == []
    form = {**ask, "seen": seal_of(preview.text), "why": "clearer"}
    answer = client.post("/themes/1/decide", data=form, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/decisions/{decided(engine)[0].id}")
    client.post("/themes/1/decide", data=form)
    (row,) = decided(engine)
    assert (row.kind, row.theme_id, row.payload, row.why) == ("rename", 1, {"name": "Coins <missing>"}, "clearer")
    assert row.at == wall_clock()
    assert "<h1>Coins &lt;missing&gt; " in client.get("/themes/1").text


def test_a_merge_shows_both_themes(client: Client, engine: Engine) -> None:
    """The preview names both themes with their sizes; the theme that ends is the one whose page it was asked on."""
    preview = client.get("/themes/1/decide", params={"kind": "merge", "into": "#2"})
    assert 'href="/themes/1"' in preview.text
    assert 'href="/themes/2"' in preview.text
    form = {"kind": "merge", "into": "#2", "seen": seal_of(preview.text)}
    client.post("/themes/1/decide", data=form)
    (row,) = decided(engine)
    assert (row.kind, row.theme_id, row.payload) == ("merge", 2, {"from": [1]})


def test_an_undo_is_looked_at_then_decided(client: Client, engine: Engine) -> None:
    """The theme's page lists its decisions, each with a way to undo it."""
    ask = {"kind": "rename", "name": "Coins"}
    client.post("/themes/1/decide", data={**ask, "seen": seal_of(client.get("/themes/1/decide", params=ask).text)})
    (made,) = decided(engine)
    assert f'action="/decisions/{made.id}/undo"' in client.get("/themes/1").text
    ask = {"kind": "undo", "decision": str(made.id)}
    preview = client.get("/themes/1/decide", params=ask)
    assert f"Undo decision {made.id}" in preview.text
    client.post("/themes/1/decide", data={**ask, "seen": seal_of(preview.text)})
    first, second = decided(engine)
    assert first.undone_by == second.id


def test_what_has_changed_meanwhile_is_shown_again(client: Client, engine: Engine) -> None:
    """A form whose preview is no longer true decides nothing and shows what is true now."""
    ask = {"kind": "merge", "into": "2"}
    seen = seal_of(client.get("/themes/1/decide", params=ask).text)
    with engine.begin() as connection:
        connection.execute(update(schema.themes).where(schema.themes.c.id == 2).values(size=77_777))
    answer = client.post("/themes/1/decide", data={**ask, "seen": seen})
    assert answer.status_code == 422
    assert "has changed since you looked" in answer.text
    assert decided(engine) == []
    assert seal_of(answer.text) != seen


@pytest.mark.parametrize(
    ("ask", "says"),
    [
        ({"kind": "rename", "name": "  "}, "Received a name of 0 characters"),
        ({"kind": "merge", "into": "1"}, "there is nothing to merge"),
        ({"kind": "merge", "into": "999"}, "Received theme 999, which does not exist"),
        ({"kind": "merge", "into": "two"}, "valid is its number"),
        ({"kind": "undo", "decision": "999"}, "Received decision 999"),
        ({"kind": "split"}, "fall in no two parts"),
        ({"kind": "explode"}, "valid are rename, known_issue"),
        ({}, "valid are rename, known_issue"),
    ],
)
def test_what_cannot_be_decided_says_why(client: Client, engine: Engine, ask: dict[str, str], says: str) -> None:
    """One sentence, and no form to send, by either way."""
    for answer in (client.get("/themes/1/decide", params=ask), client.post("/themes/1/decide", data=ask)):
        assert answer.status_code == 422
        assert says in answer.text
        assert 'name="seen"' not in answer.text
    assert decided(engine) == []


def test_an_unknown_theme(client: Client) -> None:
    """The address of a theme that does not exist is not found."""
    assert client.get("/themes/999/decide", params={"kind": "split"}).status_code == 404


def test_another_site_cannot_decide(client: Client, engine: Engine) -> None:
    """A form that another site sends is refused, whatever it holds."""
    ask = {"kind": "rename", "name": "forged"}
    seen = seal_of(client.get("/themes/1/decide", params=ask).text)
    answer = client.post("/themes/1/decide", data={**ask, "seen": seen}, headers={"sec-fetch-site": "cross-site"})
    assert answer.status_code == 403
    assert decided(engine) == []
