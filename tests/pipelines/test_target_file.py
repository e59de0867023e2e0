"""The file of targets: read, and refused in a sentence that names the place at fault."""

from pathlib import Path

import pytest

from models.metrics.targets import COMPLIANCE
from pipelines.figures.errors import TargetsInvalid
from pipelines.figures.target_file import read_targets

HOW_TO = Path("docs/how-to/figures.md")


def _read(tmp_path: Path, text: str):
    file = tmp_path / "targets.toml"
    file.write_text(text, encoding="utf-8")
    return read_targets(file)


def test_the_example_of_the_guide_is_valid(root: Path, tmp_path: Path) -> None:
    """What the guide shows can be copied; lengths of time are seconds, and themes are named by their numbers."""
    text = (root / HOW_TO).read_text(encoding="utf-8").split("```toml")[1].split("```")[0]
    reply, special, satisfied, promises, theme = _read(tmp_path, text)
    assert (reply.metric, reply.limit, reply.is_most) == ("first_reply_median", 1800, True)
    assert (special.match, special.limit) == ({"vendor": frozenset({"brightdesk", "acme"})}, 0.85)
    assert (satisfied.match, satisfied.is_most, promises.metric) == ({}, False, COMPLIANCE)
    assert theme.match == {"theme_id": frozenset({"12"})}


def test_without_a_file_there_are_no_targets() -> None:
    """The setting may be left out."""
    assert read_targets(None) == ()


@pytest.mark.parametrize(("text", "says"), [
    ("[[target]]\nmetric = 'colour'\nat_most = 1", "target 1: received the metric 'colour'; valid are created"),
    ("[[target]]\nmetric = 'csat'", "target 1 (csat): give one of at_most and at_least"),
    ("[[target]]\nmetric = 'csat'\nat_least = 0.5\nat_most = 0.6", "give one of"),
    ("[[target]]\nmetric = 'csat'\nat_most = 0.5", "its better direction is higher, so valid is at_least"),
    ("[[target]]\nmetric = 'csat'\nat_least = 85", "valid is a share from 0 to 1"),
    ("[[target]]\nmetric = 'csat'\nat_least = '85 %'", "valid is a number"),
    ("[[target]]\nmetric = 'first_reply_p90'\nat_most = 30", "valid is a length of time"),
    ("[[target]]\nmetric = 'first_reply_p90'\nat_most = 'soon'", "received 'soon'; valid is a length"),
    ("[[target]]\nmetric = 'created'\nat_most = -1", "valid is a number of 0 or more"),
    ("[[target]]\nmetric = 'csat'\nat_least = 0.5\nmatch = {colour = 'red'}", "match.'colour'; valid are business_line"),
    ("[[target]]\nmetric = 'csat'\nat_least = 0.5\nmatch = {vendor = []}", "no value for match.vendor"),
    ("[[target]]\nmetric = 'csat'\nat_least = 0.5\nmost = 1", "target.0.most"),
    ("[[target", "targets.toml"),
])  # fmt: skip
def test_what_is_not_valid_is_said_in_a_sentence(tmp_path: Path, text: str, says: str) -> None:
    """The sentence names the file, the target and what is valid."""
    with pytest.raises(TargetsInvalid) as raised:
        _read(tmp_path, text)
    assert says in str(raised.value)
    assert "targets.toml" in str(raised.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """It cannot be read, and the setting is named."""
    with pytest.raises(TargetsInvalid, match=r"check figures\.targets"):
        read_targets(tmp_path / "none.toml")
