import shutil

import pytest

from alerts.publishing import publish_digests
from alerts.settings import AlertSettings
from store.database import open_database, upgrade
from tests.alerts import launch_day
from tests.alerts.launch_day import WINDOW
from tests.harness import needs

ARGUMENTS = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

pytestmark = pytest.mark.browser

CONTRAST = """
() => {
  const light = (channel) =>
    (channel /= 255) <= 0.03928 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4;
  const luminance = (colour) => {
    const [r, g, b] = colour.match(/[\\d.]+/g).map(Number);
    return 0.2126 * light(r) + 0.7152 * light(g) + 0.0722 * light(b);
  };
  const ground = (node) => {
    for (; node; node = node.parentElement) {
      const colour = getComputedStyle(node).backgroundColor;
      if (colour !== "rgba(0, 0, 0, 0)") return colour;
    }
    return "rgb(255, 255, 255)";
  };
  const weak = [];
  const worded = (node) => node.nodeType === 3 && node.textContent.trim();
  for (const node of document.querySelectorAll("body *")) {
    if (node.closest("svg") || ![...node.childNodes].some(worded)) continue;
    const [a, b] = [luminance(getComputedStyle(node).color), luminance(ground(node))].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < 4.5) weak.push(`${node.textContent.trim().slice(0, 30)}: ${ratio.toFixed(2)}`);
  }
  return weak;
}
"""

SPILLS = """
() => {
  const edge = (node) => node.getBoundingClientRect().right;
  return [...document.querySelectorAll("td > table, img, blockquote")]
    .filter((node) => edge(node) > edge(node.parentElement.closest("td")))
    .map((node) => node.outerHTML.slice(0, 80));
}
"""


@pytest.fixture(scope="module")
def browser():
    """Debian's Chromium."""
    path = shutil.which("chromium")
    if path is None:
        needs.missing("Chromium", "install Debian's chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", *ARGUMENTS])
        yield running
        running.close()


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """The published pages of the launch day."""
    folder = tmp_path_factory.mktemp("pages")
    engine = open_database(f"sqlite:///{folder / 'day.db'}")
    upgrade(engine)
    launch_day.seed(engine)
    publish_digests(engine, launch_day.read_owners(folder), WINDOW, folder, AlertSettings())
    engine.dispose()
    return folder / "2026-11-20"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 900])
@pytest.mark.parametrize("audience", ["brazil", "everyone", "live-payments"])
def test_a_digest_reads_well(browser, pages, audience, width, scheme):
    """Light or dark, wide or narrow: texts have contrast (WCAG AA), nothing overflows, nothing is fetched."""
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page = context.new_page()
    fetched, complaints = [], []
    page.on("request", lambda request: fetched.append(request.url))
    page.on("console", lambda message: complaints.append(message.text))
    address = (pages / f"{audience}.html").as_uri()
    page.goto(address)
    assert [one for one in fetched if not one.startswith("data:")] == [address]
    assert complaints == []
    assert page.evaluate(CONTRAST) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate(SPILLS) == []
    for drawing in page.locator("img").all():
        assert drawing.evaluate("one => one.naturalWidth") > 0
        assert drawing.bounding_box()["height"] > 40
        assert "hours above" in drawing.get_attribute("alt")
    context.close()
