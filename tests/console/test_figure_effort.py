"""The pages of figures of AI and of effort: what their tables have, with and without a table of costs."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from console.app import create_app
from console.parts import ConsoleParts
from console.settings import ConsoleSettings
from models.labelling.queue import QueueKind
from pipelines.handling.settings import FigureSettings
from pipelines.labelling.case import next_case, save_labels
from pipelines.settings import MiningSettings
from store.database import open_database, upgrade
from tests.console.conftest import TOKEN, Client, Someone, console_parts, wall_clock
from tests.console.figure_rows import write_figures
from tests.pipelines.labelling_desk import ANA, BEN, ODA, LabellingDesk

AI, THEMES = "/figures/ai", "/figures/themes"


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """Return a database with two weeks of figures, which these tests only read."""
    opened = open_database(f"sqlite:///{tmp_path_factory.mktemp('figures') / 'g.db'}")
    upgrade(opened)
    write_figures(opened)
    yield opened
    opened.dispose()


def _client(engine: Engine, parts: ConsoleParts, token: str | None = TOKEN) -> Client:
    settings = ConsoleSettings(port=0)
    app = create_app(engine, clock=wall_clock, settings=settings, mining=MiningSettings(), parts=parts)
    return Client(app, token=token)


@pytest.fixture(scope="module")
def client(engine: Engine) -> Client:
    """Return a client of somebody who sees everything."""
    return _client(engine, console_parts())


def test_the_page_of_ai_has_its_figures_themes_and_ratings(client: Client) -> None:
    """Cards have the figures with their intervals; tables list themes with links, and ratings where AI and persons have some."""
    text = client.get(AI).text
    assert "Contained by AI" in text
    assert "Time to a person, median" in text
    tables = {one["table"]: one for one in client.get(f"/api{AI}").json()["tables"]}
    assert [*tables] == ["themes", "could-take", "summary"]
    (summary,) = tables["summary"]["rows"]
    assert (summary["ai_begun"], summary["ai_begun_number"]) == (1.0, 310)
    assert summary["ai_handed_over"] == 1.0
    assert summary["ai_person_median"] == pytest.approx(15 * 60, rel=0.5)
    themes = tables["themes"]["rows"]
    assert sum(row["tickets"] for row in themes) == 310
    assert {row["contained"] for row in themes} == {0.0}
    assert 'href="/themes/1"' in text
    assert client.get(f"{AI}?table=summary&format=csv").text.startswith("group,ai_begun,ai_begun_low")


def test_the_page_of_effort_counts_answers_without_a_table_of_costs(client: Client) -> None:
    """Without costs effort is answers of persons; shares add up, and another measure is a link away, but not the cost."""
    table, totals = client.get(f"/api{THEMES}").json()["tables"]
    assert table["title"] == "Themes by answers of persons"
    assert sum(row["effort"] for row in table["rows"]) == 2 * 310
    assert sum(row["effort_share"] for row in table["rows"]) == pytest.approx(1)
    assert table["rows"][-1]["reached"] == pytest.approx(1)
    assert (totals["rows"][0]["tickets"], totals["rows"][0]["human_replies"]) == (310, 2)
    text = client.get(f"{THEMES}?measure=transfers").text
    assert "Themes by transfers" in text
    assert "measure=handling_time" in text
    refused = client.get(f"{THEMES}?measure=cost")
    assert (refused.status_code, "valid are human_replies" in refused.text) == (422, True)


def test_the_page_of_effort_counts_costs_by_the_table(engine: Engine, tmp_path: Path) -> None:
    """With a table of costs effort is the cost: of persons' tickets and answers, and of vendors that have a price of their own."""
    file = tmp_path / "costs.toml"
    file.write_text(
        'currency = "EUR"\n[handler.human]\nper_ticket = 3\nper_reply = 1\n[handler.vendor]\nper_ticket = 2\n'
        "[vendor.acme]\nper_ticket = 10\n",
        encoding="utf-8",
    )
    client = _client(engine, console_parts(figures=FigureSettings(costs=file)))
    table, totals = client.get(f"/api{THEMES}?days=7").json()["tables"]
    assert table["title"] == "Themes by cost"
    cost = 40 * 10 + (60 + 5) * 2 + 50 * (3 + 2)
    assert totals["rows"][0]["cost"] == cost
    assert sum(row["effort"] for row in table["rows"]) == cost
    assert "Cost (EUR)" in client.get(THEMES).text


def test_labels_say_how_right_ai_was_to_those_who_may_see_their_results(sqlite_url: str) -> None:
    """People who adjudicate see the accuracy by label as it is now; others do not, whoever looked before."""
    opened = open_database(sqlite_url)
    upgrade(opened)
    desk = LabellingDesk(opened)
    judge, other = (_client(opened, ConsoleParts(sign_in=Someone(one)), None) for one in (ODA, ANA))
    assert "Right by label" not in judge.get(AI).text
    queue = desk.queue(kind=QueueKind.AUDIT, questions=("resolution_correct",), size=12, per_case=2)
    for person in (ANA, BEN):
        while (one := desk.do(next_case, queue.queue_id, person, desk.later())) is not None:
            answer = "no" if one.case.ticket_id == "T-01" else "yes"
            desk.do(save_labels, one.case.case_id, {"resolution_correct": answer}, person, desk.later(), seconds=9.0)
    table = next(one for one in judge.get(f"/api{AI}").json()["tables"] if one["table"] == "accuracy")
    both = table["rows"][0]
    assert (both["theme"], both["ai_number"], both["persons"]) == ("all themes", 8, 1.0)
    assert both["ai"] == pytest.approx(7 / 8, abs=0.02)
    assert both["difference"] < 0
    assert "Right by label" in judge.get(AI).text
    assert "Right by label" not in other.get(AI).text
    opened.dispose()
