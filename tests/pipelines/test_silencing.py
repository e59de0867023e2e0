"""What a person may silence: matchers, times and texts are checked, and what is typed is redacted."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection

from alerts.ownership import Audience, Ownership
from models.silence import SilenceKind
from models.times import parse_length
from pipelines.past.explain import SegmentUnreadable, SegmentUnwatched
from pipelines.settings import MiningSettings
from pipelines.silences import EpochSilences
from pipelines.silencing import SilenceDraft, SilenceInvalid, SilencingRules, add_silence
from pipelines.state.themes import ThemeRecord
from store.audit import list_audit
from store.errors import ThemeUnknown
from store.silence_listings import describe_silence, list_silences
from store.silences import SilenceOver, SilenceUnknown, end_silence, get_silence
from store.themes import write_themes
from tests.pipelines.chain import open_new

NOW = datetime(2026, 11, 20, 14, tzinfo=UTC)
HOUR = timedelta(hours=1)
RULES = SilencingRules(
    mining=MiningSettings(), ownership=Ownership((Audience("ops"), Audience("everyone"))), now=NOW,
    embed=lambda text: np.eye(1, 384, len(text) % 384, dtype=np.float32)[0],
)  # fmt: skip
BAD = "\u202edeploy"


@pytest.fixture(scope="module")
def opened(tmp_path_factory) -> Iterator[Connection]:
    """A database with two themes."""
    engine = open_new(f"sqlite:///{tmp_path_factory.mktemp('silencing')}/test.db")
    with engine.begin() as connection:
        write_themes(connection, [ThemeRecord(theme_id=one, name="coins").as_row() for one in (1, 2)])
    with engine.connect() as connection:
        yield connection
    engine.dispose()


@pytest.fixture
def connection(opened: Connection) -> Iterator[Connection]:
    """The same database, unchanged by other tests."""
    yield opened
    opened.rollback()


def active(connection: Connection, time: datetime) -> list[int]:
    """The ids of the silences that are in force for an epoch that ends at a time."""
    return [one.silence_id for one in EpochSilences.read(connection, time).active]


def draft(**changes):
    """A silence of theme 1 for four hours."""
    return SilenceDraft(**{"owner": "ana", "reason": "deploy", "themes": ("1",), "lasts": 4 * HOUR, **changes})


def test_a_silence_is_stored_as_it_was_asked_for(connection: Connection) -> None:
    """Ids, patterns, segment, audience and example are kept, it is in force at once, and the audit log has a line."""
    made = add_silence(
        connection,
        draft(themes=("1", "*Refund*", "1"), segment="region=US", audience="ops", like="my refund is late"),
        RULES,
    )
    stored = get_silence(connection, made.silence_id)
    assert stored.matchers == made.matchers
    assert stored.matchers.themes == (1, "*Refund*")
    assert (stored.starts_at, stored.ends_at) == (NOW, NOW + 4 * HOUR)
    assert stored.example is not None
    assert stored.example.shape == (384,)
    assert active(connection, NOW) == [made.silence_id]
    assert active(connection, NOW + 4 * HOUR) == []
    assert list_audit(connection)[0]["action"] == "silence added"


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"themes": ()}, "would silence everything"),
        ({"themes": (), "audience": "everyone"}, "would silence everything"),
        ({"themes": ("*",)}, "would silence everything"),
        ({"themes": ("?*",)}, "would silence everything"),
        ({"themes": ("[a-z]*",)}, "would silence everything"),
        ({"themes": ("*e*",)}, "would silence everything"),
        ({"themes": ("[!x]*[!y]",)}, "would silence everything"),
        ({"themes": ("",)}, "empty theme"),
        ({"themes": ("a" * 201,)}, "201 characters"),
        ({"themes": ("ab*",) * 101}, "101 themes"),
        ({"themes": ("*4111 1111 1111 1111*",)}, "personal data"),
        ({"themes": (BAD,)}, "control characters"),
        ({"reason": " "}, "empty reason"),
        ({"reason": "x\ny"}, "control characters"),
        ({"reason": "x" * 501}, "501 characters"),
        ({"owner": "\x1b[31m"}, "control characters"),
        ({"owner": "ana@example.com"}, "valid is a user name"),
        ({"like": ""}, "empty like"),
        ({"like": "x" * 2001}, "2,001 characters"),
        ({"audience": "nobody"}, "valid are ops, everyone"),
        ({"audience": ""}, "valid are ops, everyone"),
        ({"lasts": timedelta(0)}, "not after now"),
        ({"lasts": -HOUR}, "not after now"),
        ({"lasts": None, "until": NOW}, "not after now"),
        ({"lasts": None, "until": NOW - HOUR}, "not after now"),
        ({"lasts": None, "until": NOW + HOUR, "start": NOW + 2 * HOUR}, "not after its start"),
        ({"until": NOW + HOUR}, "no end, or two"),
        ({"lasts": None}, "no end, or two"),
        ({"lasts": timedelta(days=367)}, "make it a mute rule"),
        ({"lasts": timedelta.max}, "beyond the calendar"),
        ({"mute": True}, "a mute rule with an end"),
        ({"review": NOW + HOUR}, "only a mute rule is reviewed"),
        ({"mute": True, "lasts": None, "review": NOW}, "not after its start and now"),
    ],
)  # fmt: skip
def test_what_cannot_be_silenced(connection: Connection, changes, sentence) -> None:
    """Each wrong use is refused in one sentence that says what is valid, and nothing is stored."""
    with pytest.raises(SilenceInvalid, match=sentence):
        add_silence(connection, draft(**changes), RULES)
    assert list_silences(connection, NOW, ended=True) == []


@pytest.mark.parametrize("theme", ["3", "-1", "+7", "999999999999", "9" * 5000])
def test_an_unknown_theme_is_named(connection: Connection, theme) -> None:
    """A number that is no theme is refused; one of thousands of digits is not read."""
    expected = SilenceInvalid if len(theme) > 200 else ThemeUnknown
    with pytest.raises(expected):
        add_silence(connection, draft(themes=(theme,)), RULES)


def test_all_tickets_can_be_silenced(connection: Connection) -> None:
    """Theme 0 is all tickets."""
    assert add_silence(connection, draft(themes=("0",)), RULES).matchers.themes == (0,)


@pytest.mark.parametrize(
    ("segment", "error"),
    [
        ("region", SegmentUnreadable),
        ("region=", SegmentUnreadable),
        ("colour=red", SegmentUnwatched),
        ("region=US,vendor=x", SegmentUnwatched),
        ("region=4111 1111 1111 1111", SegmentUnreadable),
    ],
)
def test_a_segment_that_no_signal_has_is_refused(connection: Connection, segment, error) -> None:
    """A silence that could never hide anything is a mistake."""
    with pytest.raises(error):
        add_silence(connection, draft(segment=segment), RULES)


def test_what_is_typed_is_redacted(connection: Connection) -> None:
    """A card number in the reason or the example text is stored nowhere."""
    made = add_silence(
        connection,
        draft(reason="card 4111 1111 1111 1111 of a test", like="my card 4111 1111 1111 1111 is refused"),
        RULES,
    )
    stored = str(describe_silence(connection, made.silence_id, NOW)) + str(list_audit(connection))
    assert "4111" not in stored
    assert "[CARD" in stored


def test_a_mute_rule_is_reviewed(connection: Connection) -> None:
    """It has no end, and a date of review, 30 days from its start where nobody says another."""
    made = add_silence(connection, draft(mute=True, lasts=None), RULES)
    assert (made.kind, made.ends_at, made.review_at) == (SilenceKind.MUTE, None, NOW + timedelta(days=30))
    assert get_silence(connection, made.silence_id).state_at(NOW + timedelta(days=31)) == "review"


def test_without_a_model_there_is_no_example_text(connection: Connection) -> None:
    """The sentence says where an example text can be given."""
    rules = SilencingRules(mining=MiningSettings(), ownership=RULES.ownership, now=NOW)
    with pytest.raises(SilenceInvalid, match="no embedding model"):
        add_silence(connection, draft(like="late"), rules)


def test_a_silence_is_ended_once(connection: Connection) -> None:
    """Its end moves to the time given, who did it is noted, and one that is over or unknown is refused."""
    made = add_silence(connection, draft(), RULES)
    ended = end_silence(connection, made.silence_id, ends_at=NOW + HOUR, actor="bo", at=NOW)
    assert (ended.ends_at, ended.expired_by, ended.state_at(NOW + HOUR)) == (NOW + HOUR, "bo", "ended")
    with pytest.raises(SilenceOver):
        end_silence(connection, made.silence_id, ends_at=NOW + HOUR, actor="bo", at=NOW)
    with pytest.raises(SilenceUnknown):
        end_silence(connection, 2**40, ends_at=NOW, actor="bo", at=NOW)


def test_a_silence_that_is_ended_before_it_begins_is_never_in_force(connection: Connection) -> None:
    """Its end becomes its start."""
    made = add_silence(connection, draft(start=NOW + HOUR), RULES)
    assert made.state_at(NOW) == "pending"
    ended = end_silence(connection, made.silence_id, ends_at=NOW, actor="bo", at=NOW)
    assert ended.ends_at == ended.starts_at
    assert active(connection, NOW + HOUR) == []


@pytest.mark.parametrize(
    ("text", "length"),
    [("4h", 4 * HOUR), ("90m", 1.5 * HOUR), ("90 min", 1.5 * HOUR), ("1d12h", 36 * HOUR), ("1 W", 168 * HOUR), ("1.5h", 1.5 * HOUR)],
)  # fmt: skip
def test_lengths_are_read_as_people_write_them(text, length) -> None:
    """Numbers with units, one after the other."""
    assert parse_length(text) == length


@given(st.text(max_size=20))
def test_no_text_is_a_length_of_nothing(text) -> None:
    """Whatever is typed, the length is above zero or refused."""
    with suppress(ValueError):
        assert parse_length(text) > timedelta(0)


@pytest.mark.parametrize(
    "text", ["", "4", "h", "0h", "-4h", "4h!", "four hours", "9" * 400 + "h", "999999999w" * 9, "٤h"]
)
def test_what_is_no_length(text) -> None:
    """Anything else is refused, also what is beyond the calendar."""
    with pytest.raises(ValueError, match="valid is a length"):
        parse_length(text)
