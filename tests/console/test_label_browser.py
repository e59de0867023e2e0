"""Two people label 30 cases each by the keyboard alone, a third decides what they disagree on, and the theme has a precision."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import Engine, func, insert, select

from models.labelling.queue import QueueKind
from pipelines.labelling.case import next_case, save_labels
from store import schema
from store.database import reading
from tests.console.conftest import Running
from tests.console.days import opened
from tests.console.labellers import ADA, LENA, MONA, draw_queue, labelling_app, prepared
from tests.console.seed import END
from tests.console.test_accessibility import AXE, RUN, VIEWS, serious

pytestmark = [pytest.mark.browser, pytest.mark.long]

CASES = 30
DISAGREED = (3, 11, 20)
"""Cases in which the second labeller says that no theme fits."""


@pytest.fixture
def address(engine: Engine) -> Iterator[str]:
    """Serve the console of the three to a browser."""
    console = Running(labelling_app(engine, LENA, MONA, ADA))
    yield console.start()
    console.stop()


def test_two_label_by_keyboard_and_a_third_one_decides(browser: Browser, address: str, engine: Engine) -> None:
    """No mouse is needed from the first case to the last; what is disputed is decided; the page of the theme says how precise it is."""
    queue = draw_queue(
        engine, kind=QueueKind.AUDIT, size=CASES, tickets=(), questions=("theme",), seed=7, labellers=("lena", "mona")
    )
    truth = themes_of_cases(engine)
    with opened(browser, address, prepared("lena")) as lena:
        label_all(lena, queue, truth, ())
    with opened(browser, address, prepared("mona")) as mona:
        label_all(mona, queue, truth, DISAGREED)
    with opened(browser, address, prepared("ada")) as ada:
        adjudicate_all(ada, queue, truth)
        theme = truth[DISAGREED[0]]
        ada.goto(f"/themes/{theme}")
        expect(ada.locator("#precision")).to_contain_text("100 %")
        expect(ada.locator("#precision")).to_contain_text("to")
    with reading(engine) as connection:
        assert connection.execute(select(func.count()).select_from(schema.labels)).scalar_one() == 2 * CASES
        assert connection.execute(select(func.count()).where(schema.labels.c.seconds.is_(None))).scalar_one() == 0
        assert connection.execute(select(func.count()).select_from(schema.label_adjudications)).scalar_one() == 3


def test_what_cannot_be_sent_is_kept_and_sent_later(browser: Browser, address: str, engine: Engine) -> None:
    """Without a connection the page says so and keeps the answer, also over a reload; with one again it is saved without a key.

    Somebody else at the same browser sees nothing of it.
    """
    queue = draw_queue(engine, questions=("tone",))
    # A request that fails is in the browser's log, which `opened` wants empty.
    with browser.new_context(base_url=address) as context:
        prepared("lena")(context, address)
        page = context.new_page()
        begin(page, queue)
        page.route(
            "**/labels/cases/*", lambda route: route.abort() if route.request.method == "POST" else route.continue_()
        )
        page.keyboard.press("3")
        page.keyboard.press("Enter")
        expect(page.locator("#said")).to_contain_text("Not saved: the console does not answer")
        page.reload()
        expect(page.locator("#said")).to_contain_text("kept in this browser, and is not saved yet")
        expect(page.get_by_role("radio", name="good")).to_be_checked()
        # The same browser, in which somebody else is signed in.
        with browser.new_context(base_url=address, storage_state=context.storage_state()) as other:
            prepared("mona")(other, address)
            of_other = other.new_page()
            of_other.goto(page.url)
            expect(of_other.locator(".question.now")).to_have_count(1)
            expect(of_other.locator("#said")).to_be_empty()
        page.keyboard.press("Enter")
        expect(page.locator("#said")).to_contain_text("Not saved: the console does not answer")
        page.unroute("**/labels/cases/*")
        page.evaluate("dispatchEvent(new Event('online'))")
        expect(page.locator("h1")).to_contain_text("Case 2 ")
    with reading(engine) as connection:
        assert connection.execute(select(schema.labels.c.value)).scalars().all() == ["good"]


def test_keys_search_skip_and_go_back(browser: Browser, address: str, engine: Engine) -> None:
    """A slash looks for a theme, `u` looks at the case that was saved, `s` skips with a reason, `?` shows the keys; Escape leaves."""
    queue = draw_queue(engine)
    with opened(browser, address, prepared("lena")) as page:
        begin(page, queue)
        page.keyboard.press("Enter")
        expect(page.locator("#said")).to_contain_text("Not saved yet: answer “Which theme is the case about?” first.")
        page.keyboard.press("/")
        page.keyboard.type("tax")
        page.keyboard.press("Enter")
        expect(page.locator("#q-theme input[type=radio]")).to_have_count(2)
        page.keyboard.press("1")
        expect(page.locator("#q-tone")).to_have_class("question now")
        page.keyboard.press("ArrowUp")
        expect(page.locator("#q-theme")).to_have_class("question now")
        page.keyboard.press("Tab")
        page.keyboard.press("Tab")
        page.keyboard.press("Tab")
        expect(page.locator("#q-tone")).to_have_class("question now")
        page.keyboard.press("2")
        page.keyboard.press("Enter")
        expect(page.locator("h1")).to_contain_text("Case 2 ")
        page.keyboard.press("u")
        expect(page.locator("h1")).to_contain_text("Case 1 ")
        expect(page.get_by_role("radio", name="Invoice shows the wrong tax number")).to_be_checked()
        page.keyboard.press("Enter")
        expect(page.locator("h1")).to_contain_text("Case 2 ")
        page.keyboard.press("?")
        expect(page.locator("#keys dl")).to_be_visible()
        page.keyboard.press("Escape")
        expect(page.locator("#keys dl")).to_be_hidden()
        page.keyboard.press("s")
        page.keyboard.type("I cannot tell")
        page.keyboard.press("Enter")
        expect(page.locator("h1")).to_contain_text("Case 3 ")
    with reading(engine) as connection:
        states = connection.execute(
            select(schema.label_claims.c.state).order_by(schema.label_claims.c.case_id)
        ).scalars()
        assert list(states) == ["labelled", "skipped", "taken"]


@pytest.mark.parametrize(("scheme", "width"), VIEWS)
def test_axe_finds_no_serious_fault_in_labels(
    browser: Browser, address: str, engine: Engine, scheme: Any, width: int
) -> None:
    """Names, contrast, structure and keyboard of a case, a dispute, feedback and results, light on a laptop and dark on a phone."""
    queue, calibration, case = prepare_all(engine)
    faults: dict[str, list[str]] = {}
    with browser.new_context(
        base_url=address, viewport={"width": width, "height": 900}, color_scheme=scheme, bypass_csp=True
    ) as context:
        page = context.new_page()
        for name, paths in {
            "lena": [f"/labels/queues/{queue}", "/labels/cases/1", "/labels/cases/3", f"/labels/cases/{case}/feedback"],
            "ada": ["/labels", f"/labels/queues/{queue}/disputes", "/labels/cases/1/adjudicate", f"/labels/queues/{queue}/results",
                    f"/labels/queues/{calibration}/results", "/labels/results"],
        }.items():  # fmt: skip
            prepared(name)(context, address)
            for path in paths:
                answer = page.goto(path)
                assert answer is not None
                assert answer.ok, path
                page.evaluate(AXE)
                if found := serious(page.evaluate(RUN)):
                    faults[path] = found
    assert faults == {}


def prepare_all(engine: Engine) -> tuple[int, int, int]:
    """Leave a queue with a settled, a disputed and an open case, and a calibration with a labelled case.

    Return the numbers of the queue, of the calibration and of that case.
    """
    queue = draw_queue(engine, labellers=("lena", "mona"))
    with engine.begin() as connection:
        for case, tone in ((1, "poor"), (2, "good")):
            save_labels(connection, case, {"theme": str(case), "tone": tone}, LENA, END, seconds=20.0)
            save_labels(connection, case, {"theme": str(case), "tone": "good"}, MONA, END, seconds=30.0)
        gold = {
            "set_name": "cases",
            "ticket_id": "T-4-0",
            "question": "tone",
            "value": "poor",
            "note": "It blames.",
            "author": "ada",
        }
        connection.execute(insert(schema.label_gold).values(at=END, **gold))
    calibration = draw_queue(engine, kind=QueueKind.CALIBRATION, tickets=(), questions=("tone",), labellers=("lena",))
    with engine.begin() as connection:
        taken = next_case(connection, calibration, LENA, END)
        assert taken is not None
        save_labels(connection, taken.case.case_id, {"tone": "good"}, LENA, END, seconds=9.0)
    return queue, calibration, taken.case.case_id


def begin(page: Page, queue: int) -> None:
    """Take the first case of a queue by the keyboard, and wait until its first question is open."""
    page.goto(f"/labels/queues/{queue}")
    page.get_by_role("button", name="Begin").press("Enter")
    expect(page.locator(".question.now")).to_have_count(1)


def label_all(page: Page, queue: int, truth: dict[int, int], wrong: tuple[int, ...]) -> None:
    """Label all cases of a queue by number keys and Enter."""
    begin(page, queue)
    for case in range(1, CASES + 1):
        expect(page.locator("h1")).to_contain_text(f"Case {case} ")
        value = "none" if case in wrong else str(truth[case])
        page.keyboard.press(key_of(page, value))
        page.keyboard.press("Enter")
    expect(page.get_by_role("status").filter(has_text="Nothing is left for you")).to_be_visible()


def adjudicate_all(page: Page, queue: int, truth: dict[int, int]) -> None:
    """Decide all disputed cases by number keys and Enter."""
    page.goto(f"/labels/queues/{queue}/disputes")
    page.get_by_role("link", name=f"Case {DISAGREED[0]}", exact=True).focus()
    page.keyboard.press("Enter")
    for case in DISAGREED:
        expect(page.locator("h1")).to_have_text(f"Adjudicate case {case}")
        expect(page.locator(".tag")).to_have_text(["A", "B"])
        page.keyboard.press(key_of(page, str(truth[case])))
        page.keyboard.press("Enter")
    expect(page.get_by_role("status").filter(has_text="No case is left")).to_be_visible()


def key_of(page: Page, value: str) -> str:
    """Return the key that the page writes next to a value of the question that is open."""
    key = page.locator(f'.question.now input[value="{value}"]').get_attribute("data-key")
    assert key
    return key


def themes_of_cases(engine: Engine) -> dict[int, int]:
    """Return the theme of each case."""
    with reading(engine) as connection:
        return {row.id: row.theme_id for row in connection.execute(select(schema.label_cases))}
