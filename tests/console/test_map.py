"""The map of themes: a drawing that works without a script, red only with an open spike, and within a scope only what is of it."""

from collections.abc import Callable
from datetime import timedelta

import numpy as np
import pytest
from sqlalchemy import Engine, func, insert, select, update

from console.pages.map_drawing import SIZE, draw_map
from models.access import AccessScope, Permission, Person
from models.theme import Theme, ThemeState, ThemeStatus
from store.board.theme_map import MapGrowth, MappedFamily, MappedTheme, ThemeMap
from store.schema import assignments, theme_layout, tickets
from tests.console.conftest import Client
from tests.console.seed import END, HOSTILE

FAMILY = 3
TITLE = "<title>Payout to bank account pending: "


@pytest.fixture
def laid_out(engine: Engine) -> Engine:
    """Return the seeded launch day with a map: all themes but the eleventh, the second and the third in a family."""
    with engine.begin() as connection:
        for theme in (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12):
            angle = theme / 2
            connection.execute(
                insert(theme_layout).values(
                    theme_id=theme, x=float(np.cos(angle)), y=float(np.sin(angle)), at=END,
                    family_id=FAMILY if theme in (2, 3) else None, family_name=HOSTILE if theme in (2, 3) else None,
                )
            )  # fmt: skip
    return engine


def test_every_theme_is_a_link_that_says_what_it_is(laid_out: Engine, client: Client) -> None:
    """Each placed theme is a circle in a link, with its name and figures; names and families are escaped."""
    page = client.get("/themes/map").text
    assert page.count('<a href="/themes/') > 11
    assert TITLE in page
    assert "expected</title>" in page
    assert HOSTILE not in page
    assert "&lt;script&gt;window.hostile" in page
    assert "Not on the map yet" in page
    assert 'href="/themes/11">Currency shown wrongly in cart' in page


def test_red_means_an_open_spike(laid_out: Engine, client: Client) -> None:
    """The ring is drawn for themes with an open spike alone, whatever the growth of the others."""
    drawn = client.get("/themes/map").text.split('class="themes-drawn"')[1].split("</g>")[0]
    ringed = [line for line in drawn.splitlines() if 'class="ring"' in line]
    assert sorted(line.split("</title>")[0].rsplit(", ", 1)[1] for line in ringed) == ["spike open"] * 2
    assert {line.split('"')[1] for line in ringed} == {"/themes/1", "/themes/3"}
    assert drawn.count('class="spiking"') == 2


def test_a_search_marks_what_it_finds(laid_out: Engine, client: Client) -> None:
    """Names, keywords and numbers are searched without a script, and the themes are listed."""
    for sought in ("payout", "bank", "#2", "2"):
        page = client.get("/themes/map", params={"q": sought}).text
        assert 'class="map searching"' in page
        assert "theme found" in page or "themes found" in page
        assert "hit" in page.split(TITLE)[0].rsplit("<circle", 1)[1]
    page = client.get("/themes/map", params={"q": "<script>nothing"}).text
    assert "No theme on the map has this" in page
    assert "<script>nothing" not in page


def test_the_window_is_a_day_or_a_week(laid_out: Engine, client: Client) -> None:
    """Seven days have more tickets than one; another number is refused."""
    day, week = (client.get("/api/themes/map", params={"days": days}).json() for days in (1, 7))
    assert all(len(one["themes"]) == 11 for one in (day, week))
    of_day = {one["id"]: one["tickets"] for one in day["themes"]}
    assert all(one["tickets"] >= of_day[one["id"]] for one in week["themes"])
    assert client.get("/themes/map", params={"days": 3}).status_code == 422
    assert client.get("/api/themes/map", params={"days": "x"}).status_code == 422


def test_the_api_has_what_the_page_shows(laid_out: Engine, client: Client) -> None:
    """Positions, families, growth and what has no position yet, and the page's answer is described."""
    found = client.get("/api/themes/map").json()
    first = next(one for one in found["themes"] if one["id"] == 1)
    assert (first["spiking"], round(first["x"], 2)) == (True, 0.88)
    assert found["families"] == [
        {"id": FAMILY, "name": HOSTILE, "themes": 2, "tickets": sum(one["tickets"] for one in found["themes"] if one["id"] in (2, 3))}
    ]  # fmt: skip
    assert (found["unplaced"], found["left_out"], found["days"]) == ([11], 0, 1)
    assert "/api/themes/map" in client.get("/api/openapi.json").json()["paths"]


def test_without_a_layout_the_page_says_how_it_comes(client: Client) -> None:
    """A database whose themes have no positions yet has a sentence in place of a drawing."""
    page = client.get("/themes/map").text
    assert "No theme has a position yet" in page
    assert "<svg class" not in page


def test_new_positions_are_shown_at_once(laid_out: Engine, client: Client) -> None:
    """The map is kept in memory until themes are arranged anew or an epoch is mined."""
    assert len(client.get("/api/themes/map").json()["themes"]) == 11
    with laid_out.begin() as connection:
        row = {
            "theme_id": 11,
            "x": 0.0,
            "y": 0.0,
            "at": END + timedelta(hours=1),
            "family_id": None,
            "family_name": None,
        }
        connection.execute(insert(theme_layout).values(**row))
    assert len(client.get("/api/themes/map").json()["themes"]) == 12


def test_a_scope_has_its_themes_and_tickets_alone(laid_out: Engine, client_of: Callable[[Person], Client]) -> None:
    """A person with a limited scope sees the themes with a ticket in it, their tickets of it, and no name made of other tickets."""
    with laid_out.begin() as connection:
        connection.execute(update(tickets).values(vendor=None))
        own = (
            select(assignments.c.ticket_id)
            .where(assignments.c.theme_id == 2)
            .order_by(assignments.c.ticket_id)
            .limit(3)
        )
        chosen = connection.execute(own).scalars().all()
        connection.execute(
            update(tickets)
            .where(tickets.c.id.in_(chosen))
            .values(vendor="acme", time=END - timedelta(hours=1), title="words", body="of ours")
        )
        assert connection.execute(select(func.count()).select_from(tickets)).scalar_one() > 3
    vera = Person(name="vera", permissions=frozenset({Permission.LOOK}), scope=AccessScope.of({"vendor": ["acme"]}))
    client = client_of(vera)
    found = client.get("/api/themes/map").json()
    assert [(one["id"], one["tickets"], one["expected"], one["spiking"]) for one in found["themes"]] == [
        (2, len(chosen), None, False)
    ]
    page = client.get("/themes/map").text
    for word in ("Payout", "LIVE coins", HOSTILE[:12], "spike open"):
        assert word not in page.split("<main")[1].split("<aside")[0]
    assert found["families"] == []


def make_map(number: int) -> ThemeMap:
    """Make a map of themes with ever fewer tickets, all of one family."""
    rng = np.random.default_rng(1)
    themes = tuple(
        MappedTheme(
            Theme(
                theme_id=one, name=f"Theme {one}", state=ThemeState.LIVE, status=ThemeStatus.ONGOING, size=5, first_seen=END,
                last_seen=END, keywords=(), known_issue=None, owner=None,
            ),
            *rng.uniform(-1, 1, 2).tolist(), 1, 1000 // one, 10.0, one == 2,
        )
        for one in range(1, number + 1)
    )  # fmt: skip
    return ThemeMap(
        themes, (MappedFamily(1, "All", named=True, themes=themes, tickets=9),) if number else (), (), 0, 24
    )


@pytest.mark.parametrize("number", [0, 1, 2, 3, 400])
def test_the_drawing_is_inside_its_box(number: int) -> None:
    """Circles and labels are inside the drawing, and labels cover no other label."""
    drawing = draw_map(make_map(number), ())
    assert len(drawing.circles) == number
    assert all(0 <= one.x <= SIZE and 0 <= one.y <= SIZE and one.r > 0 for one in drawing.circles)
    assert all(0 <= one.x <= SIZE and 0 <= one.y <= SIZE for one in drawing.labels)
    places = [(one.x, one.y) for one in drawing.labels]
    assert len(places) == len(set(places))


@pytest.mark.parametrize(
    ("tickets_seen", "expected", "growth"),
    [
        (5, None, MapGrowth.UNKNOWN), (5, 4.0, MapGrowth.USUAL), (2, 0.0, MapGrowth.MANY_MORE), (0, 0.0, MapGrowth.USUAL),
        (45, 30.0, MapGrowth.MORE), (80, 30.0, MapGrowth.MANY_MORE), (15, 30.0, MapGrowth.MANY_FEWER), (80, 100.0, MapGrowth.USUAL),
        (70, 100.0, MapGrowth.FEWER),
    ],
)  # fmt: skip
def test_growth_is_more_than_chance(tickets_seen: int, expected: float | None, growth: MapGrowth) -> None:
    """A few tickets more or fewer than expected are as usual."""
    theme = make_map(1).themes[0]
    assert MappedTheme(theme.theme, 0, 0, None, tickets_seen, expected, spiking=False).growth is growth
