"""Stored sentences on a page: their times, and the names of dimensions."""

from datetime import UTC, datetime

from console.stored_sentence import localized
from console.zone import written_in

OPENED = datetime(2026, 11, 20, 0, 30, tzinfo=UTC)


def test_times_are_those_of_the_viewer() -> None:
    """A time with a date is that; one without is the last such time before; all have UTC on hover."""
    with written_in("Asia/Kolkata"):
        said = str(localized("runs from 2026-11-20 12:00 to 2026-11-20 22:00 UTC, since 23:15 UTC", OPENED))
    assert ">Fri 20 Nov 17:30</time> to <time" in said
    assert ">Sat 21 Nov 03:30</time>" in said
    assert 'title="Thu 19 Nov 2026 23:15 UTC">Fri 20 Nov 04:45</time>' in said
    assert str(localized("since 23:15 UTC")) == "since 23:15 UTC"


def test_dimensions_are_words_and_text_is_text() -> None:
    """Values stay as they are; what is no time is no time; nothing is markup."""
    assert str(localized("The excess is in business_line live, product gift_cards.")) == (
        "The excess is in business line live, product gift_cards."
    )
    assert str(localized("business_line=live")) == "business_line=live"
    assert str(localized("<b> 2026-13-45 99:99 UTC 99:99 UTC", OPENED)) == "&lt;b&gt; 2026-13-45 99:99 UTC 99:99 UTC"
