"""Labels by the API: what programs read and write is what the pages do, for the same people."""

import json
from collections.abc import Callable

import pytest
from fastapi import FastAPI
from sqlalchemy import Engine

from models.access import AccessScope
from store.audit import list_audit
from store.database import reading
from tests.console.labellers import ADA, LENA, MONA, LabellingClient, labelling_app, someone

VERA = someone("vera", scope=AccessScope.of({"vendor": ["a vendor without a ticket"]}))
QUEUE = {"kind": "theme", "theme": 3, "size": 2, "questions": ["tone"], "labellers": "lena, mona"}
HEADERS = {"sec-fetch-site": "same-origin", "origin": "http://localhost:8765"}


@pytest.fixture
def app(engine: Engine) -> FastAPI:
    """Return the console that the labellers use."""
    return labelling_app(engine, LENA, MONA, ADA, VERA)


@pytest.fixture
def send(app: FastAPI) -> Callable[..., tuple[int, object]]:
    """Return what sends JSON as a person, and returns status and answer."""

    def sent(name: str, method: str, path: str, body: object = None) -> tuple[int, object]:
        given = {} if body is None else {"json": body}
        done = LabellingClient(app, name).send(method, f"/api/labels{path}", headers=HEADERS, **given)
        return done.status_code, done.json()

    return sent


def test_two_labellers_and_an_adjudicator_work_by_the_api(
    send: Callable[..., tuple[int, object]], engine: Engine
) -> None:
    """They draw, take, label, disagree and settle; others' labels appear when the case is closed, without names."""
    status, queue = send("ada", "POST", "/queues", QUEUE)
    assert (status, queue["labellers"]) == (201, ["lena", "mona"])
    for name, tone in (("lena", "good"), ("mona", "poor")):
        for _ in range(2):
            _, taken = send(name, "POST", "/queues/1/next", {})
            case = taken["case"]
            assert (case["own"], case["asked"][0]["name"], case["conversation"]["body"] != "") == ({}, "tone", True)
            assert "theme_id" not in case
            assert (case["queue"]["theme_id"], case["queue"]["title"]) == (None, "One theme, queue 1")
            said = {"answers": {"tone": tone}, "seconds": 9.5}
            assert send(name, "PUT", f"/cases/{case['id']}/labels", said)[1]["closed"] == (name == "mona")
            if name == "lena":
                assert send("mona", "GET", f"/cases/{case['id']}/opinions")[1]["labels"] == []
        assert send(name, "POST", "/queues/1/next", {}) == (200, {"case": None})
    for path in ("/queues/1", "/queues", "/cases/1"):
        assert '"theme_id": 3' not in json.dumps(send("lena", "GET", path)[1])
        assert "Theme 3" not in json.dumps(send("lena", "GET", path)[1])
    assert send("ada", "GET", "/queues/1")[1]["theme_id"] == 3
    _, disputes = send("ada", "GET", "/queues/1/disputes")
    assert [one["questions"] for one in disputes] == [["tone"], ["tone"]]
    _, seen = send("ada", "GET", "/cases/1/opinions")
    assert {one["labeller"] for one in seen["labels"]} == {"A", "B"}
    status, seen = send("ada", "POST", "/cases/1/adjudication", {"answers": {"tone": "good"}, "gold": True})
    assert (status, [one["value"] for one in seen["adjudicated"]]) == (200, ["good"])
    _, results = send("ada", "GET", "/queues/1/results")
    assert (results["labelled"], results["questions"][0]["disputed"], results["questions"][0]["settled"]) == (2, 1, 1)
    assert [one["cases"] for one in send("ada", "GET", "/labellers")[1]["effort"]] == [4, 2, 2]
    with reading(engine) as connection:
        actions = {one["action"] for one in list_audit(connection)}
    assert {"drew a label queue", "labelled a case", "adjudicated a case", "looked at text"} <= actions


def test_what_is_refused_is_one_sentence_with_its_status(send: Callable[..., tuple[int, object]]) -> None:
    """Missing permission, unknown numbers, closed queues and invalid answers each have their status, and change nothing."""
    assert send("lena", "POST", "/queues", QUEUE)[0] == 403
    assert send("ada", "POST", "/queues", {**QUEUE, "set": "moods"})[0] == 404
    assert send("ada", "POST", "/queues", {**QUEUE, "questions": ["mood"]})[0] == 422
    send("ada", "POST", "/queues", QUEUE)
    assert send("vera", "GET", "/queues") == (200, [])
    assert send("vera", "POST", "/queues/1/next", {})[0] == 404
    assert send("lena", "GET", "/cases/77")[0] == 404
    assert send("lena", "PUT", "/cases/1/labels", {"answers": {"tone": "loud"}})[0] == 422
    assert send("ada", "POST", "/cases/1/adjudication", {"answers": {"tone": "good"}})[0] == 409
    assert send("ada", "PUT", "/cases/1/labels", {"answers": {"tone": "good"}})[0] == 409
    assert send("lena", "POST", "/cases/1/skip", {"reason": "no"})[0] == 200
    assert send("ada", "POST", "/queues/1/close", {})[1]["closed_at"] is not None
    assert send("lena", "POST", "/queues/1/next", {})[0] == 409
    assert send("lena", "GET", "/queues/1/scores") == (200, [])


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"content": "{seconds: 9}"}, "Received a body that is no JSON (Expecting property name"),
        ({}, "Received no body; send one."),
        ({"json": {}}, "Received no answers; add it to the body."),
        ({"json": {"answers": {"tone": 7}}}, "Received '7' as answers.tone: valid is a text; correct it in the body."),
    ],
)
def test_a_wrong_body_is_described_as_a_body(app: FastAPI, sent: dict[str, object], said: str) -> None:
    """What is wrong is named with its place in the body, and nobody is sent to the address."""
    headers = {**HEADERS, "content-type": "application/json"}
    done = LabellingClient(app, "lena").send("PUT", "/api/labels/cases/1/labels", headers=headers, **sent)
    assert done.status_code == 422
    assert said in done.json()["error"]
    assert "address" not in done.json()["error"]
    of_address = LabellingClient(app, "lena").send("GET", "/api/labels/cases/none", headers=HEADERS)
    assert of_address.json()["error"].endswith("as case_id: valid is a whole number; correct it in the address.")
