"""axe-core on every page, made from the application's routes: no serious fault, light on a laptop and dark on a phone."""

import re
from importlib.resources import files
from typing import Any

import pytest
from fastapi import FastAPI
from playwright.sync_api import Browser

from console.access.needs import routes_of
from tests.console.conftest import sign_in

pytestmark = [pytest.mark.browser, pytest.mark.long]

AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
RUN = "async () => (await axe.run(document, {resultTypes: ['violations']})).violations"
VIEWS = [("light", 1280), ("dark", 390)]
VALUES = {"launch_id": "live-coins%2Fwinter", "token": "none", "slug": "refund-missing"}
LEFT_OUT = re.compile(r"^/(events|api|healthz|feedback|invitation)|\.csv$|/document$|/download|/export")
"""Streams, data and files; pages of one-time links are looked at with a person."""


def pages_of(app: FastAPI) -> list[str]:
    """Return an address of each page."""
    found = {
        re.sub(r"\{(\w+)(?::\w+)?\}", lambda name: VALUES.get(name[1], "1"), str(route.path))
        for route in routes_of(app.routes)
        if "GET" in (route.methods or ()) and not LEFT_OUT.search(str(route.path))
    }
    return sorted(found)


def serious(violations: list[dict[str, Any]]) -> list[str]:
    """Describe the violations that keep somebody from using a page."""
    return [
        f"{one['id']}: {one['help']}: {node['html'][:200]}"
        for one in violations
        if one["impact"] in ("serious", "critical")
        for node in one["nodes"][:3]
    ]


@pytest.mark.parametrize(("scheme", "width"), VIEWS)
def test_axe_finds_no_serious_fault(browser: Browser, address: str, app: FastAPI, scheme: Any, width: int) -> None:
    """Names, contrast, structure and keyboard, on each page that answers."""
    # The rules are put into the page by the browser's own tools, which the policy of the pages does not concern.
    context = browser.new_context(
        base_url=address, viewport={"width": width, "height": 900}, color_scheme=scheme, bypass_csp=True
    )
    sign_in(context, address)
    page = context.new_page()
    faults: dict[str, list[str]] = {}
    looked = 0
    for path in pages_of(app):
        answer = page.goto(path)
        if answer is None or not answer.ok or "html" not in answer.headers["content-type"]:
            continue
        looked += 1
        page.evaluate(AXE)
        found = serious(page.evaluate(RUN))
        if found:
            faults[path] = found
    context.close()
    assert faults == {}
    assert looked >= 12
