"""A specialist's day: finds a rising theme, flags it, merges two, splits one, undoes; all at once, and for good."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import Engine, select

from store import schema
from tests.console.conftest import console_parts, sign_in
from tests.console.days import Clock, MinedDays, copied, make_app, mine, opened, served, theme_of

pytestmark = [pytest.mark.browser, pytest.mark.long]


@pytest.fixture
def engine(mined_days: MinedDays, tmp_path: Path) -> Iterator[Engine]:
    """Return the mined story in a copy that only this test writes to."""
    with copied(mined_days.file, tmp_path) as found:
        yield found


def test_a_specialist_flags_merges_splits_and_undoes(
    browser: Browser, engine: Engine, mined_days: MinedDays, tmp_path: Path
) -> None:
    """Each decision takes effect at once while no miner runs, the page says so, and later tickets do not take it back."""
    rising, kept, ended, split = (theme_of(engine, word)[0] for word in ("payout", "advert", "shipping", "login"))
    before = sizes(engine)
    with (
        served(make_app(engine, Clock(), console_parts())) as address,
        opened(browser, address, sign_in) as page,
    ):
        flag(page, rising)
        assert row_of(engine, rising).known_issue["title"] == "Payouts are rejected"
        merge(page, ended, theme_of(engine, "advert")[1])
        assert row_of(engine, ended).state == "merged"
        assert sizes(engine)[kept] == before[kept] + before[ended]
        part, tickets = split_off(page, split)
        assert sizes(engine)[part] == len(tickets)
        undo_merge(page, ended, kept)
        assert row_of(engine, ended).state == "live"
        assert sizes(engine)[kept] == before[kept]
        mine(engine, mined_days.rest, tmp_path)
        page.goto(f"/themes/{rising}")
        expect(page.get_by_text("Payouts are rejected").first).to_be_visible()
        page.goto(f"/themes/{part}")
        expect(page.get_by_role("heading", level=1)).to_contain_text("Codes that expire")
    with engine.connect() as connection:
        themes = connection.execute(
            select(schema.assignments.c.theme_id).where(schema.assignments.c.ticket_id.in_(tickets))
        )
        assert set(themes.scalars()) == {part}
    assert row_of(engine, ended).state == "live"


def sizes(engine: Engine) -> dict[int, int]:
    """Count the counted tickets of each theme."""
    with engine.connect() as connection:
        return {row.id: row.size for row in connection.execute(select(schema.themes.c.id, schema.themes.c.size))}


def row_of(engine: Engine, theme_id: int) -> object:
    """Return the row of a theme."""
    with engine.connect() as connection:
        return connection.execute(select(schema.themes).where(schema.themes.c.id == theme_id)).one()


def applied(page: Page) -> None:
    """See that the decision has taken effect already."""
    expect(page.locator("#outcome")).to_contain_text("Applied:")


def flag(page: Page, rising: int) -> None:
    """Follow the first rising theme of the first page, and flag it."""
    page.goto("/")
    page.locator("#week ol").first.get_by_role("link").first.click()
    page.wait_for_url(f"**/themes/{rising}")
    page.get_by_text("Flag it as a known issue").click()
    page.get_by_label("Title").fill("Payouts are rejected")
    page.get_by_role("button", name="Flag as known issue").click()
    applied(page)


def merge(page: Page, ended: int, into: str) -> None:
    """Merge a theme into one that is found by a word of its name."""
    page.goto(f"/themes/{ended}")
    page.get_by_role("link", name="Merge it into another theme").click()
    page.get_by_label("Words of the other theme’s name").fill(into.split(maxsplit=1)[0])
    page.get_by_role("button", name="Search themes").click()
    page.get_by_role("button", name=re.compile(re.escape(into))).click()
    page.get_by_label("Why").fill("one problem")
    page.get_by_role("button", name=re.compile(r"^Merge \d+ tickets into")).click()
    applied(page)


def split_off(page: Page, theme: int) -> tuple[int, list[str]]:
    """Split three picked tickets off a theme, as a theme with a name; return its number and the tickets."""
    page.goto(f"/themes/{theme}")
    page.get_by_role("link", name="Pick tickets to split off").click()
    boxes = page.locator("label.pick input")
    tickets = [str(boxes.nth(at).get_attribute("value")) for at in range(3)]
    for at in range(3):
        boxes.nth(at).check()
    page.get_by_role("button", name="Split off those that are ticked").click()
    page.get_by_label("Name of the new theme").fill("Codes that expire")
    page.get_by_role("button", name="Preview with this name").click()
    page.get_by_label("Why").fill("another cause")
    page.locator("form.flag button").click()
    applied(page)
    page.get_by_role("link", name="Codes that expire").first.click()
    page.wait_for_url("**/themes/*")
    return int(page.url.rsplit("/", 1)[1]), tickets


def undo_merge(page: Page, ended: int, kept: int) -> None:
    """Undo the merge from the page of the theme that was kept."""
    page.goto(f"/themes/{kept}")
    page.get_by_role("button", name=re.compile(r"Undo decision \d+, merge")).click()
    applied(page)
