"""A vendor manager's week: signs in, reads the scorecard of the own teams, sorts, filters, and takes it out as a file."""

import csv
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from pyarrow import parquet
from python_calamine import load_workbook
from sqlalchemy import Engine

from console.access import PeopleSignIn
from console.app import create_app
from console.parts import ConsoleParts
from console.settings import ConsoleSettings
from models.access import AccessScope, Role
from pipelines.handling.settings import FigureSettings
from pipelines.settings import MiningSettings
from store.accounts.invitations import invite
from store.accounts.people import add_person
from store.database import open_database, upgrade
from tests.console.conftest import wall_clock
from tests.console.days import choose_password, opened, served
from tests.console.figure_rows import VENDORS, write_figures

pytestmark = [pytest.mark.browser, pytest.mark.long]

OTHERS = ("brightdesk", "=cmd", "ours-")
"""What names the tickets of others."""


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    """Return a database with two weeks of figures."""
    found = open_database(f"sqlite:///{tmp_path / 'g.db'}")
    upgrade(found)
    write_figures(found)
    yield found
    found.dispose()


def test_a_vendor_manager_reads_sorts_filters_and_exports_the_scorecard(
    browser: Browser, engine: Engine, tmp_path: Path
) -> None:
    """All that the page and the three files hold is of the vendor's own tickets, and the files hold what the page shows."""
    targets = tmp_path / "targets.toml"
    targets.write_text("[[target]]\nmetric = 'first_reply_median'\nat_most = '5m'\n")
    with engine.begin() as connection:
        add_person(connection, "vera", Role.VIEWER, AccessScope.of({"vendor": ["acme"]}), at=wall_clock())
        invitation = invite(connection, "vera", at=wall_clock())
    parts = ConsoleParts(sign_in=PeopleSignIn(engine, wall_clock), figures=FigureSettings(targets=targets))
    settings = ConsoleSettings(port=0, sign_in="people")
    app = create_app(engine, clock=wall_clock, settings=settings, mining=MiningSettings(), parts=parts)
    with served(app) as address, opened(browser, address) as page:
        choose_password(page, f"/invitation/{invitation}", "vera")
        page.get_by_role("link", name="Figures").click()
        page.get_by_role("link", name="Teams and vendors").click()
        expect(page.get_by_role("rowheader")).to_have_text(["acme"])
        expect(page.get_by_text("✗ missed").first).to_be_visible()
        _sorts_and_filters(page)
        _exports_what_is_shown(page, tmp_path)


def _sorts_and_filters(page: Page) -> None:
    page.locator("select[name=by]").select_option("team")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_role("rowheader").first).to_have_text("acme-0")
    table = page.get_by_role("region", name="Scorecard by team")
    table.get_by_role("link", name="Team").click()
    table.get_by_role("link", name="Team").click()
    expect(table.get_by_role("rowheader")).to_have_text(["acme-1", "acme-0"])
    expect(table.locator("th[aria-sort=descending]")).to_contain_text("Team")
    page.locator("select[name=region]").select_option("BR")
    page.get_by_role("button", name="Show").click()
    expect(page.locator("select[name=region]")).to_have_value("BR")
    _says_nothing_of_others(page.content())


def _exports_what_is_shown(page: Page, folder: Path) -> None:
    table = page.get_by_role("region", name="Scorecard by team")
    table.get_by_role("link", name="Created").click()
    expect(table.locator("th[aria-sort]")).to_contain_text("Created")
    shown = [
        (row.get_by_role("rowheader").inner_text(), int(row.locator(".fig").first.inner_text()))
        for row in table.locator("tbody tr").all()
    ]
    assert 0 < sum(number for _, number in shown) < VENDORS["acme"]
    section = page.locator("#scorecard")
    for kind, read in (("CSV", _csv), ("Excel", _excel), ("Parquet", _parquet)):
        with page.expect_download() as download:
            section.get_by_role("link", name=kind).click()
        file = folder / download.value.suggested_filename
        download.value.save_as(file)
        assert [(row["group"], int(float(row["created"]))) for row in read(file)] == shown
        _says_nothing_of_others(str(read(file)))


def _says_nothing_of_others(text: str) -> None:
    assert [other for other in OTHERS if re.search(re.escape(other), text)] == []


def _csv(file: Path) -> list[dict[str, Any]]:
    with file.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def _excel(file: Path) -> list[dict[str, Any]]:
    names, *rows = load_workbook(str(file)).get_sheet_by_index(0).to_python()
    return [dict(zip(names, row, strict=True)) for row in rows]


def _parquet(file: Path) -> list[dict[str, Any]]:
    return list(parquet.read_table(file).to_pylist())
