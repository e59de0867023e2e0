"""What the pages show and refuse."""

import re
from dataclasses import replace
from datetime import timedelta
from html import unescape

import pytest
from sqlalchemy import Engine, insert, select, update

from console.app import create_app
from console.format import times
from console.guard import SECURITY_HEADERS
from console.pages.theme import SPANS
from console.settings import ConsoleSettings
from models.spikes.settings import SpikeSettings
from pipelines.launches.review import review_launch
from pipelines.settings import MiningSettings
from store import schema
from store.audit import list_audit
from store.database import open_database, upgrade
from store.epochs import read_miner, write_miner
from tests.console.conftest import Client, console_parts, wall_clock
from tests.console.seed import CHANGE_ID, HOSTILE, LAUNCH_ID, THEMES

LAUNCH_PATH = "/launches/live-coins%2Fwinter"


def _text(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, answer.text
    return " ".join(unescape(answer.text).split())


def _body(page: str) -> str:
    return page.split("<main", 1)[1]


def test_the_board_shows_every_current_theme_by_severity(client: Client) -> None:
    """Escalating themes come first, the more severe spike before the lesser; merged themes are not there."""
    page = _body(_text(client, "/themes"))
    places = [page.index(f'id="theme-{theme_id}"') for theme_id in (1, 3, 8, 5, 6)]
    assert places == sorted(places)
    assert all(f'id="theme-{theme.theme_id}"' in page for theme in THEMES)
    assert 'id="theme-13"' not in page
    assert "Launch under way" in page
    assert "Fri 20 Nov 15:40" in _text(client, "/themes")


def test_the_board_shows_known_issues_and_pending_decisions(client: Client) -> None:
    """A known issue and a decision that no epoch has applied yet are shown with their themes."""
    page = _body(_text(client, "/themes"))
    assert "Refunds to closed cards are returned by the bank" in page
    assert "Becomes the known issue “Pix webhook of the acquirer is late” (PAY-2290)." in page


@pytest.mark.parametrize(
    ("query", "shown", "hidden"),
    [
        ("q=PIX", 3, 1),
        ("q=%231", 1, 2),
        ("q=38.1.0", 5, 1),
        ("status=known", 6, 1),
        ("owner=ads-billing", 9, 1),
        ("status=ongoing&owner=checkout&q=cart", 11, 7),
    ],
)
def test_the_board_is_filtered_by_its_address(client: Client, query: str, shown: int, hidden: int) -> None:
    """Text, status and owner in the URL choose the themes; the form keeps what was asked."""
    page = _body(_text(client, f"/themes?{query}"))
    assert f'id="theme-{shown}"' in page
    assert f'id="theme-{hidden}"' not in page
    assert "Show all" in page


def test_an_unknown_status_is_refused_with_those_that_are_valid(client: Client) -> None:
    """The answer says what was received and what is valid."""
    answer = client.get("/themes?status=burning")
    assert answer.status_code == 422
    assert "&#39;burning&#39;; valid are escalating" in answer.text


def test_a_theme_shows_its_timeline_spikes_causes_evidence_and_history(client: Client) -> None:
    """All that is known of a theme is on its page, the spikes of themes merged into it included."""
    page = _body(_text(client, "/themes/1"))
    for said in (
        "LIVE coins charged twice",
        "above a launch’s plan",
        "iOS holds 66 % of the excess",
        "App 38.1.0 to all users",
        "named as a cause",
        "LIVE coins winter launch",
        "Spike 5",
        "My card ends in [CARD].",
        "launch excess",
        "Their tickets are as near to each other as to their own.",
        "charged twice",
    ):
        assert said in page
    assert 'class="bar above"' in page
    assert "javascript:" not in page


@pytest.mark.parametrize("days", SPANS)
def test_a_timeline_holds_an_hour_for_each_hour_of_its_days(client: Client, days: int) -> None:
    """The chart has as many hours as were asked for."""
    page = _body(_text(client, f"/themes/3?days={days}"))
    assert f'viewBox="0 0 {24 * days} 100"' in page
    assert page.count('class="hit"') == 24 * days


def test_a_merged_theme_leads_to_the_one_that_holds_its_tickets(client: Client) -> None:
    """The page of a merged theme says where it went, and offers no form."""
    page = _body(_text(client, "/themes/13"))
    assert 'Merged into <a href="/themes/1">' in page
    assert "<form" not in page


def test_erased_tickets_are_not_quoted(client: Client, engine: Engine) -> None:
    """Text of an erased ticket is not shown, even where the row still names it as evidence."""
    with engine.connect() as connection:
        erased = set(
            connection.execute(select(schema.tickets.c.id).where(schema.tickets.c.erased_at.is_not(None))).scalars()
        )
    page = _body(_text(client, "/themes/1"))
    assert "T-1-0 ·" in page
    assert not any(f"{ticket} ·" in page for ticket in erased)


def test_the_launch_monitor_holds_each_theme_against_its_envelope(client: Client) -> None:
    """The theme far above its plan says so and comes first; the ones inside say that they are."""
    page = _body(_text(client, LAUNCH_PATH))
    table = page.split('<table class="plan">', 1)[1].split("</table>", 1)[0]
    rows = table.split("<tr>")[2:]
    assert ["above plan" in row for row in rows] == [True, False, False]
    assert ['href="/themes/1"' in row for row in rows] == [True, False, False]
    assert "7 h 40 min of 12 h" in page
    assert "outside the plan" in page
    assert "above this launch’s plan" in page
    assert 'href="/themes/5"' in page.split("New since it began", 1)[1]
    assert "3.0× the usual volume" in page.replace("<b>", "").replace("</b>", "")


def test_launches_are_listed_in_their_latest_revision(client: Client) -> None:
    """Of two revisions the later is shown, with the progress of the launch in event time."""
    page = _body(_text(client, "/launches"))
    assert page.count('href="/launches/live-coins%2Fwinter"') == 1
    assert "LIVE coins winter launch" in page
    assert "under way" in page
    assert "planned" in page
    assert "The envelope shows here from the launch’s first hour on" in _text(client, "/launches/cyber-week")


def test_pages_of_an_empty_database_say_what_to_do(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Before anything is mined every page is there, and the board names the command that brings tickets in."""
    opened = open_database(f"sqlite:///{tmp_path_factory.mktemp('empty') / 'groundswell.db'}")
    upgrade(opened)
    client = Client(
        create_app(opened, clock=wall_clock, settings=ConsoleSettings(), mining=MiningSettings(), parts=console_parts())
    )
    assert "groundswell ingest FILE" in _text(client, "/themes")
    assert '<a href="/launches/new">plan one</a>' in _text(client, "/launches")
    for name in ("themes", "spikes", "alerts", "launches", "changes"):
        assert client.get(f"/api/{name}").json() == []
    opened.dispose()


@pytest.mark.parametrize("path", ["/", "/themes", "/themes/12", "/themes/1", "/launches", LAUNCH_PATH])
def test_hostile_text_is_inert(client: Client, path: str) -> None:
    """Markup in a name, keyword, owner or quote is text: no page holds an element that it asks for."""
    raw = client.get(path).text
    assert "<script>" not in raw
    assert "<img" not in raw
    assert raw.count('<script src="/static/') == raw.count("<script") == 2
    if path == "/themes/12":
        assert HOSTILE in unescape(raw)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/themes/999", 404),
        ("/themes/0", 404),
        ("/launches/none", 404),
        ("/nothing", 404),
        ("/themes/x", 422),
        ("/themes?page=0", 422),
    ],
)
def test_what_is_not_there_is_said_in_a_sentence(client: Client, path: str, status: int) -> None:
    """An error is a page with one sentence and the way back, under the same guard."""
    answer = client.get(path)
    assert answer.status_code == status
    assert "Received" in answer.text
    assert "Traceback" not in answer.text
    assert 'href="/"' in answer.text
    assert answer.headers["content-security-policy"] == SECURITY_HEADERS["Content-Security-Policy"]


def test_an_unreachable_database_is_said_in_a_sentence(client: Client, engine: Engine) -> None:
    """When the tables are gone the page says that the database does not answer."""
    with engine.begin() as connection:
        schema.counts.drop(connection)
    answer = client.get("/")
    assert answer.status_code == 503
    assert "The database does not answer" in answer.text
    assert client.get("/api/themes/1").json()["error"].startswith("The database does not answer")


def test_flagging_a_theme_appends_a_decision_that_takes_effect(client: Client, engine: Engine) -> None:
    """The form's decision is stored with an audit row at the wall-clock time, and is applied at once."""
    form = {"title": " Coins are booked twice ", "jira": "PAY-2301", "workaround": ""}
    answer = client.post("/themes/1/known-issue", data=form, follow_redirects=False)
    with engine.connect() as connection:
        decision = connection.execute(select(schema.decisions).order_by(schema.decisions.c.id.desc())).first()
        audited = connection.execute(select(schema.audit)).one()
    assert (answer.status_code, answer.headers["location"]) == (303, f"/decisions/{decision.id}")
    assert (decision.kind, decision.theme_id, decision.actor) == ("known_issue", 1, "console")
    assert decision.payload == {"title": "Coins are booked twice", "jira": "PAY-2301", "workaround": None}
    assert decision.at == wall_clock()
    assert decision.applied_epoch is not None
    assert (audited.action, audited.subject, audited.at) == ("known_issue", "theme 1", wall_clock())
    assert "Coins are booked twice" in _text(client, "/themes/1")


def test_clearing_a_known_issue_appends_a_decision(client: Client) -> None:
    """The decision leads to its own page, which says what it was."""
    answer = client.post("/themes/6/known-issue/clear")
    assert answer.status_code == 200
    assert "Is a known issue no longer." in answer.text


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"title": "   ", "jira": "PAY-1"}, "Received no title"),
        ({}, "Received no title"),
        ({"title": "x" * 201}, "Received a title of 201 characters; valid are up to 200"),
        ({"title": "a\x00b"}, "control characters"),
        ({"title": "a", "workaround": "y" * 2001}, "valid are up to 2000"),
    ],
)
def test_a_form_that_is_not_valid_is_shown_again_with_the_reason(
    client: Client, engine: Engine, form: dict[str, str], said: str
) -> None:
    """Nothing is decided; the form keeps what was typed and one sentence says what to mend."""
    answer = client.post("/themes/1/known-issue", data=form)
    assert answer.status_code == 422
    assert said in answer.text
    assert all(value in unescape(answer.text) for value in form.values())
    with engine.connect() as connection:
        assert len(connection.execute(select(schema.decisions)).all()) == 1


def test_a_form_beyond_all_size_is_refused(client: Client) -> None:
    """More bytes than any form of ours holds are not read on."""
    answer = client.post("/themes/1/known-issue", data={"title": "x" * 300_000})
    assert answer.status_code == 413
    assert "Received a form of more than 262,144 bytes" in answer.text


def test_flagging_an_unknown_theme_is_refused(client: Client) -> None:
    """A theme that does not exist cannot be flagged or cleared."""
    assert client.post("/themes/999/known-issue", data={"title": "a"}).status_code == 404
    assert client.post("/themes/999/known-issue/clear").status_code == 404


def test_a_long_board_comes_in_pages_that_keep_the_filter(client: Client, engine: Engine) -> None:
    """Beyond a hundred themes the board is cut into pages; the links go on with the same filter."""
    with engine.begin() as connection:
        row = dict(connection.execute(select(schema.themes).where(schema.themes.c.id == 10)).one()._mapping)
        connection.execute(update(schema.themes).where(schema.themes.c.id == 13).values(name="Of no interest"))
        connection.execute(
            insert(schema.themes),
            [{**row, "id": number, "name": f"Theme {number}"} for number in range(100, 350)],
        )
    first = _body(_text(client, "/themes?status=resolved&q=theme"))
    assert "Page 1 of 3, 250 themes" in first
    assert 'href="/themes?q=theme&status=resolved&page=2"' in first
    last = _body(_text(client, "/themes?status=resolved&q=theme&page=3"))
    assert last.count('id="theme-') == 50
    assert "This page holds no theme; there are 3 pages." in _text(client, "/themes?status=resolved&q=theme&page=4")


def test_the_change_that_a_cause_names_is_told_by_its_title(client: Client) -> None:
    """A cause shows the change's title where it is stored, not its identity."""
    page = _body(_text(client, "/themes/1"))
    assert CHANGE_ID not in page.split('class="causes"', 1)[1].split("</ol>", 1)[0]


def test_the_earlier_spike_that_a_cause_names_is_a_link(client: Client) -> None:
    """A cause that is an earlier spike leads to it, on the theme's page."""
    page = _body(_text(client, "/themes/3"))
    assert '<a href="/themes/3#spike-4">spike 4</a>' in page.split('class="causes"', 1)[1].split("</ol>", 1)[0]


def test_the_launch_is_addressed_by_its_subject(client: Client) -> None:
    """A subject with a slash in it is one launch, written either way."""
    assert client.get(f"/launches/{LAUNCH_ID}").status_code == 200
    assert client.get(LAUNCH_PATH).status_code == 200


def test_a_launch_page_compares_with_past_ones_of_the_kind(engine: Engine, client: Client) -> None:
    """A review of an earlier launch of the kind is shown with the plan, and a plan like another launch names it."""
    with engine.begin() as connection:
        launch = connection.execute(select(schema.launches).where(schema.launches.c.subject == LAUNCH_ID)).first()
        assert launch is not None
        past = {"start": launch.start - timedelta(days=30), "end": launch.start - timedelta(days=29)}
        seen = {"0": [[0, 0], [300, 100], *[[0, 0]] * 6]}
        row = {
            "launch_id": "spring",
            "kind": launch.kind,
            "segment": {},
            "until": past["end"],
            "planned": [],
            "planned_all": False,
        }
        connection.execute(insert(schema.reviews), [{**row, **past, "seen": seen}])
        connection.execute(
            update(schema.launches)
            .where(schema.launches.c.subject == LAUNCH_ID)
            .values(expected=[{"like": "spring", "lift": 1.5}])
        )
    page = _text(client, LAUNCH_PATH)
    assert "Past ones of the kind" in page
    assert "3.0×</b> the usual volume" in page
    assert '1.5×</b> what <a href="/launches/spring">spring</a> brought' in page


def test_a_plan_for_all_shows_what_all_have_apart_from_what_is_a_themes_own(engine: Engine, client: Client) -> None:
    """The launch monitor shows the common lift, planned and learned, and each theme's lift over that of the others."""
    assert "Own lift" not in _text(client, LAUNCH_PATH)
    with engine.begin() as connection:
        row = connection.execute(select(schema.launches).where(schema.launches.c.id == "r2")).mappings().one()
        plan = {"id": "r3", "expected": [{"all": True, "lift": 3.0}]}
        connection.execute(insert(schema.launches), {**row, **plan})
        launch = review_launch(connection, LAUNCH_ID, SpikeSettings())
    page = _text(client, LAUNCH_PATH)
    assert "where 3.0× was planned for all" in page
    assert "Own lift" in page
    assert launch["common"]["planned"] == 3.0
    assert launch["common"]["low"] < launch["common"]["lift"] < launch["common"]["high"]
    own = [row["own_lift"] for row in launch["themes"] if row["own_lift"] is not None]
    assert own
    assert min(own) < 1.1


def test_the_monitor_uses_the_configured_tolerance_coverage(engine: Engine) -> None:
    """The more launches a tolerance is meant to cover, the more a plan says and the narrower the interval of the common lift."""
    with engine.begin() as connection:
        connection.execute(
            update(schema.launches)
            .where(schema.launches.c.subject == LAUNCH_ID)
            .values(expected=[{"all": True, "lift": 3.0}])
        )
    widths = []
    for coverage in (0.5, 0.9, 0.998):
        mining = MiningSettings(spikes=SpikeSettings(tolerance_coverage=coverage))
        app = create_app(engine, clock=wall_clock, settings=ConsoleSettings(), mining=mining, parts=console_parts())
        with engine.connect() as connection:
            learned = review_launch(connection, LAUNCH_ID, mining.spikes)["common"]
        page = _text(Client(app), LAUNCH_PATH)
        assert f"{times(learned['low'])} to {times(learned['high'])}" in page
        widths.append((learned["high"] - learned["low"]) / learned["lift"])
    assert widths[0] > widths[1] > widths[2]


def test_themes_that_a_plan_is_only_like_are_shown_apart(engine: Engine, client: Client) -> None:
    """Of the themes that one text reaches the first is compared with the plan: the others are last, outside the sum."""
    planned = re.compile(r'id="h-sum".*? planned ([\d,.]+)')
    before = planned.search(_text(client, LAUNCH_PATH))
    with engine.begin() as connection:
        mined = read_miner(connection)
        state = {"planned": {LAUNCH_ID: [[1, 4], [7]]}}
        write_miner(connection, replace(mined, state=state, next_epoch=(mined.next_epoch or 0) + 1))
    page = _text(client, LAUNCH_PATH)
    after = planned.search(page)
    assert before is not None
    assert after is not None
    assert float(after[1].replace(",", "")) < float(before[1].replace(",", ""))
    assert page.count("like the plan’s text") == 1
    table = page.split('class="plan"', 1)[1]
    assert table.index('href="/themes/7"') < table.index('href="/themes/4"') < table.index("like the plan’s text")


def test_what_is_no_demand_is_shown_apart(engine: Engine, client: Client) -> None:
    """The board counts what no customer wrote apart and links to the page that lists it by kind; its text is inert."""
    assert "All tickets are customer demand" in client.get("/demand").text
    with engine.begin() as connection:
        chosen = (
            connection.execute(select(schema.tickets.c.id).order_by(schema.tickets.c.time.desc()).limit(3))
            .scalars()
            .all()
        )
        values = {
            "demand": "loop",
            "demand_rule": "repetition",
            "title": "<b>again</b>",
            "mined_epoch": 1,
            "erased_at": None,
        }
        connection.execute(update(schema.tickets).where(schema.tickets.c.id.in_(chosen)).values(values))
    assert 'href="/demand"' in client.get("/themes").text
    page = client.get("/demand").text
    assert "<b>3</b> tickets were not written by a customer" in page
    assert "Messages of loops" in page
    assert "&lt;b&gt;again&lt;/b&gt;" in page
    assert [row["demand"] for row in client.get("/api/demand").json()] == ["loop"] * 3
    with engine.connect() as connection:
        looks = [row for row in list_audit(connection) if row["action"] == "looked at text"]
    assert [(row["subject"], row["detail"]) for row in looks] == [("demand", {"tickets": 3})]
