"""The items of a digest: one for each incident, read by its owner, its subscribers and whoever was notified; never an ordinary day."""

from dataclasses import replace
from datetime import timedelta

import pytest

from alerts.digest.build import DigestOccasion, build
from alerts.digest.comparison import ItemFigures, PreviousItems, Trend
from alerts.digest.facts import facts_of
from alerts.digest.items import find_notable
from alerts.digest.leadership import LINES, headline, summary_lines
from alerts.digest.markdown import render_markdown
from alerts.digest.readers import readers_of
from alerts.digest.weeks import week_trends
from alerts.match import Match
from alerts.ownership import EVERYONE, Audience, Ownership
from alerts.settings import AlertSettings
from alerts.subscriptions import Subscription
from models.alert import AlertKind
from models.segment import EVERYTHING, Segment
from store.board import Band, Hour
from store.digest_rows import AlertNotice, DigestLaunch, DigestRows, DigestSpike, DigestTheme, IncidentNotice
from store.digests import DigestKind
from store.promises import PromiseState
from tests.alerts.launch_day import DAY, WINDOW

SETTINGS = AlertSettings()
NOON = DAY + timedelta(hours=12)
LIVE, SHOP = Segment.of({"business_line": "live"}), Segment.of({"business_line": "shop"})
CHECKOUT = Audience("checkout", Match({"business_line": frozenset({"shop"})}))
ADS = Audience("ads", Match({"business_line": frozenset({"ads"})}))
OPS = Audience("ops-leads", subscriptions=(Subscription(launches=True),))
LEADERS = Audience("leadership", subscriptions=(Subscription(everything=True),))
SPIKES_ONLY = Audience("spikes", subscriptions=(Subscription(everything=True, kinds=frozenset({AlertKind.SPIKE})),))
LAUNCH = DigestLaunch("L-1", "launch", "Gala", DAY, DAY + timedelta(days=1), LIVE)


def hours(observed=3, mean=2.0, launch_id=None):
    """A day with the same hour 24 times."""
    return tuple(Hour(hour, observed, 1.0, Band(mean, 0.0, 2 * mean + 3, launch_id)) for hour in WINDOW.hours)


def theme(theme_id, name, segment=SHOP, **values):
    """A theme whose tickets all have a segment."""
    return DigestTheme(
        theme_id, name, values.pop("status", "ongoing"), 90, DAY - timedelta(days=9), mix={segment: 50}, **values
    )


def spike(spike_id, theme_id, **values):
    """A spike of a theme that lasts."""
    made = DigestSpike(
        spike_id, theme_id, EVERYTHING, "spike", NOON, None, 40, 4.0, 10.0, 20.0 + spike_id, None, None, (), ""
    )
    return replace(made, **values)


def incident(theme_id, *sent_to, incident_id=1, surviving_id=None, audience="checkout"):
    """An incident about a theme."""
    return IncidentNotice(
        incident_id, surviving_id or incident_id, theme_id, EVERYTHING, NOON, None, audience, 20.0, frozenset(sent_to)
    )


def alert(theme_id, audience, kind="spike", incident_id=None, alert_id=1):
    """An alert that was opened at noon."""
    return AlertNotice(alert_id, kind, theme_id, alert_id, "open", audience, NOON, incident_id)


def day(**values):
    """A day with two themes of the shop and one of LIVE."""
    themes = (theme(1, "Pix stays pending"), theme(2, "Card declined"), theme(3, "Gift lost", LIVE))
    series = {0: hours(9, 6.0), **{one.theme_id: hours() for one in themes}}
    return replace(DigestRows(WINDOW, themes=themes, series=series), **values)


def digest_of(rows, audience, *others, occasion=None):
    """Build the digest of one audience."""
    ownership = Ownership(
        (*others, *(() if audience.name == EVERYONE or audience in others else (audience,)), Audience(EVERYONE))
    )
    chosen = ownership.audience(audience.name)
    return build(rows, chosen, readers_of(rows, find_notable(rows, SETTINGS), ownership), SETTINGS, occasion)


def test_an_incident_is_one_item():
    """Spikes of two themes and of all tickets that are one incident are one item, about the theme that causes it."""
    spikes = tuple(spike(number, theme_id, incident_id=1) for number, theme_id in ((1, 1), (2, 2), (3, 0)))
    digest = digest_of(day(spikes=spikes, incidents=(incident(1, "checkout"),)), CHECKOUT)
    [item] = digest.items
    assert (item.theme_id, item.incident_ids) == (1, (1,))
    assert [signal.spike_id for signal in item.signals] == [3, 2, 1]
    assert [part.name for part in item.parts] == ["Card declined"]
    assert "**Same event:** Card declined (72)." in render_markdown(digest)


def test_a_merged_incident_is_reported_by_its_survivor():
    """Signals of an incident that was merged into another are part of that one's item."""
    spikes = (spike(1, 1, incident_id=1), spike(2, 2, incident_id=2))
    incidents = (incident(1, "checkout"), incident(1, incident_id=2, surviving_id=1))
    digest = digest_of(day(spikes=spikes, incidents=incidents), CHECKOUT)
    assert [(item.theme_id, item.incident_ids) for item in digest.items] == [(1, (1,))]


def test_spikes_without_an_incident_are_items_of_their_themes():
    """What was found before there were incidents is reported by theme."""
    digest = digest_of(day(spikes=(spike(1, 1), spike(2, 2), spike(3, 2))), CHECKOUT)
    assert [item.theme_id for item in digest.items] == [2, 1]


@pytest.mark.parametrize(
    ("audience", "why"),
    [
        (LEADERS, "subscribed to everything"),
        (SPIKES_ONLY, "subscribed to everything"),
        (CHECKOUT, "owner"),
        (ADS, None),
    ],
)
def test_a_subscriber_reads_what_others_own(audience, why):
    """A subscription reports an item of another owner and says why; an audience that did not subscribe does not read it."""
    digest = digest_of(day(spikes=(spike(1, 1),)), audience, CHECKOUT)
    assert [(item.owner, item.seen_because) for item in digest.items] == ([] if why is None else [("checkout", why)])
    if why not in (None, "owner"):
        assert f"**You see it:** {why}." in render_markdown(digest)


def test_the_ops_lead_reads_what_is_above_plan():
    """On a launch day a subscriber of launches reads what exceeds the plan and all lines of the plan, whoever owns them."""
    above = spike(1, 3, kind="launch_excess", launch_id="L-1", segment=LIVE)
    rows = day(spikes=(above,), launches=(LAUNCH,))
    rows = replace(rows, series={**rows.series, 3: hours(12, 2.0, "L-1")})
    digest = digest_of(rows, OPS, CHECKOUT)
    assert [item.name for item in digest.items] == ["Gift lost"]
    assert [line.name for line in digest.launches[0].lines] == ["Gift lost"]
    assert "ordinary" not in render_markdown(digest)
    assert digest_of(replace(rows, launches=(replace(LAUNCH, scope=SHOP),)), ADS, CHECKOUT).items == ()


@pytest.mark.parametrize("audience", [CHECKOUT, ADS, OPS, LEADERS, Audience(EVERYONE)])
@pytest.mark.parametrize(
    "went_out",
    [
        {"alerts": (alert(1, "checkout"),)},
        {"alerts": (alert(1, "ads"),)},
        {"alerts": (alert(99, "checkout", "new_theme"),)},
        {"incidents": (incident(1, "checkout", "ops-leads"),)},
        {"incidents": (incident(99, "leadership"),)},
        {"alerts": (alert(0, EVERYONE, "spike", incident_id=1),), "incidents": (incident(0, EVERYONE),)},
        {"alerts": (alert(1, "checkout", "escalating"),)},
    ],
)
def test_no_day_with_an_alert_is_ordinary(audience, went_out):
    """Whoever was notified, of what is still a theme or not: no digest of the day says that nothing was out of the ordinary."""
    digest = digest_of(day(**went_out), audience, CHECKOUT, ADS, OPS, LEADERS)
    assert "ordinary" not in render_markdown(digest)
    assert "ordinary" not in str(facts_of(digest))
    assert digest.sent or digest.sent_elsewhere


@pytest.mark.parametrize("went_out", [{"alerts": (alert(1, "ads"),)}, {"incidents": (incident(1, "ads"),)}])
def test_who_was_notified_reads_it(went_out):
    """An alert that went to an audience is in its digest, also where the theme is another's by now."""
    digest = digest_of(
        day(**went_out, spikes=(spike(1, 1, incident_id=1 if "incidents" in went_out else None),)), ADS, CHECKOUT
    )
    assert [(item.name, item.owner, item.seen_because, item.sent) for item in digest.items] == [
        ("Pix stays pending", "checkout", "an alert reported it", 1)
    ]


def test_who_acts_is_the_owner_of_the_incident():
    """An incident that went to another audience than its theme's owner has one that acts; the owner reads it in one line."""
    rows = day(spikes=(spike(1, 1, incident_id=1),), incidents=(incident(1, "ads", audience="ads"),))
    [item] = digest_of(rows, ADS, CHECKOUT).items
    assert (item.owner, item.seen_because) == ("ads", "owner")
    digest = digest_of(rows, CHECKOUT, ADS)
    assert digest.items == ()
    assert "**Yours, where another acts:** Pix stays pending, ads acts (72, 48.0 expected)" in render_markdown(digest)
    assert 1 not in {one.theme_id for one in digest.quiet}


def test_an_ordinary_day_is_called_so():
    """Without alert, item or silence the digest says that nothing was out of the ordinary."""
    assert headline(digest_of(day(), CHECKOUT)).endswith("nothing out of the ordinary.")


def test_an_incident_counts_once():
    """An incident with three alerts of one audience is one notification to it."""
    alerts = tuple(alert(1, "checkout", incident_id=1, alert_id=number) for number in (1, 2, 3))
    digest = digest_of(day(alerts=alerts, incidents=(incident(1, "checkout", "leadership"),)), CHECKOUT, LEADERS)
    assert (digest.sent, digest.sent_elsewhere) == (1, {"leadership": 1})


def test_leaders_read_six_lines():
    """A full digest has at most six lines before its items: how much, what is due, what changed, who is on it, and the launch."""
    previous = PreviousItems(WINDOW.before, DigestKind.DAILY, {2: ItemFigures(2, 5.0, open=True, hours=24.0)})
    rows = day(spikes=(spike(1, 1),), alerts=(alert(1, "checkout"), alert(3, "ads", alert_id=2)), launches=(LAUNCH,))
    rows = replace(rows, series={**rows.series, 1: hours(3, 2.0, "L-1")})
    promises = {"checkout": PromiseState(WINDOW.end, missed=2, kept=38)}
    digest = digest_of(rows, CHECKOUT, ADS, occasion=DigestOccasion(previous={"checkout": previous}, promises=promises))
    lines = summary_lines(digest)
    assert len(lines) == LINES
    assert lines[0].startswith("144 tickets in 2 themes where 96.0 were expected, of 216 in all: 1 item to look at")
    assert lines[1] == "Service levels: 2 of 40 were missed."
    assert lines[2] == "Since the digest of Thu 19 Nov: 1 new, 1 over (Card declined)."
    assert lines[3] == "On it: checkout must act; 0 of 1 acknowledged; none flagged as a known issue yet."
    assert lines[4] == "1 alert went out to you; to others: ads 1."
    assert lines[5] == "Gala: inside plan (1 theme)."
    assert digest.items[0].trend is Trend.NEW


def test_at_most_seven_items():
    """Of twenty spiking themes seven are items, the others are named in one line; quiet ones are counted in one line."""
    themes = tuple(theme(number, f"Theme {number}") for number in range(1, 31))
    rows = replace(
        day(), themes=themes, series={0: hours(), **{one.theme_id: hours() for one in themes}},
        spikes=tuple(spike(number, number) for number in range(1, 21)),
    )  # fmt: skip
    digest = digest_of(rows, CHECKOUT)
    assert [item.theme_id for item in digest.items] == list(range(20, 13, -1))
    text = render_markdown(digest)
    assert len(digest.further) == 13
    assert text.count("\n## ") == 7
    assert text.count("**Quiet:** 10 quiet themes with 720 tickets where 480 were expected") == 1


def test_a_known_issue_within_its_envelope_is_one_line():
    """A known issue that does not alert is named with its numbers, and is no item; one that spikes is an item again."""
    known = {"title": "Issuer rejects", "jira": "PAY-1", "workaround": "Another card"}
    rows = day(themes=(theme(1, "Card declined", known_issue=known),))
    digest = digest_of(rows, CHECKOUT)
    assert digest.items == ()
    assert [one.name for one in digest.known] == ["Issuer rejects (PAY-1)"]
    [item] = digest_of(replace(rows, spikes=(spike(1, 1),)), CHECKOUT).items
    assert item.next_step.sentence.startswith("Ask the owner of PAY-1 for a new date")


def test_what_was_over_early_is_one_line():
    """A spike of the day before that ended in the window is no item, unless its tickets are still clearly above the expectation."""
    early = spike(1, 1, start=DAY - timedelta(hours=5), end=DAY + timedelta(hours=2))
    digest = digest_of(day(spikes=(early,)), CHECKOUT)
    assert (digest.items, digest.resolved) == ((), ("Pix stays pending",))
    assert "**Over:** Pix stays pending" in render_markdown(digest)
    far = day(spikes=(early,), series={0: hours(), 1: hours(20, 1.0), 2: hours(), 3: hours()})
    assert [item.theme_id for item in digest_of(far, CHECKOUT).items] == [1]
    again = day(spikes=(early, spike(2, 1)))
    assert [item.theme_id for item in digest_of(again, CHECKOUT).items] == [1]


def test_chance_makes_no_item():
    """Twice the expected volume of a small theme is within its range and quiet; far beyond it, without a spike, is an item."""
    small = day(series={0: hours(), 1: hours(2, 1.0), 2: hours(), 3: hours()})
    assert digest_of(small, CHECKOUT).items == ()
    far = day(series={0: hours(), 1: hours(20, 1.0), 2: hours(), 3: hours()})
    assert [item.labels for item in digest_of(far, CHECKOUT).items] == [("above expected",)]


@pytest.mark.parametrize(
    ("observed", "weeks", "unlike"),
    [
        (72, (70, 75, 71, 73), False),
        (72, (20, 22, 19, 21), True),
        (72, (300, 310, 290), True),
        (72, (20, 22), False),
        (72, (10, 90, 40, 70), False),
    ],
)
def test_a_week_is_compared_with_the_weeks_before(observed, weeks, unlike):
    """A theme whose week is far from the median of the weeks before, by their own spread, is a trend; two weeks are too few."""
    rows = day(weeks={1: weeks})
    assert rows.observed(1) == observed
    assert bool(week_trends({1: "Pix stays pending"}, rows)) is unlike


def test_trends_are_of_weekly_digests():
    """A weekly digest lists the trends of its themes in one line, a daily one does not."""
    rows = day(weeks={1: (20, 22, 19, 21)})
    text = render_markdown(digest_of(rows, CHECKOUT, occasion=DigestOccasion(DigestKind.WEEKLY)))
    assert "**Trends of the week:** Pix stays pending: 72 tickets, usually 20.5 a week" in text
    assert "Trends" not in render_markdown(digest_of(rows, CHECKOUT))
