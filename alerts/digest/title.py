"""How a digest's window and figures are written, the same in Markdown and HTML."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from alerts.digest.records import LaunchStory, QuietTheme, SpikeStory, ThemeStory
from models.formats import amount, multiple, utc_clock, utc_range
from models.plan_position import PlanVerdict
from store.digests import DigestWindow

DAY = timedelta(days=1)


def local_day(at: datetime, timezone: str) -> DigestWindow:
    """Return the local day that `at` (timezone-aware) is in, in UTC.

    It has 23 or 25 hours where the clock changes. Where a change leaves out midnight, the day starts at the change.
    """
    zone = ZoneInfo(timezone)
    date = at.astimezone(zone).date()
    start, end = (datetime.combine(day, time.min, zone).astimezone(UTC) for day in (date, date + DAY))
    return DigestWindow(start, end)


def whole_day(window: DigestWindow) -> bool:
    """Return whether the window is one day of UTC."""
    return window.span == DAY and window.start == window.start.replace(hour=0, minute=0, second=0, microsecond=0)


def window_title(window: DigestWindow, timezone: str = "UTC") -> str:
    """Write `Friday, 20 November 2026` for a day of UTC, the same with `(America/Sao_Paulo)` for a local one, else both ends."""
    if whole_day(window):
        return f"{window.start:%A}, {window.start.day} {window.start:%B %Y}"
    if window == local_day(window.start, timezone):
        first = window.start.astimezone(ZoneInfo(timezone))
        return f"{first:%A}, {first.day} {first:%B %Y} ({timezone})"
    return utc_range(window.start, window.end)


def window_folder(window: DigestWindow) -> str:
    """Name the folder of a window's files: `2026-11-20` for a day of UTC, else both ends."""
    if whole_day(window):
        return f"{window.start:%Y-%m-%d}"
    return f"{window.start:%Y-%m-%dT%H%M}-{window.end:%Y-%m-%dT%H%M}"


def usual(story: ThemeStory) -> str:
    """Describe what a theme's number is compared with."""
    if story.expected is None:
        return f"no history yet; {story.previous:,} in the window before" if story.previous else "not seen before"
    return f"{amount(story.expected)} expected" + (f" ({multiple(story.ratio)})" if story.ratio is not None else "")


def usual_of(theme: QuietTheme) -> str:
    """Describe the same for a theme in a list."""
    return "no history yet" if theme.expected is None else f"{amount(theme.expected)} expected"


def ending(spike: SpikeStory, window: DigestWindow) -> str:
    """Describe how a spike ended, as a sentence."""
    if spike.ended is None:
        return "It still goes on."
    return "It went on after this." if spike.ended > window.end else f"It ended at {utc_clock(spike.ended)}."


def launch_verdict(launch: LaunchStory) -> str:
    """Summarize a launch in a few words."""
    if not launch.lines:
        return "no theme of yours is in its plan"
    above, below = launch.number(PlanVerdict.ABOVE), launch.number(PlanVerdict.BELOW)
    if not above and not below:
        return "inside plan"
    of = f"of {len(launch.lines)}"
    if not below:
        return f"{above} {of} above plan"
    return f"{above} {of} above plan, {below} below" if above else f"{below} {of} below plan"
