"""The pages in a real browser: Debian's Chromium."""

import re
from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from fastapi import FastAPI
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import Engine, insert, select, update

from console.app import create_app
from console.settings import ConsoleSettings
from models.bucket import bucket_of
from pipelines.settings import MiningSettings
from store import schema
from tests.console.conftest import Running, console_parts, sign_in
from tests.console.seed import END, LAUNCH_START
from tests.harness.children import PATIENCE_SECONDS

pytestmark = pytest.mark.browser

PATIENCE_MILLISECONDS = 1_000 * PATIENCE_SECONDS
LAUNCH_PATH = "/launches/live-coins%2Fwinter"
PATHS = ["/", "/themes", "/themes/1", "/themes/12", "/launches", LAUNCH_PATH]

UNNAMED = """() => [
  [...document.querySelectorAll("input:not([type=hidden]), select, textarea")].filter((field) => !field.labels.length).length,
  [...document.querySelectorAll("table")].filter((table) => !table.querySelector("th[scope=col]")).length,
  [...document.querySelectorAll("svg[role=img]")].filter((chart) => !chart.getAttribute("aria-label")).length,
]"""


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    """Open a page that may speak to the console alone, and that must leave nothing in its log."""
    context = browser.new_context(base_url=address, viewport={"width": 1280, "height": 900})
    sign_in(context, address)
    context.set_default_timeout(PATIENCE_MILLISECONDS)
    opened = context.new_page()
    faults: list[str] = []
    opened.on(
        "console",
        lambda message: faults.append(message.text) if message.type in ("error", "warning") else None,
    )
    opened.on("pageerror", lambda error: faults.append(str(error)))
    opened.on(
        "request",
        lambda request: (
            faults.append(request.url) if urlsplit(request.url).netloc != urlsplit(address).netloc else None
        ),
    )
    yield opened
    context.close()
    assert faults == []


def _live(page: Page) -> None:
    expect(page.locator("#live")).to_have_text("Live")


def test_the_board_is_rendered_with_its_sparklines(page: Page) -> None:
    """Every theme has its row, and the rows' charts have a size."""
    page.goto("/themes")
    expect(page.locator("table.themes tbody tr:not(.group)")).to_have_count(12)
    expect(page.get_by_role("heading", name="Escalating 2")).to_be_visible()
    size = page.locator("#theme-1 svg.spark").bounding_box()
    assert size is not None
    assert size["width"] > 100
    _live(page)


@pytest.mark.parametrize("width", [1280, 420])
@pytest.mark.parametrize("path", PATHS)
def test_no_page_is_wider_than_the_screen(page: Page, path: str, width: int) -> None:
    """On a desk and on a telephone nothing has to be scrolled sideways, whatever the texts are."""
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(path)
    _live(page)
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0


@pytest.mark.parametrize("path", ["/", "/themes", "/themes/12"])
def test_hostile_text_runs_nothing(page: Page, path: str) -> None:
    """Markup in names, owners, keywords and quotes is shown as text and never runs."""
    page.goto(path)
    _live(page)
    assert page.evaluate("window.hostile") is None
    expect(page.locator("main img")).to_have_count(0)


def test_a_theme_is_flagged_through_the_form(page: Page) -> None:
    """A specialist flags a theme as a known issue; the next page says that it took effect, and undoes it in one step."""
    page.goto("/themes/1")
    page.get_by_text("Flag it as a known issue").click()
    page.get_by_label("Title").fill("Coins are booked twice after a retry")
    page.get_by_label("Jira").fill("PAY-2301")
    page.get_by_label("Workaround").fill("Refund the second booking.")
    page.get_by_role("button", name="Flag as known issue").click()
    expect(page.locator("#outcome")).to_contain_text("Applied:")
    page.get_by_role("link", name=re.compile("^Back to")).click()
    expect(page.locator("#known")).to_contain_text("Coins are booked twice after a retry")
    page.go_back()
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("#outcome")).to_contain_text("Applied: the undo of")
    page.get_by_role("link", name=re.compile("^Back to")).click()
    expect(page.locator("#known")).not_to_contain_text("Coins are booked twice")


def test_a_merge_by_name_and_its_undo(page: Page) -> None:
    """The other theme is found by words of its name, both are shown, the button says what happens, and one press undoes it."""
    page.goto("/themes/2")
    page.get_by_role("link", name="Merge it into another theme").click()
    page.get_by_label("Words of the other theme").fill("voucher")
    page.get_by_role("button", name="Search themes").click()
    page.get_by_role("button", name=re.compile("^Look at merging into")).first.click()
    expect(page.locator(".side")).to_have_count(2)
    page.get_by_label("Why").fill("one problem")
    page.get_by_role("button", name=re.compile(r"^Merge \S+ tickets? into “")).click()
    expect(page.locator("#outcome")).to_contain_text("Applied: Merge")
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Undo of decision 2")
    expect(page.locator("#outcome")).to_contain_text("Applied:")


def test_the_form_works_without_scripts(browser: Browser, address: str) -> None:
    """Without JavaScript the same form decides the same."""
    context = browser.new_context(base_url=address, java_script_enabled=False)
    sign_in(context, address)
    page = context.new_page()
    page.goto("/themes/2")
    page.get_by_text("Flag it as a known issue").click()
    page.get_by_label("Title").fill("Bank holiday")
    page.get_by_role("button", name="Flag as known issue").click()
    expect(page.locator("#outcome")).to_contain_text("Bank holiday")
    context.close()


def test_an_epoch_appears_without_a_reload_and_typing_is_kept(page: Page, engine: Engine) -> None:
    """When the miner has moved on, the figures change in place; what is being typed and the focus stay."""
    page.goto("/themes/1")
    _live(page)
    page.get_by_text("Flag it as a known issue").click()
    page.get_by_label("Title").fill("half a ti")
    page.evaluate("window.sameDocument = true")
    with engine.begin() as connection:
        connection.execute(update(schema.themes).where(schema.themes.c.id == 1).values(size=4711))
        connection.execute(update(schema.miner).values(next_epoch=bucket_of(END) + 1))
    expect(page.locator("#sums")).to_contain_text("4,711")
    page.keyboard.type("tle")
    expect(page.get_by_label("Title")).to_have_value("half a title")
    expect(page.get_by_label("Title")).to_be_focused()
    assert page.evaluate("window.sameDocument") is True


def test_a_focused_link_and_opened_figures_survive_an_update(page: Page, engine: Engine) -> None:
    """Someone who reads by keyboard stays where they were when the part around them is renewed."""
    page.goto("/themes/1")
    _live(page)
    page.locator("#timeline-figures summary").click()
    link = page.get_by_role("link", name="LIVE coins winter launch")
    link.focus()
    with engine.begin() as connection:
        connection.execute(insert(schema.counts).values(theme_id=1, segment_id=1, bucket=bucket_of(END), n=40))
        connection.execute(insert(schema.counts).values(theme_id=0, segment_id=1, bucket=bucket_of(END), n=40))
        connection.execute(update(schema.miner).values(next_epoch=bucket_of(END) + 1))
    expect(page.locator("#clock")).to_contain_text("15:45")
    expect(link).to_be_focused()
    expect(page.locator("#timeline-figures")).to_have_attribute("open", "")


def test_the_launch_monitor_follows_the_launch(page: Page, engine: Engine) -> None:
    """Tickets of a new epoch raise the actual of the launch while the page is open."""
    page.goto(LAUNCH_PATH)
    _live(page)
    row = page.locator("table.plan tr", has_text="Voucher code refused")
    expect(row).to_contain_text("inside plan")
    with engine.begin() as connection:
        for theme_id in (0, 7):
            connection.execute(
                insert(schema.counts).values(theme_id=theme_id, segment_id=1, bucket=bucket_of(END), n=400)
            )
        connection.execute(update(schema.miner).values(next_epoch=bucket_of(END) + 1))
    expect(row).to_contain_text("above plan")


def test_a_new_alert_and_another_persons_decision_appear(page: Page, engine: Engine) -> None:
    """What somebody else decides, or the miner alerts, shows on an open page."""
    page.goto("/themes/2")
    _live(page)
    with engine.begin() as connection:
        connection.execute(
            insert(schema.alerts).values(
                id=9,
                kind="spike",
                theme_id=2,
                spike_id=None,
                state="open",
                audience="creator-payouts",
                opened_at=END + timedelta(minutes=5),
                reason="Twice what is usual.",
            )
        )
    expect(page.locator("#alerts")).to_contain_text("Twice what is usual.")
    with engine.begin() as connection:
        payload = {"title": "Bank is late", "jira": None, "workaround": None}
        connection.execute(
            insert(schema.decisions).values(at=END, actor="ada", kind="known_issue", theme_id=2, payload=payload)
        )
    expect(page.locator("#known")).to_contain_text("Bank is late")
    with engine.begin() as connection:
        connection.execute(update(schema.decisions).where(schema.decisions.c.theme_id == 2).values(applied_epoch=5))
    expect(page.locator("#known")).not_to_contain_text("Bank is late")


def test_a_foreign_page_cannot_decide(browser: Browser, address: str, engine: Engine) -> None:
    """A form on another origin that posts to the console is refused, and nothing is stored."""
    context = browser.new_context()
    sign_in(context, address)
    page = context.new_page()
    field = '<input name="title" value="forged"><button>go</button>'
    page.set_content(f'<form method="post" action="{address}/themes/1/known-issue">{field}</form>')
    page.get_by_role("button").click()
    expect(page.locator("body")).to_contain_text("another site asked for")
    context.close()
    with engine.connect() as connection:
        assert [row.actor for row in connection.execute(select(schema.decisions))] == ["ada"]


def test_the_filter_narrows_the_board(page: Page) -> None:
    """The form's fields end in the address, where they can be sent to a colleague."""
    page.goto("/themes")
    page.get_by_label("Name, keyword or number").fill("voucher")
    page.get_by_role("button", name="Filter").click()
    expect(page).to_have_url(re.compile(r"[?&]q=voucher"))
    expect(page.locator("table.themes tbody tr:not(.group)")).to_have_count(1)


def test_keyboard_reaches_the_content_first(page: Page) -> None:
    """The first stop of the Tab key leads past the header, visibly."""
    page.goto("/")
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to the content")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()


def test_each_page_names_its_parts(page: Page) -> None:
    """One main heading; every field has a label, every table its column headers, every chart a text."""
    for path in PATHS:
        page.goto(path)
        expect(page.locator("h1")).to_have_count(1)
        assert page.evaluate(UNNAMED) == [0, 0, 0]


def test_old_data_is_connected_and_not_live(browser: Browser, engine: Engine) -> None:
    """A week after the newest ticket the indicator says how old it is, in a calm colour, and the page's sentence says it first."""
    settings, late = ConsoleSettings(port=0, refresh_seconds=0.05), END + timedelta(days=7)
    app = create_app(engine, clock=lambda: late, settings=settings, mining=MiningSettings(), parts=console_parts())
    console = Running(app)
    try:
        address = console.start()
        context = browser.new_context(base_url=address)
        sign_in(context, address)
        page = context.new_page()
        page.goto("/")
        expect(page.locator("#live")).to_have_text("Connected; newest ticket 7 days ago")
        expect(page.locator("#live")).to_have_attribute("data-state", "old")
        expect(page.get_by_role("heading", level=1)).to_have_text("No fresh data: newest ticket 7 days ago")
        context.close()
    finally:
        console.stop()


def test_the_first_page_is_brought_up_to_date(page: Page, engine: Engine) -> None:
    """A launch that ends is no longer under way on a page that is open."""
    page.goto("/")
    _live(page)
    expect(page.locator("#launches")).to_contain_text("LIVE coins winter launch")
    with engine.begin() as connection:
        connection.execute(update(schema.launches).values(end=LAUNCH_START))
        connection.execute(update(schema.miner).values(next_epoch=schema.miner.c.next_epoch + 1))
    expect(page.locator("#launches")).to_contain_text("No launch is under way.")
    _live(page)


def test_the_server_stops_while_a_page_listens(browser: Browser, address: str, app: FastAPI, running: Running) -> None:
    """Open pages do not keep a server from stopping, and say that they are not live any more."""
    context = browser.new_context(base_url=address)
    sign_in(context, address)
    page = context.new_page()
    page.goto("/")
    _live(page)
    assert app.state.pulse._listeners.total() == 1
    running.stop()
    expect(page.locator("#live")).to_have_text("Not live: reconnecting")
    context.close()
