"""The scenarios: what happens, and which lines an operations lead should be given."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bench.spikes.scenarios.world import SOURCES, Effect
from models.segment import EVERYTHING
from models.spike import SpikeKind
from models.spikes import ALL_TICKETS, Episode

NOON, WORKDAY = 12.0, (24.0 + 9.0)
"""Hours of the tested days: noon of the first, a Monday, and nine o'clock of the second."""
MAIN, SECOND = SOURCES[0][0], SOURCES[1][0]


@dataclass(frozen=True)
class Line:
    """A line that should be given, by `least` to `most` episodes. since, until: hours of the tested days in which it opens."""

    text: str
    fits: Callable[[Episode], bool]
    least: int = 1
    most: int = 1
    since: float = 0.0
    until: float = 1e9


@dataclass(frozen=True)
class Scenario:
    """What happens in the tested days, and the lines that should be given. Anything else that is given is false."""

    days: int
    effects: tuple[Effect, ...] = ()
    lines: tuple[Line, ...] = ()
    shift: int = 0
    timezone: str = "UTC"


def rise(theme: int, since: float, until: float = 1e9, *, most: int = 1) -> Line:
    """Expect a rise of one theme."""
    return Line(
        f"rise of theme {theme}", lambda one: one.theme_id == theme and one.kind == SpikeKind.SPIKE,
        most=most, since=since, until=until,
    )  # fmt: skip


def silence(theme: int, since: float, *, least: int = 1) -> Line:
    """Expect missing volume of one theme."""
    return Line(
        f"missing volume of theme {theme}",
        lambda one: one.theme_id == theme and one.kind == SpikeKind.MISSING_VOLUME,
        least=least, since=since,
    )  # fmt: skip


def incomplete(source: str, since: float) -> Line:
    """Expect incomplete data of one source."""
    return Line(f"incomplete data of {source}", lambda one: one.segment.as_dict().get("source") == source, since=since)


def of_all(since: float, *, least: int = 1, low: bool = False) -> Line:
    """Expect one line for all tickets: more or, where `low`, fewer than usual."""
    kind = SpikeKind.MISSING_VOLUME if low else SpikeKind.SPIKE
    return Line(
        f"{'fewer' if low else 'more'} of all tickets",
        lambda one: one.theme_id == ALL_TICKETS and one.segment == EVERYTHING and one.kind == kind,
        least=least, since=since,
    )  # fmt: skip


def _silent(*themes: int) -> Scenario:
    effect = Effect(NOON, NOON + 48, themes, times=0.0)
    return Scenario(5, (effect,), tuple(silence(theme, NOON) for theme in themes))


def _outage(hours: float, *, dumped: bool = False, sources: tuple[str, ...] = (MAIN,)) -> Scenario:
    effects = tuple(Effect(WORKDAY, WORKDAY + hours, source=one, keep=0.0, dumped=dumped) for one in sources)
    return Scenario(4, effects, tuple(incomplete(one, WORKDAY) for one in sources))


def _holidays() -> tuple[Effect, ...]:
    """Three Thursdays in the seven weeks before that had a fifth of the volume."""
    thursdays = [24.0 * (3 - 7 * weeks) for weeks in (1, 3, 5)]
    return tuple(Effect(start, start + 24, times=0.2) for start in thursdays)


SCENARIOS: dict[str, Scenario] = {
    "ordinary week": Scenario(7),
    "level shift x2": Scenario(7, (Effect(NOON, 1e6, (4,), times=2.0),), (rise(4, NOON),)),
    "level shift x2.5 of the largest": Scenario(7, (Effect(NOON, 1e6, (1,), times=2.5),), (rise(1, NOON),)),
    "ramp to x3 in 4 days": Scenario(
        6, (Effect(NOON, NOON + 96, (6,), times=1.0, towards=3.0), Effect(NOON + 96, 1e6, (6,), times=3.0)), (rise(6, NOON),),
    ),
    "campaign x4 for 6 hours": Scenario(3, (Effect(WORKDAY, WORKDAY + 6, (8,), times=4.0),), (rise(8, WORKDAY),)),
    "dying theme": Scenario(
        7, (Effect(NOON, NOON + 96, (5,), times=1.0, towards=0.05), Effect(NOON + 96, 1e6, (5,), times=0.05)),
        (silence(5, NOON, least=0),),
    ),
    "1 of 60 silent": _silent(1),
    "2 of 60 silent": _silent(1, 2),
    "3 of 60 silent": _silent(1, 2, 3),
    "6 of 60 silent": _silent(1, 2, 3, 5, 8, 12),
    "main source out for 2 hours": _outage(2.0),
    "main source out for 24 hours": _outage(24.0),
    "main source out for 2 hours, dumped": _outage(2.0, dumped=True),
    "main source out for 24 hours, dumped": _outage(24.0, dumped=True),
    "second source out for 24 hours": _outage(24.0, sources=(SECOND,)),
    "second source out for 24 hours, dumped": _outage(24.0, dumped=True, sources=(SECOND,)),
    "all sources out for 2 hours": _outage(2.0, sources=(MAIN, SECOND)),
    "all sources out for 24 hours, dumped": _outage(24.0, dumped=True, sources=(MAIN, SECOND)),
    "channel out for 24 hours": Scenario(
        4, (Effect(WORKDAY, WORKDAY + 24, channel="email", keep=0.0),),
        (Line("missing volume of channel email", lambda one: one.segment.as_dict() == {"channel": "email"}, since=WORKDAY),),
    ),
    "half holiday": Scenario(3, (Effect(24.0, 48.0, times=0.5),), (of_all(24.0, low=True),)),
    "double day": Scenario(3, (Effect(24.0, 48.0, times=2.0),), (of_all(24.0),)),
    "clock change, zone set": Scenario(3, shift=-1, timezone="Europe/Berlin"),
    "clock change, zone not set": Scenario(3, shift=-1),
    "after three holidays on Thursdays": Scenario(5, _holidays()),
}  # fmt: skip
"""By name. The tested days begin on a Monday at midnight."""
