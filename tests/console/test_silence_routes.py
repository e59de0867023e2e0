"""Silences and the path of decisions on the console: its API and its pages, with hostile texts inert."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import Engine, select

from alerts.ownership import Audience, Ownership
from console.app import create_app
from console.notification import NotificationParts
from console.settings import ConsoleSettings
from models.alert import AlertKind, Gate
from models.decision_path import StageName, StageResult
from pipelines.settings import MiningSettings
from store.database import open_database
from store.decided_signals import DecidedSignal, note_decision
from store.outbox import enqueue
from store.schema import alerts
from tests.console.conftest import Client, console_parts, wall_clock
from tests.console.seed import END, HOSTILE

STAGES = tuple(
    StageResult(
        stage=stage, passed=stage is not StageName.SILENCE, value=7, threshold=5.5, unit="tickets", reason=HOSTILE
    )
    for stage in list(StageName)[: list(StageName).index(StageName.ROUTING)]
)


@pytest.fixture(scope="module")
def engine(seeded_file, tmp_path_factory) -> Iterator[Engine]:
    """Return the seeded day with decisions: of its first alert, and of a new theme that a silence hides."""
    copy = tmp_path_factory.mktemp("silences") / "groundswell.db"
    copy.write_bytes(seeded_file.read_bytes())
    opened = open_database(f"sqlite:///{copy}")
    with opened.begin() as connection:
        alert = connection.execute(select(alerts).order_by(alerts.c.id)).first()
        assert alert is not None
        common = {"epoch": 1, "at": END - timedelta(hours=1), "reason": HOSTILE, "stages": STAGES}
        kind = AlertKind(alert.kind)
        sent = DecidedSignal(kind=kind, theme_id=alert.theme_id, spike_id=alert.spike_id, alert_id=alert.id, **common)
        hidden = DecidedSignal(kind=AlertKind.NEW_THEME, theme_id=1, gate=Gate.SILENCED, silence_id=1, **common)
        for one in (sent, hidden):
            note_decision(connection, one)
        enqueue(
            connection,
            key=f"alert:{alert.id}",
            kind="alert",
            audience="ops",
            payload={"alert_ids": [alert.id], "why": "owner"},
        )
    yield opened
    opened.dispose()


@pytest.fixture(scope="module")
def client(engine: Engine) -> Client:
    """Return a client of the console with two audiences."""
    notification = NotificationParts(ownership=Ownership((Audience("ops"), Audience("everyone"))))
    return Client(
        create_app(
            engine,
            clock=wall_clock,
            settings=ConsoleSettings(port=0),
            mining=MiningSettings(),
            parts=console_parts(notification=notification),
        )
    )


def first_alert(client: Client) -> int:
    """The alert whose decision is stored."""
    return int(client.get("/api/alerts").json()[0]["id"])


def test_silences_are_added_listed_and_ended(client: Client) -> None:
    """The answers have the keys of the command line; one that has ended cannot be ended again."""
    body = {"themes": [1, "*coins*"], "segment": "region=US", "for": "4h", "reason": "deploy", "audience": "ops"}
    made = client.post("/api/silences", json=body)
    assert made.status_code == 201
    number = made.json()["id"]
    assert made.json()["matchers"] == {
        "themes": [1, "*coins*"], "segment": {"region": "US"}, "like": None, "audience": "ops"
    }  # fmt: skip
    (listed,) = client.get("/api/silences").json()
    assert (listed["id"], listed["state"], listed["owner"]) == (number, "active", "console")
    shown = client.get(f"/api/silences/{number}").json()
    assert [one["gate"] for one in shown["signals"]] == ["silenced"]
    assert client.delete(f"/api/silences/{number}").json()["expired_by"] == "console"
    assert client.get("/api/silences").json() == []
    assert [one["state"] for one in client.get("/api/silences?ended=true").json()] == ["ended"]
    assert client.delete(f"/api/silences/{number}").status_code == 409


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ({"for": "4h", "reason": "x"}, "would silence everything"),
        ({"themes": ["*"], "for": "4h", "reason": "x"}, "would silence everything"),
        ({"themes": [1], "for": "soon", "reason": "x"}, "for"),
        ({"themes": [1], "reason": "x"}, "no end, or two"),
        ({"themes": [1], "for": "4h"}, "reason"),
        ({"themes": [1], "for": "4h", "reason": "x", "like": "late"}, "no embedding model"),
        ({"themes": [1], "for": "4h", "reason": "x", "colour": 1}, "colour"),
        ({"themes": [1], "for": "4h", "reason": "a\u0000b"}, "control characters"),
        ({"themes": [1], "until": "2020-01-01T00:00:00Z", "reason": "x"}, "is not after now"),
        ({"themes": [1], "for": "4111 1111 1111 1111", "reason": "x"}, "for"),
    ],
)
def test_what_the_api_refuses(client: Client, body, sentence) -> None:
    """422 and one sentence, without a card number."""
    answer = client.post("/api/silences", json=body)
    assert answer.status_code == 422
    assert sentence in answer.json()["error"]
    assert "4111" not in answer.text


def test_what_does_not_exist_is_not_found(client: Client) -> None:
    """Unknown silences, themes and alerts are 404; a foreign site may change nothing."""
    assert client.get("/api/silences/999").status_code == 404
    assert client.delete("/api/silences/999").status_code == 404
    assert client.post("/api/silences", json={"themes": [999], "for": "4h", "reason": "x"}).status_code == 404
    assert client.get("/api/alerts/999/why").status_code == 404
    assert client.get("/alerts/999/why").status_code == 404
    foreign = client.post("/api/silences", json={}, headers={"Sec-Fetch-Site": "cross-site"})
    assert foreign.status_code == 403


def test_the_path_of_an_alert_has_every_stage(client: Client) -> None:
    """Those that were decided, and routing, quiet hours and delivery of its message, in order."""
    path = client.get(f"/api/alerts/{first_alert(client)}/why").json()
    assert [one["stage"] for one in path["stages"]] == [stage.value for stage in StageName]
    routing, quiet, delivery = path["stages"][-3:]
    assert (routing["passed"], routing["value"], routing["threshold"]) == (True, "ops", "owner")
    assert (quiet["passed"], quiet["reason"]) == (True, "ops has no quiet hours")
    assert (delivery["passed"], delivery["value"], delivery["reason"]) == (None, 0, "it waits for its first attempt")


def test_a_theme_shows_what_was_not_alerted(client: Client) -> None:
    """A signal that a silence hides is among the theme's signals, with its gate; later stages were not reached."""
    at = (END - timedelta(minutes=30)).strftime("%Y-%m-%dT%H:%M:%SZ")
    found = client.get(f"/api/themes/1/why?at={at}").json()
    hidden = next(one for one in found["signals"] if one["alert_id"] is None)
    assert (hidden["gate"], hidden["silence_id"]) == ("silenced", 1)
    assert {one["passed"] for one in hidden["stages"][-3:]} == {None}
    assert client.get("/api/themes/1/why").json()["sentences"]


def test_pages_of_decisions_are_inert(client: Client) -> None:
    """The pages show stages with value and threshold, and hostile reasons as characters."""
    for path in (f"/alerts/{first_alert(client)}/why", "/themes/1/why"):
        page = client.get(path)
        assert page.status_code == 200
        assert "The stages of the decision" in page.text
        assert '<td class="num">5.5</td>' in page.text
        assert HOSTILE not in page.text
        assert "<script>alert" not in page.text
