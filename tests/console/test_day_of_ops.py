"""An ops lead's day: plans a launch in the form, watches it run while its tickets are mined, and reads the review."""

import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import Engine

from tests.console.conftest import console_parts, sign_in
from tests.console.days import (
    LAUNCH_LENGTH,
    LAUNCH_START,
    Clock,
    MinedDays,
    copied,
    make_app,
    mine,
    opened,
    served,
    theme_of,
    until,
)
from tests.console.planning_desk import TestingDesk

pytestmark = [pytest.mark.browser, pytest.mark.long]

LAG = timedelta(hours=2, minutes=20)
"""So long after an event its epoch is closed."""


@pytest.fixture
def engine(mined_days: MinedDays, tmp_path: Path) -> Iterator[Engine]:
    """Return the mined story in a copy that only this test writes to."""
    with copied(mined_days.file, tmp_path) as found:
        yield found


def test_a_launch_is_planned_watched_and_reviewed(
    browser: Browser, engine: Engine, mined_days: MinedDays, tmp_path: Path
) -> None:
    """The form says at once what a plan means and what is misspelt; the open monitor follows the launch by itself; then the review."""
    clock = Clock()
    app = make_app(engine, clock, console_parts(planning=TestingDesk(engine, clock)))
    with served(app) as address, opened(browser, address, sign_in) as page:
        plan(page, *theme_of(engine, "gift"))
        rest = mined_days.rest

        def mine_until(time: datetime) -> None:
            nonlocal rest
            part, rest = until(rest, time + LAG)
            clock.time = time + timedelta(minutes=20)
            mine(engine, part, tmp_path, keep_open=True)

        watch(page, mine_until)
        clock.time += timedelta(days=1)
        mine(engine, rest, tmp_path)
        review(page)


def plan(page: Page, number: int, name: str) -> None:
    """Plan a launch; what is misspelt is refused with the nearest name, and what is right is explained at once."""
    page.goto("/launches")
    page.get_by_role("link", name="Plan a launch").click()
    page.get_by_label("Title").fill("Rose week")
    page.get_by_label("Begins").fill(f"{LAUNCH_START:%Y-%m-%dT%H:%M}")
    page.get_by_label("Ends").fill(f"{LAUNCH_START + LAUNCH_LENGTH:%Y-%m-%dT%H:%M}")
    page.get_by_label("Line 1 means").select_option("theme")
    page.get_by_label("Theme, example text or launch").first.fill(name)
    page.get_by_label("Lift").first.fill("6")
    preview = page.locator("#preview")
    means = preview.locator("table.plan tbody tr")
    expect(means).to_have_count(1)
    expect(means).to_contain_text(f"#{number}")
    expect(preview).to_contain_text(re.compile(r"\d+ tickets expected in the scope .* where \d+ are usual"))
    page.get_by_label("Dimension").first.fill("regoin")
    page.get_by_label("Value", exact=True).first.fill("BR")
    expect(preview.get_by_role("alert")).to_contain_text(re.compile(r"regoin.*nearest.*region"))
    page.get_by_role("button", name="Plan this launch").click()
    expect(preview.get_by_role("alert")).to_contain_text("This plan cannot be written yet.")
    page.get_by_label("Dimension").first.fill("region")
    page.get_by_label("Value", exact=True).first.fill("BOREALND")
    expect(preview.get_by_role("alert")).to_contain_text(re.compile("BOREALND.*nearest.*BOREALAND"))
    page.get_by_label("Dimension").first.fill("")
    page.get_by_label("Value", exact=True).first.fill("")
    expect(preview.get_by_role("alert")).to_have_count(0)
    expect(means).to_have_count(1)
    page.get_by_role("button", name="Plan this launch").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Rose week")
    expect(page.locator("dl.sums")).to_contain_text("planned")


def watch(page: Page, mine_until: Callable[[datetime], None]) -> None:
    """Follow the monitor while tickets are mined: nobody reloads it, and verdict and figures change by themselves."""
    page.evaluate("window.sameDocument = true")
    verdict, state, lead = page.locator("#h-verdict"), page.locator("dl.sums"), page.locator("#monitor .lead").first
    expect(verdict).to_have_text("Not begun")
    expect(lead).to_contain_text("0 tickets so far")
    mine_until(LAUNCH_START + timedelta(hours=1))
    expect(state).to_contain_text("under way")
    expect(verdict).to_have_text("Inside plan")
    expect(page.locator("table.plan tbody tr")).to_contain_text("inside plan")
    expect(lead).not_to_contain_text("0 tickets so far")
    before = lead.inner_text()
    # An issue that the plan does not mean surges.
    mine_until(LAUNCH_START + timedelta(hours=3))
    expect(verdict).to_have_text("Watch")
    expect(page.locator(".judged")).to_contain_text("A spike that the plan does not mean is open")
    expect(lead).not_to_have_text(before)
    assert page.evaluate("window.sameDocument") is True


def review(page: Page) -> None:
    """Read what came of it, on the page that was open all the time: the plan, what was outside of it, and past launches."""
    expect(page.locator("dl.sums")).to_contain_text("over")
    assert page.evaluate("window.sameDocument") is True
    expect(page.locator(".judged")).to_contain_text(
        re.compile(r"inside its envelope: \d+ tickets where \d+ were planned")
    )
    expect(page.locator("section", has=page.locator("#h-spikes"))).to_contain_text("outside the plan")
    found = page.locator("section", has=page.locator("#h-review"))
    expect(found).to_contain_text(re.compile(r"The planned themes had \d+ tickets where \d+ were planned"))
    expect(found).to_contain_text("gift-night")
    page.goto("/")
    expect(page.locator("#launches")).not_to_contain_text("Rose week")
