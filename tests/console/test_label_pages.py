"""Labels on the console: queues, one case at a time without JavaScript, disputes without names, calibrations, and who sees what."""

import re
from collections.abc import Callable

import pytest
from fastapi import FastAPI
from sqlalchemy import Engine, insert, select, update

from models.access import AccessScope, Role
from models.labelling.queue import QueueKind
from pipelines.labelling.case import show_case
from store import schema
from store.database import reading
from tests.console.labellers import ADA, LENA, MONA, LabellingClient, draw_queue, labelling_app, someone
from tests.console.seed import END

VERA = someone("vera", scope=AccessScope.of({"vendor": ["acme"]}))
VITO = someone("vito", Role.SPECIALIST, AccessScope.of({"vendor": ["acme"]}))
ANSWERS = {"answer.theme": "1", "answer.tone": "good"}


@pytest.fixture
def app(engine: Engine) -> FastAPI:
    """Return the console that the labellers use."""
    return labelling_app(engine, LENA, MONA, ADA, VERA, VITO, someone("vic", Role.VIEWER))


@pytest.fixture
def as_(app: FastAPI) -> Callable[[str], LabellingClient]:
    """Return what makes a client of a person."""
    return lambda name: LabellingClient(app, name)


def begin(client: LabellingClient, queue: int) -> str:
    """Take the next case of a queue; return its address."""
    return client.post(f"/labels/queues/{queue}/next", follow_redirects=False).headers["location"]


def stored_labels(engine: Engine) -> list[tuple[int, str, str, str, float | None]]:
    """Return what is stored: case, labeller, question, value and seconds."""
    table = schema.labels
    with reading(engine) as connection:
        query = select(table.c.case_id, table.c.labeller, table.c.question, table.c.value, table.c.seconds)
        return [tuple(row) for row in connection.execute(query.order_by(*query.selected_columns))]


def test_a_queue_is_drawn_listed_and_begun(as_: Callable[[str], LabellingClient]) -> None:
    """The form draws a queue; its labellers find it without its theme, with what is left, and the first case is one click away."""
    ada, lena = as_("ada"), as_("lena")
    form = {
        "kind": "theme",
        "theme": "1",
        "size": "5",
        "per_case": "2",
        "questions": ["theme", "tone"],
        "title": "Coins",
    }
    assert "Coins" in ada.post("/labels/new", data=form).text
    listed = lena.get("/labels").text
    assert "One theme, queue 1" in listed
    assert "Coins" not in listed
    assert ">Begin</button>" in listed
    assert "Draw a queue" not in listed
    case = lena.get(begin(lena, 1)).text
    assert "Case 1" in case
    assert "How was the tone of the answers?" in case
    assert "What caused the case?" not in case
    assert "Coins" not in case + lena.get("/labels/queues/1").text
    assert "Coins" in ada.get("/labels/cases/1").text


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"kind": "theme", "theme": ""}, "needs the number of its theme"),
        ({"questions": "mood"}, "the question"),
        ({"kind": "calibration"}, "no gold labels"),
    ],
)
def test_what_cannot_be_drawn_stays_in_the_form(
    as_: Callable[[str], LabellingClient], change: dict[str, str], says: str
) -> None:
    """The sentence says what is wrong, and nothing that was typed is lost."""
    answer = as_("ada").post("/labels/new", data={"kind": "audit", "title": "Kept title", **change})
    assert answer.status_code == 422
    assert says in answer.text
    assert 'value="Kept title"' in answer.text


def test_a_case_shows_its_conversation_without_who_answered(
    as_: Callable[[str], LabellingClient], engine: Engine
) -> None:
    """Messages are shown redacted and in order; machine and person look the same, internal notes are marked, and the look is noted."""
    said = (("bot", "Sorry to hear.", True), ("requester", "Still nothing.", True), ("agent", "Ledger checked.", False))
    rows = [
        {"source": "/x", "id": f"c{at}", "type": "comment.added", "subject": "T-1-0", "time": END, "epoch": 1, "mined_epoch": 1,
         "late": False, "data": {"author_role": role, "body": text, "public": public}}
        for at, (role, text, public) in enumerate(said)
    ]  # fmt: skip
    with engine.begin() as connection:
        connection.execute(insert(schema.events), rows)
    client = as_("lena")
    text = client.get(begin(client, draw_queue(engine))).text
    talk = text[text.index('class="turns"') : text.index("</ol>")]
    assert re.findall(r'class="by">([A-Z][a-z]+(?: note)?)', talk) == [
        "Customer",
        "Support",
        "Customer",
        "Internal note",
    ]
    assert "bot" not in talk
    with reading(engine) as connection:
        looks = select(schema.audit.c.subject).where(schema.audit.c.action == "looked at text")
        assert "label case 1" in set(connection.execute(looks).scalars())


def test_the_page_does_not_tell_the_theme_that_it_asks_for(
    as_: Callable[[str], LabellingClient], engine: Engine
) -> None:
    """Themes are offered by name whatever the assigned one is; a procedure stands next to each theme that has one."""
    client = as_("lena")
    text = client.get(begin(client, draw_queue(engine))).text
    names = re.findall(r'name="answer.theme" value="(\w+)"', text)
    assert "1" in names
    assert names[-1] == "none"
    assert 5 < len(names) <= 10
    asked = text[text.index('id="q-theme"') : text.index('id="q-tone"')]
    shown = [re.sub(r"\s+", " ", one) for one in re.findall(r"<kbd>[1-9]</kbd><span>([^<]+)", asked)]
    assert shown == sorted(shown)
    assert 'value="1" checked' not in text
    assert '<details class="sop-of" data-theme="1">' in text
    with engine.begin() as connection:
        connection.execute(
            update(schema.assignments).where(schema.assignments.c.ticket_id == "T-1-0").values(theme_id=4)
        )
    other = client.get("/labels/cases/1").text
    assert re.findall(r'name="answer.theme" value="(\w+)"', other) == names


def test_a_search_finds_another_theme_and_keeps_the_answers(
    as_: Callable[[str], LabellingClient], engine: Engine
) -> None:
    """The form sends itself by GET: themes are found by words or number, and what was ticked stays ticked."""
    client = as_("lena")
    page = begin(client, draw_queue(engine))
    text = client.get(f"{page}?q=tax&answer.tone=good").text
    assert re.findall(r'name="answer.theme" value="(\w+)"', text) == ["10", "none"]
    assert re.search(r'name="answer.tone" value="good" checked', text)
    assert re.findall(r'name="answer.theme" value="(\w+)"', client.get(f"{page}?q=7").text) == ["7", "none"]


def test_a_case_is_labelled_by_the_form_alone(as_: Callable[[str], LabellingClient], engine: Engine) -> None:
    """Saving stores the answers with the visible time, goes on to the next case, and offers the way back."""
    client, queue = as_("lena"), draw_queue(engine)
    page = begin(client, queue)
    answer = client.post(page, data={**ANSWERS, "seconds": "21.5"}, follow_redirects=False)
    assert answer.status_code == 303
    assert answer.headers["location"] == "/labels/cases/2?saved=1"
    assert [row[:4] for row in stored_labels(engine)] == [(1, "lena", "theme", "1"), (1, "lena", "tone", "good")]
    assert sum(row[4] or 0 for row in stored_labels(engine)) == pytest.approx(21.5)
    following = client.get(answer.headers["location"]).text
    assert '<a href="/labels/cases/1" data-key="u">Undo' in following
    assert '<a href="/labels/cases/1" data-key="b">' in following
    assert re.search(r'value="good" checked', client.get("/labels/cases/1").text)
    client.post("/labels/cases/1", data={**ANSWERS, "answer.tone": "poor"})
    assert ("tone", "poor") in {row[2:4] for row in stored_labels(engine)}


def test_a_form_without_an_answer_or_time_is_answered_in_one_sentence(
    as_: Callable[[str], LabellingClient], engine: Engine
) -> None:
    """What is missing is named and what was ticked stays; without JavaScript the time is not known."""
    client = as_("lena")
    page = begin(client, draw_queue(engine))
    refused = client.post(page, data={"answer.tone": "good"})
    assert refused.status_code == 422
    assert "Received no answer to theme" in refused.text
    assert re.search(r'value="good" checked', refused.text)
    assert client.post(page, data={**ANSWERS, "answer.theme": "4242 4242 4242 4242"}).status_code == 422
    assert client.post(page, data={**ANSWERS, "seconds": ""}).status_code == 200
    assert {row[4] for row in stored_labels(engine)} == {None}


def test_a_form_that_is_sent_twice_changes_nothing(as_: Callable[[str], LabellingClient], engine: Engine) -> None:
    """The second time is answered as the first, also where the case is closed by then; another answer is refused."""
    queue = draw_queue(engine, per_case=1)
    client = as_("lena")
    page = begin(client, queue)
    first, again = (client.post(page, data=ANSWERS, follow_redirects=False) for _ in range(2))
    assert (first.status_code, again.status_code) == (303, 303)
    assert first.headers["location"] == again.headers["location"]
    assert len(stored_labels(engine)) == 2
    assert client.post(page, data={**ANSWERS, "answer.tone": "poor"}).status_code == 409
    assert "it is closed" in client.get(page).text


def test_nobody_sees_what_others_said_before_their_own(as_: Callable[[str], LabellingClient], engine: Engine) -> None:
    """Neither pages nor API answers of a person who may still label a case hold another's label of it, of an adjudicator neither."""
    queue = draw_queue(engine, tickets=("T-1-0",), questions=("tone",))
    lena, mona, ada = as_("lena"), as_("mona"), as_("ada")
    lena.post(begin(lena, queue), data={"answer.tone": "poor"})
    seen = [
        f"/labels/queues/{queue}",
        f"/labels/queues/{queue}/disputes",
        f"/labels/queues/{queue}/results",
        "/labels",
        "/labels/cases/1",
    ]
    for client in (mona, ada):
        for path in [*seen, "/labels/cases/1/adjudicate", "/labels/cases/1/feedback", "/labels/results"]:
            text = client.get(path).text
            assert "lena" not in text, path
            assert " checked" not in text.replace('id="use-keys" checked', ""), path
    assert mona.get("/labels/cases/1/adjudicate").status_code == 403
    assert ada.get("/labels/cases/1/adjudicate").status_code == 409


def test_a_dispute_is_shown_without_names_and_decided(as_: Callable[[str], LabellingClient], engine: Engine) -> None:
    """Both labels are A and B, in an order that tells nothing; the decision wins, and can be made a gold label."""
    queue = draw_queue(engine, tickets=("T-1-0", "T-2-0"), labellers=("lena", "mona"))
    for name, tone in (("lena", "good"), ("mona", "poor")):
        client = as_(name)
        page = begin(client, queue)
        following = client.post(page, data={**ANSWERS, "answer.tone": tone}, follow_redirects=False).headers["location"]
        client.post(following.split("?")[0], data={"answer.theme": "2", "answer.tone": "good"})
    ada = as_("ada")
    assert "1 disputed case" in ada.get("/labels").text
    page = ada.get("/labels/cases/1/adjudicate").text
    assert set(re.findall(r'<b class="tag">(\w)</b>', page)) == {"A", "B"}
    assert "All agree on: theme <b>LIVE coins charged twice</b>" in page
    assert not {name for name in ("lena", "mona") if name in page}
    form = {"answer.tone": "poor", "note": "It ignores what was said.", "gold": "true"}
    answer = ada.post("/labels/cases/1/adjudicate", data=form, follow_redirects=False)
    assert answer.headers["location"] == f"/labels/queues/{queue}/disputes?saved=1"
    assert "No case is left to adjudicate" in ada.get(answer.headers["location"]).text
    with reading(engine) as connection:
        gold = {(row.question, row.value) for row in connection.execute(select(schema.label_gold))}
        assert gold == {("tone", "poor"), ("theme", "1")}
        assert connection.execute(select(schema.label_adjudications.c.value)).scalars().all() == ["poor"]


def test_a_calibration_compares_each_case_with_gold(as_: Callable[[str], LabellingClient], engine: Engine) -> None:
    """After their own labels a person reads the gold ones with the reason, and cannot change their own any more."""
    with engine.begin() as connection:
        rows = [
            {"set_name": "cases", "ticket_id": ticket, "question": "tone", "value": "poor", "note": "It blames.", "author": "ada",
             "at": END}
            for ticket in ("T-1-0", "T-2-0")
        ]  # fmt: skip
        connection.execute(insert(schema.label_sets).values(name="cases", version=0, created_at=END))
        connection.execute(insert(schema.label_gold), rows)
    queue = draw_queue(engine, kind=QueueKind.CALIBRATION, tickets=(), questions=("tone",))
    client = as_("lena")
    page = begin(client, queue)
    assert "It blames." not in client.get(page).text
    assert "It blames." not in client.get(f"{page}/feedback").text
    answer = client.post(page, data={"answer.tone": "good"}, follow_redirects=False)
    assert answer.headers["location"] == f"{page}/feedback"
    text = client.get(answer.headers["location"]).text
    assert "✗ other: good" in text
    assert "It blames." in text
    assert client.post(page, data={"answer.tone": "poor"}).status_code == 409
    assert "Go on with the next case" in text


def test_a_skipped_case_is_not_shown_again(as_: Callable[[str], LabellingClient], engine: Engine) -> None:
    """Skipping goes on; the reason is kept, redacted, and the case is left to others."""
    queue = draw_queue(engine, tickets=("T-1-0",))
    client = as_("lena")
    page = begin(client, queue)
    answer = client.post(f"{page}/skip", data={"reason": "I know card 4242 4242 4242 4242"}, follow_redirects=False)
    assert answer.headers["location"] == f"/labels/queues/{queue}?done=true"
    assert "Nothing is left for you" in client.get(answer.headers["location"]).text
    assert begin(as_("mona"), queue) == page
    with reading(engine) as connection:
        detail = connection.execute(
            select(schema.audit.c.detail).where(schema.audit.c.action == "skipped a case")
        ).scalar_one()
    assert detail["why"] == "I know card [CARD]"


def test_a_labeller_of_a_vendor_sees_its_tickets_only(as_: Callable[[str], LabellingClient], engine: Engine) -> None:
    """Queues and cases outside of the scope do not exist for them."""
    queue = draw_queue(engine)
    vera = as_("vera")
    assert "Audit" not in vera.get("/labels").text
    assert vera.get(f"/labels/queues/{queue}").status_code == 404
    assert vera.get("/labels/cases/1").status_code == 404
    assert vera.post("/labels/cases/1", data=ANSWERS).status_code == 404
    with engine.begin() as connection:
        connection.execute(update(schema.tickets).where(schema.tickets.c.id == "T-2-0").values(vendor="acme"))
    assert "Audit" in vera.get("/labels").text
    page = begin(vera, queue)
    assert page == "/labels/cases/2"
    names = re.findall(r'name="answer.theme" value="(\w+)"', vera.get(page).text)
    assert names == ["2", "none"]


def test_who_sees_a_part_of_a_queue_learns_nothing_of_the_rest(
    app: FastAPI, as_: Callable[[str], LabellingClient], engine: Engine
) -> None:
    """Neither how many tickets it was drawn from nor other labellers; who adjudicates there is offered no button to close it."""
    queue = draw_queue(engine, labellers=("lena", "vera"))
    with engine.begin() as connection:
        connection.execute(update(schema.tickets).where(schema.tickets.c.id == "T-2-0").values(vendor="acme"))
    for name in ("vera", "vito"):
        text = as_(name).get(f"/labels/queues/{queue}").text
        assert "you see its tickets of vendor acme" in text
        assert "lena" not in text
        assert ("For vera" in text) == (name == "vera")
        assert not re.search(r"by ada from", text)
        assert "Close it" not in text
    assert as_("vito").post(f"/labels/queues/{queue}/close").status_code == 404
    assert "lena" not in as_("vito").get(f"/labels/queues/{queue}/results").text
    for part in ("", "/results"):
        found = as_("vito").get(f"/api/labels/queues/{queue}{part}").json()
        seen = found.get("queue", found)
        assert (seen["candidates"], seen["labellers"], seen["scope"]) == (None, [], {"vendor": ["acme"]})
    whole = as_("ada").get(f"/labels/queues/{queue}").text
    assert "For lena, vera" in whole
    assert re.search(r"by ada from \d+ tickets", whole)
    assert "Close it" in whole


def test_a_viewer_has_no_labels(as_: Callable[[str], LabellingClient]) -> None:
    """Whoever may not label finds no entry in the navigation, and the pages are closed."""
    vic = as_("vic")
    assert 'href="/labels"' not in vic.get("/themes").text
    assert vic.get("/labels").status_code == 403


def test_the_questions_say_how_they_are_answered(as_: Callable[[str], LabellingClient]) -> None:
    """The page of label sets has each question with its description, values and what they mean."""
    text = as_("lena").get("/labels/sets").text
    assert "Example: a coin pack is charged twice after a timeout." in text
    assert "Which theme is the case about?" in text


def test_a_closed_queue_takes_no_labels(as_: Callable[[str], LabellingClient], engine: Engine) -> None:
    """Closing ends it for all; what was labelled stays."""
    queue = draw_queue(engine)
    lena, ada = as_("lena"), as_("ada")
    page = begin(lena, queue)
    assert 'id="save"' in lena.get(page).text
    assert "closed" in ada.post(f"/labels/queues/{queue}/close").text
    assert lena.post(page, data=ANSWERS).status_code == 409
    assert lena.post(f"/labels/queues/{queue}/next").status_code == 409
    text = lena.get(page).text
    assert "This case is closed and takes no labels." in text
    assert not {one for one in ('id="save"', "Skip it", "Go on with the next case") if one in text}
    with reading(engine) as connection:
        assert show_case(connection, 1, LENA).own == {}


def labelled_queue(as_: Callable[[str], LabellingClient], engine: Engine) -> int:
    """Let two people label an audit of ten cases by theme and resolution; they disagree on the theme of the first case."""
    queue = draw_queue(
        engine,
        kind=QueueKind.AUDIT,
        size=10,
        tickets=(),
        seed=3,
        questions=("theme", "resolution_correct"),
        labellers=("lena", "mona"),
    )
    with reading(engine) as connection:
        themes = {row.id: row.theme_id for row in connection.execute(select(schema.label_cases))}
    for name in ("lena", "mona"):
        client = as_(name)
        for case, theme in themes.items():
            said = "none" if case == 1 and name == "mona" else str(theme)
            form = {"answer.theme": said, "answer.resolution_correct": "yes", "seconds": "20"}
            assert client.post(f"/labels/cases/{case}", data=form, follow_redirects=False).status_code == 303
    return queue


def test_results_of_a_queue(as_: Callable[[str], LabellingClient], engine: Engine) -> None:
    """Agreement, precision and coverage have intervals and few cases are marked; the next best cases are one click away."""
    queue, ada = labelled_queue(as_, engine), as_("ada")
    text = ada.get(f"/labels/queues/{queue}/results").text
    assert "9 cases settled" in text
    assert "1 disputed" in text
    assert "Precision, 95 %" in text
    assert "few cases" in text
    assert "lena with the others" in text
    assert re.search(r'data-label="Median, seconds">20.0', text)
    drawn = ada.post(f"/labels/queues/{queue}/next-best").text
    assert "Next best after Audit" in drawn
    assert as_("lena").get(f"/labels/queues/{queue}/results").status_code == 403


def test_what_labels_say_of_themes_and_labellers(as_: Callable[[str], LabellingClient], engine: Engine) -> None:
    """Over all queues: the rating, the precision of themes, and labellers against what was adjudicated."""
    labelled_queue(as_, engine)
    ada = as_("ada")
    assert "There is no gold or adjudicated value" in ada.get("/labels/results").text
    with reading(engine) as connection:
        theme = connection.execute(
            select(schema.label_cases.c.theme_id).where(schema.label_cases.c.id == 1)
        ).scalar_one()
    ada.post("/labels/cases/1/adjudicate", data={"answer.theme": str(theme)})
    text = ada.get("/labels/results").text
    assert "Rating, 0 to 100" in text
    assert "one week so far" in text
    page = ada.get(f"/themes/{theme}").text
    assert "of 1 labelled ticket" in page or "labelled tickets" in page
    assert f'href="/labels/new?theme={theme}"' in page
    assert 'id="precision"' not in as_("lena").get(f"/themes/{theme}").text


def test_a_case_that_was_shown_to_another_person_is_not_saved(
    as_: Callable[[str], LabellingClient], engine: Engine
) -> None:
    """Whoever signs in later at the same browser neither saves, skips nor decides with the page of somebody else."""
    queue = draw_queue(engine, tickets=("T-1-0",), labellers=("lena", "mona"))
    lena, mona = as_("lena"), as_("mona")
    page = begin(lena, queue)
    text = lena.get(page).text
    assert text.count('<input type="hidden" name="labeller" value="lena">') == 2
    for path, form in ((page, ANSWERS), (f"{page}/skip", {"reason": "no"})):
        refused = mona.post(path, data={**form, "labeller": "lena"}, follow_redirects=False)
        assert refused.status_code == 403
        assert "another person was signed in when this case was shown, and now you are, as mona" in refused.text
        assert 'value="good" checked' not in refused.text
    assert 'value="good" checked' not in mona.get(f"{page}?labeller=lena&answer.tone=good").text
    assert stored_labels(engine) == []
    assert begin(mona, queue) == page
    for client, name, tone in ((lena, "lena", "good"), (mona, "mona", "poor")):
        client.post(page, data={**ANSWERS, "answer.tone": tone, "labeller": name})
    assert len(stored_labels(engine)) == 4
    ada, form = as_("ada"), {"answer.tone": "poor"}
    assert 'name="labeller" value="ada"' in ada.get(f"{page}/adjudicate").text
    assert ada.post(f"{page}/adjudicate", data={**form, "labeller": "lena"}).status_code == 403
    with reading(engine) as connection:
        assert connection.execute(select(schema.label_adjudications.c.value)).all() == []


@pytest.mark.parametrize("number", [2**31, 2**63, 10**22, 10**190])
def test_a_number_that_no_theme_can_have_is_that_of_none(
    as_: Callable[[str], LabellingClient], engine: Engine, number: int
) -> None:
    """In the address of a case it ticks nothing, and as an answer it is refused in a sentence."""
    client = as_("lena")
    page = begin(client, draw_queue(engine))
    shown = client.get(f"{page}?answer.theme={number}")
    assert shown.status_code == 200
    assert str(number) not in re.findall(r'name="answer.theme" value="(\w+)"', shown.text)
    assert client.post(page, data={**ANSWERS, "answer.theme": str(number)}).status_code == 422
    assert stored_labels(engine) == []


def test_a_case_is_called_saved_to_who_saved_it(as_: Callable[[str], LabellingClient], engine: Engine) -> None:
    """A number in the address of a page says nothing: only a case that the person labelled or decided is called saved."""
    queue = draw_queue(engine)
    lena = as_("lena")
    page = begin(lena, queue)
    following = lena.post(page, data=ANSWERS, follow_redirects=False).headers["location"]
    assert "Case saved." in lena.get(following).text
    assert "Case saved." in lena.get(f"/labels/queues/{queue}?saved=1").text
    for address in (f"/labels/queues/{queue}", "/labels/cases/2"):
        for number in (2, 999_999, 10**25):
            answer = lena.get(f"{address}?saved={number}")
            assert (answer.status_code, "Case saved." in answer.text) == (200, False)
        assert "Case saved." not in as_("mona").get(f"{address}?saved=1").text
    for number in (1, 10**25):
        answer = as_("ada").get(f"/labels/queues/{queue}/disputes?saved={number}")
        assert (answer.status_code, "Decision saved." in answer.text) == (200, False)
