"""The file of service levels: what it may contain, and what is said of what it may not."""

from datetime import date, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from models.metrics.business_hours import OpenHours
from models.metrics.history import WaitedFor
from models.service_levels.policy import AnsweredBy, ServiceTarget
from pipelines.handling.errors import ServiceLevelsInvalid
from pipelines.handling.service_level_file import read_service_levels

WHOLE = """
[[schedule]]
name = "berlin"
zone = "Europe/Berlin"
hours = { mon-fri = ["09:00-12:00", "13:00-18:00"], sat = "10:00-24:00" }
holidays = ["DE-BY"]
closed = [2026-12-24]

[[policy]]
name = "merchants"
match = { user_type = "merchant", priority = ["urgent", "high"] }
schedule = "berlin"
pauses = ["requester", "third_party"]
answered_by = "anyone"
targets = { first_reply = "30m", resolution = "1d12h" }

[[policy]]
name = "everyone"
targets = { next_reply = "8h" }
"""


def read(folder: Path, text: str):
    """Read a file with this text."""
    path = folder / "sla.toml"
    path.write_text(text, encoding="utf-8")
    return read_service_levels(path)


def test_a_file_is_read_as_it_says(tmp_path: Path):
    """A file is read as it says."""
    levels = read(tmp_path, WHOLE)
    first, second = levels.policies
    assert first.targets == {
        ServiceTarget.FIRST_REPLY: timedelta(minutes=30),
        ServiceTarget.RESOLUTION: timedelta(hours=36),
    }
    assert (first.schedule, first.answered_by) == ("berlin", AnsweredBy.ANYONE)
    assert set(first.pauses) == {WaitedFor.REQUESTER, WaitedFor.THIRD_PARTY}
    assert first.applies_to({"user_type": "merchant", "priority": "high"})
    assert not first.applies_to({"user_type": "merchant", "priority": "low"})
    assert (second.schedule, set(second.pauses), second.answered_by) == (None, {WaitedFor.REQUESTER}, AnsweredBy.PERSON)
    schedule = levels.schedules["berlin"]
    assert schedule.zone == ZoneInfo("Europe/Berlin")
    assert list(schedule.hours_of(date(2026, 11, 20))) == [OpenHours(540, 720), OpenHours(780, 1080)]
    assert list(schedule.hours_of(date(2026, 11, 21))) == [OpenHours(600, 1440)]
    assert not schedule.hours_of(date(2026, 11, 22))
    assert not schedule.hours_of(date(2026, 12, 24))
    assert not schedule.hours_of(date(2026, 1, 6)), "Epiphany is a holiday in Bavaria"


def test_a_byte_order_mark_is_no_mistake(tmp_path: Path):
    """Editors of Windows write one."""
    assert len(read(tmp_path, "\ufeff" + WHOLE).policies) == 2


def test_without_a_file_nothing_is_promised():
    """Without a file nothing is promised."""
    assert not read_service_levels(None).policies


def test_another_text_has_another_fingerprint(tmp_path: Path):
    """Another text has another fingerprint."""
    assert read(tmp_path, WHOLE).fingerprint != read(tmp_path, WHOLE.replace("30m", "45m")).fingerprint


@pytest.mark.parametrize(("old", "new", "sentence"), [
    ('first_reply = "30m"', 'first_reply = "soon"', "valid is a length such as 4h"),
    ('first_reply = "30m"', 'reply = "30m"', "policy.0.targets"),
    ('zone = "Europe/Berlin"', 'zone = "Europe/Bielefeld"', "valid is a name such as Europe/Berlin"),
    ('user_type = "merchant"', 'colour = "red"', "received 'colour'; valid are business_line"),
    ('schedule = "berlin"', 'schedule = "bonn"', "received the schedule 'bonn'; known are berlin"),
    ("mon-fri", "monday", "valid are mon to sun"),
    ("mon-fri", "fri-mon", "whose first day comes first"),
    ('"09:00-12:00"', '"9 to 12"', "valid is 09:00-17:30"),
    ('"09:00-12:00"', '"12:00-09:00"', "valid is a start before the end"),
    ('"DE-BY"', '"XX"', "valid is a code of ISO 3166"),
    ('name = "everyone"', 'name = "merchants"', "the policy 'merchants' is there twice"),
    ('pauses = ["requester", "third_party"]', 'pauses = ["agent"]', "valid are requester and third_party"),
    ('answered_by = "anyone"', 'answered = "anyone"', "answered"),
    ("[[policy]]", "[policy]", "Cannot overwrite a value"),
    ('name = "everyone"', 'name = "card 4111 1111 1111 1111"', "has something sensitive in it"),
])  # fmt: skip
def test_a_mistake_is_named_with_its_place(tmp_path: Path, old: str, new: str, sentence: str):
    """A mistake is named with its place."""
    with pytest.raises(ServiceLevelsInvalid) as refused:
        read(tmp_path, WHOLE.replace(old, new, 1))
    assert sentence in str(refused.value)
    assert str(tmp_path / "sla.toml") in str(refused.value)
    assert "\n" not in str(refused.value)
    assert "4111 1111" not in str(refused.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path):
    """A file that is not there is named."""
    with pytest.raises(ServiceLevelsInvalid, match="it cannot be read"):
        read_service_levels(tmp_path / "none.toml")
