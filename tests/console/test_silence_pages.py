"""The pages of silences: their list, the form with its preview, the end, and what each has hidden."""

from html import unescape

import pytest
from sqlalchemy import Engine, update

from store import schema
from store.database import reading
from store.silences import read_silences
from tests.console.conftest import Client
from tests.console.seed import HOSTILE, LAUNCH_START

FORM = {"themes": "1", "reason": f"known since Monday {HOSTILE}", "kind": "silence", "lasts": "8h"}


@pytest.fixture(autouse=True)
def recent(engine: Engine) -> None:
    """The alerts of the seed are of the last days."""
    with engine.begin() as connection:
        connection.execute(update(schema.alerts).values(opened_at=LAUNCH_START))


def text(answer) -> str:
    """Return the text of a page."""
    return " ".join(unescape(answer.text).split())


def test_a_silence_is_shown_before_it_is_added(client: Client, engine: Engine) -> None:
    """The preview says what it would have hidden and adds nothing; then the form adds it."""
    look = client.post("/silences/new", data=FORM)
    assert look.status_code == 200
    assert HOSTILE not in look.text
    assert "It would have hidden 1 of the 3 alerts of the last 7 days." in text(look)
    assert "Add this silence" in text(look)
    with reading(engine) as connection:
        assert read_silences(connection) == []
    answer = client.post("/silences", data=FORM)
    assert (answer.history[0].status_code, answer.url.path) == (303, "/silences/1")
    assert "It is in force. It has hidden 0 signals." in text(answer)
    assert HOSTILE not in answer.text
    with reading(engine) as connection:
        (made,) = read_silences(connection)
    assert (made.owner, made.matchers.themes) == ("console", (1,))


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"themes": "*coins*"}, "hidden 1 of the 3 alerts"), ({"themes": "", "segment": "region=BR"}, "hidden 1 of the 3 alerts"),
        ({"themes": "13"}, "hidden 1 of the 3 alerts"), ({"themes": "2"}, "hidden 0 of the 3 alerts"),
    ],
)  # fmt: skip
def test_the_preview_matches_as_the_miner_does(client: Client, given, sentence: str) -> None:
    """By names, segments, and the theme that a merged one went into."""
    assert sentence in text(client.post("/silences/new", data={**FORM, **given}))


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"themes": ""}, "nothing that says what is silenced"), ({"themes": "*"}, "would silence everything"),
        ({"themes": "99"}, "theme 99"),
        ({"lasts": "soon"}, "valid is a form such as 30m, 8h or 2d"), ({"lasts": "900d"}, "make it a mute rule"),
        ({"reason": ""}, "empty reason"), ({"segment": "mood=bad"}, "no counts are kept"), ({"segment": "x"}, "received the segment"),
        ({"start": "yesterday"}, "valid is a form such as 2026-11-20T14:05"), ({"start": "0001-01-01T00:00+14:00"}, "valid is a form"),
        ({"audience": "nobody"}, "received the audience"), ({"like": "refund"}, "no embedding model here"),
        ({"themes": "4111 1111 1111 1111"}, "theme"),
    ],
)  # fmt: skip
def test_what_is_refused_is_said_in_the_form(client: Client, engine: Engine, given, sentence: str) -> None:
    """In one sentence, with what was typed; nothing is added, and no card number is shown."""
    for path in ("/silences/new", "/silences"):
        answer = client.post(path, data={**FORM, **given})
        assert answer.status_code == 422
        assert sentence.casefold() in text(answer).casefold()
        assert "4111 1111" not in answer.text
        assert 'name="themes"' in answer.text
    with reading(engine) as connection:
        assert read_silences(connection) == []


def test_a_silence_is_ended_and_listed_by_its_state(client: Client) -> None:
    """In force, planned and over; a second end is refused."""
    client.post("/silences", data=FORM)
    client.post("/silences", data={**FORM, "kind": "mute", "themes": "2"})
    client.post("/silences", data={**FORM, "start": "2027-01-01T00:00"})
    assert "2 silences" in text(client.get("/silences"))
    assert "1 silence" in text(client.get("/silences?state=planned"))
    answer = client.post("/silences/1/end")
    assert (answer.history[0].status_code, "It is over." in text(answer)) == (303, True)
    assert "Ended early by" in text(answer)
    assert client.post("/silences/1/end").status_code == 409
    assert "1 silence" in text(client.get("/silences?state=over"))
    assert "3 silences" in text(client.get("/silences?state=all"))
    assert client.get("/silences/99").status_code == 404


def test_one_that_says_the_same_is_pointed_out(client: Client) -> None:
    """A silence in force with the same matchers is named before another one is added."""
    client.post("/silences", data=FORM)
    assert "in force says the same" in text(client.post("/silences/new", data=FORM))
    assert "says the same" not in text(client.post("/silences/new", data={**FORM, "themes": "2"}))


def test_the_api_previews_too(client: Client) -> None:
    """With the alerts themselves."""
    found = client.post("/api/silences/preview", json={"themes": [1], "reason": "known", "for": "8h"}).json()
    assert [one["id"] for one in found["hidden"]] == [1]
    assert found["sentence"] == "It would have hidden 1 of the 3 alerts of the last 7 days."
    assert client.get("/api/silences").json() == []
