"""Known issues and statuses as pure rules: transitions, confidence, quoted sentences, what is stale."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.known_issues import (
    AttachmentWay,
    IssueActivity,
    IssueState,
    StaleReason,
    StatusFacts,
    TransitionRefused,
    confidence_of,
    next_status,
    open_states,
    refuse_decision,
    stale_reasons,
)
from models.known_issues.attachment import LONGEST, nearest_sentence, quote_of, words_about
from models.known_issues.details import LENGTHS, DetailsInvalid, issue_details
from models.known_issues.issue_state import AUTOMATIC, BY_PEOPLE, check_by_people
from models.known_issues.theme_status import AUTOMATIC as THEME_AUTOMATIC
from models.known_issues.theme_status import BY_PEOPLE as THEME_BY_PEOPLE
from models.theme import ThemeStatus

NOW = datetime(2026, 11, 29, tzinfo=UTC)
facts = st.builds(
    StatusFacts,
    dormant=st.booleans(),
    said=st.sampled_from([None, ThemeStatus.KNOWN, ThemeStatus.RESOLVED, ThemeStatus.REGRESSED, ThemeStatus.ARCHIVED]),
    rising=st.booleans(),
    young=st.booleans(),
)


def test_each_state_has_its_row_in_each_table():
    """No state of a known issue and no status of a theme is missing in a table of transitions."""
    for table in (BY_PEOPLE, AUTOMATIC):
        assert set(table) == set(IssueState)
    for table in (THEME_BY_PEOPLE, THEME_AUTOMATIC):
        assert set(table) == set(ThemeStatus)


@given(st.sampled_from(list(ThemeStatus)), facts)
def test_a_theme_moves_only_as_its_table_allows(before, found):
    """Whatever the facts are, the status stays or changes to one that may follow it."""
    after = next_status(before, found)
    assert after is before or after in THEME_AUTOMATIC[before]


@given(st.lists(facts, max_size=12))
def test_a_status_settles_at_once(steps):
    """The same facts twice change nothing the second time."""
    status = ThemeStatus.NEW
    for step in steps:
        status = next_status(status, step)
        assert next_status(status, step) is status


@pytest.mark.parametrize("before", list(IssueState))
@pytest.mark.parametrize("after", list(IssueState))
def test_a_refused_change_names_the_allowed_ones(before, after):
    """A change of a known issue is allowed, or refused with one sentence that names all that are allowed."""
    if after in BY_PEOPLE[before]:
        check_by_people(7, before, after)
        return
    with pytest.raises(TransitionRefused) as refused:
        check_by_people(7, before, after)
    text = str(refused.value)
    assert text.startswith(f"known issue 7 is {before.value}")
    assert all(one.value in text for one in BY_PEOPLE[before])
    assert "\n" not in text


def test_a_closed_issue_says_that_its_decision_can_be_undone():
    """Nothing follows `closed`, and the sentence says what to do."""
    with pytest.raises(TransitionRefused, match="undo the decision that led to it"):
        check_by_people(7, IssueState.CLOSED, IssueState.MONITORING)


@pytest.mark.parametrize("after", [ThemeStatus.NEW, ThemeStatus.ESCALATING, ThemeStatus.REGRESSED])
@pytest.mark.parametrize("before", list(ThemeStatus))
def test_nobody_decides_what_only_volume_shows(before, after):
    """People archive, resolve and flag; that a theme is new, rises or has come back is for its volume to show."""
    with pytest.raises(TransitionRefused, match=f"theme 3 is {before.value}"):
        refuse_decision(3, before, after)


def test_a_fix_can_be_announced_from_every_open_state():
    """Whoever has fixed an issue need not go through all states before it."""
    assert all(IssueState.FIXED in BY_PEOPLE[one] for one in (*open_states(), IssueState.REGRESSED))


@given(st.floats(-2, 2), st.lists(st.floats(-1, 1), max_size=6))
def test_confidence_is_a_share(share, similarities):
    """Confidence is between 0 and 1 for every vote and every similarity."""
    assert 0.0 <= confidence_of(share, similarities) <= 1.0


@given(st.floats(0, 1), st.lists(st.floats(0, 1), min_size=3, max_size=6), st.floats(0, 0.2))
def test_confidence_grows_with_vote_and_similarity(share, similarities, more):
    """A greater share of the vote, or tickets that are nearer, never lower the confidence."""
    base = confidence_of(share, similarities)
    assert confidence_of(min(1.0, share + more), similarities) >= base
    assert confidence_of(share, [min(1.0, one + more) for one in similarities]) >= base


def test_confidence_without_tickets_to_compare_with_is_the_vote():
    """The first ticket of an issue can only be judged by the vote on its theme."""
    assert confidence_of(0.8, []) == 0.8
    assert confidence_of(0.81, [0.64, 0.64, 0.64]) == round((0.81 * 0.64) ** 0.5, 4)
    assert confidence_of(1.0, [0.9, 0.9, 0.9, 0.1]) == confidence_of(1.0, [0.9, 0.9, 0.9])


@pytest.mark.parametrize(
    ("text", "quote"),
    [
        ("Hello team.\nI was charged twice for my coins! Thank you.", "I was charged twice for my coins!"),
        ("coins", "coins"),
        ("Nothing of it. At all.", "Nothing of it."),
        ("", ""),
        (" \n ...", ""),
        ("Bonjour. Mes coins ont été charged deux fois ; merci.", "Mes coins ont été charged deux fois ;"),
        ("私は困っています。coins twice charged です。", "coins twice charged です。"),
        ("First the app closed. Then it refunded the coin, twice.", "Then it refunded the coin, twice."),
    ],
)
def test_the_nearest_sentence_is_quoted(text, quote):
    """The sentence that shares most with the issue is quoted, the first one where none does, and nothing without words."""
    about = words_about(["Charged twice", "charged twice coins", "twice"])
    assert nearest_sentence(text, about) == quote


@given(st.text(max_size=600))
def test_a_quote_is_one_short_line_of_the_text(text):
    """Whatever a ticket holds, the quote is one line, not too long, and made of the ticket's own words."""
    quote = nearest_sentence(text, words_about(["charged twice"]))
    assert "\n" not in quote
    assert len(quote) <= LONGEST
    assert quote.strip("…").strip() in " ".join(text.split()) or quote == ""


def test_a_sentence_of_the_body_is_preferred_to_the_title():
    """A title says less; it is quoted where the body shares nothing with the issue."""
    about = words_about(["charged twice"])
    assert quote_of("Charged twice", "Hello. I was charged twice today.", about) == "I was charged twice today."
    assert quote_of("Charged twice", "Please see the picture.", about) == "Charged twice"
    assert quote_of("Help", "Please see the picture.", about) == "Help"


def test_a_long_sentence_is_cut_around_what_it_shares():
    """Of a text without full stops the part that shows why is quoted."""
    text = "and then " * 200 + "I was charged twice " + "and so on " * 200
    assert "charged twice" in nearest_sentence(text, words_about(["charged twice"]))


def test_a_sentence_is_found_in_linear_time():
    """A text of 200,000 characters that are all ends of sentences is no trap."""
    nearest_sentence(".! " * 70_000, words_about(["charged twice"]))
    nearest_sentence("a" * 200_000, words_about(["charged twice"]))


def _activity(**changes) -> IssueActivity:
    fields = {
        "state": IssueState.IDENTIFIED, "owner": "payments", "updated_at": NOW, "fix_expected_at": None, "fixed_at": None,
        "newest_ticket": NOW, "themes": 1,
    }  # fmt: skip
    return IssueActivity(**{**fields, **changes})


OLD = NOW - timedelta(days=15)


@pytest.mark.parametrize(
    ("changes", "reasons"),
    [
        ({}, []),
        ({"updated_at": OLD}, [StaleReason.NO_UPDATE]),
        ({"updated_at": NOW - timedelta(days=14)}, []),
        ({"fix_expected_at": NOW - timedelta(minutes=1)}, [StaleReason.FIX_OVERDUE]),
        ({"fix_expected_at": NOW + timedelta(days=1)}, []),
        ({"newest_ticket": OLD}, [StaleReason.NO_TICKETS]),
        ({"newest_ticket": None}, [StaleReason.NO_TICKETS]),
        ({"owner": "gone"}, [StaleReason.OWNER_GONE]),
        ({"owner": None}, []),
        ({"themes": 0}, [StaleReason.NO_THEME]),
        ({"state": IssueState.FIXED, "fixed_at": OLD}, [StaleReason.FIX_NOT_CONFIRMED]),
        ({"state": IssueState.FIXED, "fixed_at": NOW, "newest_ticket": OLD}, []),
        ({"state": IssueState.RESOLVED, "newest_ticket": OLD}, []),
        ({"state": IssueState.RESOLVED, "updated_at": OLD}, [StaleReason.NO_UPDATE]),
        ({"state": IssueState.CLOSED, "updated_at": OLD, "owner": "gone", "themes": 0}, []),
        (
            {"updated_at": OLD, "newest_ticket": OLD, "owner": "gone", "themes": 0, "fix_expected_at": OLD},
            [StaleReason.NO_UPDATE, StaleReason.FIX_OVERDUE, StaleReason.NO_TICKETS, StaleReason.OWNER_GONE, StaleReason.NO_THEME],
        ),
    ],
)  # fmt: skip
def test_an_issue_is_stale_for_these_reasons(changes, reasons):
    """Each reason holds exactly when it is true, and a closed issue is never stale."""
    assert list(stale_reasons(_activity(**changes), NOW, timedelta(days=14), {"payments"})) == reasons


def test_without_an_ownership_file_no_owner_is_gone():
    """Where nobody says who the audiences are, every owner is taken for one."""
    assert not stale_reasons(_activity(owner="whoever"), NOW, timedelta(days=14), None)


@pytest.mark.parametrize(
    ("sent", "found"),
    [
        ({"title": "  Pix is slow "}, {"title": "Pix is slow"}),
        ({"title": None, "owner": ""}, {"owner": None}),
        ({"sop": "Say:\r\nwait"}, {"sop": "Say:\nwait"}),
        ({"fix_expected_at": "2026-12-01T08:00"}, {"fix_expected_at": "2026-12-01T08:00:00+00:00"}),
        ({"fix_version": "38.2.1"}, {"fix_version": "38.2.1"}),
    ],
)
def test_details_are_read(sent, found):
    """Details that were not given are left out, and an empty text takes one away."""
    assert issue_details(sent) == found


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        ({"title": " "}, "received no title"),
        ({"title": "a\nb"}, "control characters"),
        ({"workaround": "a\x1b[2J"}, "received a workaround with control characters"),
        ({"owner": "\u202epayments"}, "control characters"),
        ({"fix_version": "soon"}, "valid is a form such as 38.1.0"),
        ({"fix_expected_at": "soon"}, "valid is a form such as 2026-11-20T14:05Z"),
        *(({name: "x" * (length + 1)}, f"valid are up to {length:,}") for name, length in LENGTHS.items()),
    ],
)
def test_details_that_cannot_be_taken_are_refused(sent, sentence):
    """One sentence says what was received and what is valid, without quoting it."""
    with pytest.raises(DetailsInvalid, match=sentence) as refused:
        issue_details(sent)
    assert "xxx" not in str(refused.value)


def test_ways_of_attaching_are_stored_words():
    """The words are those that the column's comment names."""
    assert [one.value for one in AttachmentWay] == ["theme", "link", "person", "detached"]
