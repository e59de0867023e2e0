"""The map in a real browser: the wheel, the buttons and the keyboard zoom it, names are found while they are typed, a click goes on."""

from collections.abc import Iterator

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import Engine, insert

from store.schema import theme_layout
from tests.console.conftest import sign_in
from tests.console.seed import END
from tests.harness.children import PATIENCE_SECONDS

pytestmark = pytest.mark.browser

WHOLE = "0 0 1000 1000"


@pytest.fixture
def page(browser: Browser, engine: Engine, address: str) -> Iterator[Page]:
    """Open the map of the seeded themes, in a circle; the page must leave nothing in the log."""
    with engine.begin() as connection:
        for theme in range(1, 13):
            x, y = np.cos(theme / 2), np.sin(theme / 2)
            row = {"theme_id": theme, "x": float(x), "y": float(y), "at": END, "family_id": None, "family_name": None}
            connection.execute(insert(theme_layout).values(**row))
    context = browser.new_context(base_url=address, viewport={"width": 1280, "height": 900})
    context.set_default_timeout(1_000 * PATIENCE_SECONDS)
    sign_in(context, address)
    opened = context.new_page()
    faults: list[str] = []
    opened.on("console", lambda message: faults.append(message.text) if message.type in ("error", "warning") else None)
    opened.on("pageerror", lambda error: faults.append(str(error)))
    opened.goto("/themes/map")
    yield opened
    context.close()
    assert faults == []


def test_the_map_zooms_and_a_click_goes_to_the_theme(page: Page) -> None:
    """The buttons, keys and wheel change what is seen, all of it comes back, and a circle is a link."""
    drawing = page.locator("svg.map")
    seen = [WHOLE]

    def changes() -> tuple[float, float, float]:
        """Wait until something else is seen; returns its left and upper edge, and its width."""
        expect(drawing).not_to_have_attribute("viewBox", seen[-1])
        seen.append(drawing.get_attribute("viewBox") or "")
        left, top, width, _ = map(float, seen[-1].split())
        return left, top, width

    page.get_by_role("button", name="Zoom in").click()
    _, _, once = changes()
    page.locator("#map-frame").press("+")
    left, _, twice = changes()
    assert twice < once < 1000
    page.locator("#map-frame").press("ArrowLeft")
    assert changes()[0] < left
    page.get_by_role("button", name="Whole map").click()
    expect(drawing).to_have_attribute("viewBox", WHOLE)
    seen.append(WHOLE)
    circle = page.locator('svg.map a[href="/themes/2"] circle')
    circle.hover()
    page.mouse.wheel(0, -300)
    assert changes()[2] < 1000
    circle.click()
    page.wait_for_url("**/themes/2")


def test_names_are_found_while_they_are_typed(page: Page) -> None:
    """What has the text in its name is marked, the rest is pale, and the number is said."""
    page.get_by_role("searchbox").fill("payout")
    expect(page.locator("#map-found")).to_have_text("1 name has it")
    expect(page.locator("svg.map circle.hit")).to_have_count(1)
    expect(page.locator("svg.map .labels text")).to_have_count(1)
    page.get_by_role("searchbox").fill("")
    expect(page.locator("svg.map circle.hit")).to_have_count(0)
