"""The file of costs: what it may contain, and what is said of what it may not."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from models.metrics.columns import NEEDED, columns_of
from models.metrics.cost import HandlerCost
from pipelines.handling.cost_file import read_costs
from pipelines.handling.errors import CostsInvalid

WHOLE = """
currency = "EUR"
[handler.ai]
per_reply = 0.02
[vendor."Bright Desk"]
per_ticket = 3
"""


def read(folder: Path, text: str):
    """Read a file with this text."""
    path = folder / "costs.toml"
    path.write_text(text, encoding="utf-8")
    return read_costs(path)


def test_a_file_is_read_as_it_says(tmp_path: Path):
    """A file is read as it says."""
    found = read(tmp_path, WHOLE)
    assert found is not None
    assert (found.currency, found.handlers, found.vendors) == (
        "EUR", {"ai": HandlerCost(0.0, 0.02)}, {"Bright Desk": HandlerCost(3.0, 0.0)},
    )  # fmt: skip


def test_without_a_file_there_are_no_costs():
    """Without a file there are no costs."""
    assert read_costs(None) is None


@pytest.mark.parametrize(("old", "new", "sentence"), [
    ('"EUR"', '"euro"', "currency"),
    ("0.02", "-1", "handler.ai.per_reply: received -1"),
    ("0.02", "inf", "per_reply"),
    ("handler.ai", "handler.robot", "handler.robot"),
    ("per_ticket", "per_hour", "per_hour"),
    ("currency =", "currency", "="),
])  # fmt: skip
def test_a_mistake_is_named_with_its_place(tmp_path: Path, old: str, new: str, sentence: str):
    """A mistake is named with its place."""
    with pytest.raises(CostsInvalid) as refused:
        read(tmp_path, WHOLE.replace(old, new, 1))
    assert sentence in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path):
    """A file that is not there is named."""
    with pytest.raises(CostsInvalid, match="it cannot be read"):
        read_costs(tmp_path / "none.toml")


def test_a_recount_by_the_documentation_gives_the_costs(tmp_path: Path):
    """Answers of machines cost AI's price on every ticket: the example of docs/metrics.md is computed as it says."""
    page = (Path(__file__).parents[2] / "docs" / "metrics.md").read_text(encoding="utf-8")
    (table,) = [block for block in re.findall(r"```toml\n(.*?)```", page, re.DOTALL) if "[handler.ai]" in block]
    file = tmp_path / "costs.toml"
    file.write_text(table, encoding="utf-8")
    row = {**dict.fromkeys(NEEDED), "created_at": datetime(2026, 11, 20, tzinfo=UTC), "replies": 5, "human_replies": 3}
    rows = [{**row, "handled_by": "human"}, {**row, "handled_by": "vendor", "vendor": "brightdesk"}]
    costs = read_costs(file)
    assert costs is not None
    found = [f"{cost:.2f}" for cost in costs.of(columns_of(rows))]
    assert found == ["6.14", "3.14"]
    assert all(f"= {cost} where" in page for cost in found)
