"""The time zone of the hours of the week: set by a person, or guessed from the regions when tickets first come in."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import Engine

if TYPE_CHECKING:
    from groundswell.settings import Settings

SETTING = "mining.spikes.timezone"


def with_guessed_zone(settings: Settings, engine: Engine) -> Settings:
    """Return the settings with the zone that was guessed for this database, where none is set."""
    from store.database import reading
    from store.guessed_settings import read_guess

    if _is_set(settings):
        return settings
    with reading(engine) as connection:
        zone = read_guess(connection, SETTING)
    return settings if zone is None else _with_zone(settings, zone)


def decide_zone(
    settings: Settings, engine: Engine, regions: Mapping[str, int], at: datetime
) -> tuple[Settings, str | None]:
    """Guess the zone of a database that nothing was mined into yet, and keep the guess for all later runs.

    regions: tickets of each value of `region` in the first input; at: an instant of it.
    Returns the settings to go on with, and one sentence for the user; None where nothing had to be decided.
    """
    from store.database import reading
    from store.epochs import read_miner
    from store.guessed_settings import read_guess, write_guess
    from stream.calendars.time_zone import guess_zone

    with reading(engine) as connection:
        begun = read_miner(connection).next_epoch is not None or read_guess(connection, SETTING) is not None
    if begun or _is_set(settings):
        return settings, None
    guess = guess_zone(regions, at)
    with engine.begin() as connection:
        write_guess(connection, SETTING, guess.zone, guess.reason)
    how = f"are taken as those of {guess.zone}" if guess.guessed else "are those of UTC"
    sentence = f"Hours of the week {how}, since {guess.reason}; set {SETTING} if that is wrong."
    return _with_zone(settings, guess.zone), sentence


def _is_set(settings: Settings) -> bool:
    return "timezone" in settings.mining.spikes.model_fields_set


def _with_zone(settings: Settings, zone: str) -> Settings:
    spikes = settings.mining.spikes.model_copy(update={"timezone": zone})
    # A guess must not look like a setting: what is set by a person wins over it in every later run.
    spikes.model_fields_set.discard("timezone")
    return settings.model_copy(update={"mining": settings.mining.model_copy(update={"spikes": spikes})})
