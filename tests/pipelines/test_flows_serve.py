"""Schedules of the flows: each audience's local hour over changes of the clock, and as the ownership file says now."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from alerts.errors import OwnershipInvalid
from alerts.narrator import NarratorSettings
from alerts.ownership import Audience, Ownership
from alerts.settings import AlertSettings
from pipelines.flows.command import CommandFailed, run_command
from pipelines.flows.context import VARIABLE, ContextMissing, FlowContext
from pipelines.flows.serve import deployments, digest_schedules, follow_ownership, rebuild_schedule
from pipelines.settings import FlowSettings
from store.database import open_database, upgrade

NEW_YORK = Audience("new-york", timezone="America/New_York")
EVERYONE = Audience("everyone")


def fires(schedule: dict, start: str, number: int) -> list[str]:
    """Return the next times of a schedule in UTC, as Prefect's server computes them."""
    from prefect.server.schemas.schedules import CronSchedule

    cron = CronSchedule(cron=schedule["cron"], timezone=schedule["timezone"])
    times = asyncio.run(cron.get_dates(n=number, start=datetime.fromisoformat(start)))
    return [f"{time.astimezone(UTC):%m-%d %H:%M}" for time in times]


@pytest.mark.parametrize(
    ("hour", "start", "expected"),
    [
        (7, "2026-03-07T00:00:00+00:00", ["03-07 12:00", "03-08 11:00", "03-09 11:00"]),
        (7, "2026-10-31T00:00:00+00:00", ["10-31 11:00", "11-01 12:00", "11-02 12:00"]),
        # 01:30 exists twice on 1 November, and 02:00 does not exist on 8 March: still once a day.
        (1, "2026-10-31T00:00:00+00:00", ["10-31 05:00", "11-01 05:00", "11-02 06:00"]),
        (2, "2026-03-07T00:00:00+00:00", ["03-07 07:00", "03-08 06:00", "03-09 06:00"]),
    ],
)
def test_a_digest_keeps_its_local_hour_when_the_clock_changes(hour: int, start: str, expected: list[str]):
    """The digest of an audience in New York fires once a day at its local hour, before and after each change."""
    settings = FlowSettings(digest_hour=hour, weekly_digests=False, business_reviews=False)
    schedule, launches = digest_schedules((NEW_YORK,), settings)
    assert launches["parameters"] == {"kind": "launch_day"}
    assert schedule["parameters"] == {"audience": "new-york"}
    assert fires(schedule, start, 3) == expected


def test_the_rebuild_is_weekly_in_its_time_zone():
    """The weekly proposal fires on its weekday at its local hour."""
    settings = FlowSettings(rebuild_weekday="monday", rebuild_hour=4, timezone="Europe/Berlin")
    assert fires(rebuild_schedule(settings), "2026-10-20T00:00:00+00:00", 2) == ["10-26 03:00", "11-02 03:00"]


@pytest.mark.parametrize("wrong", [{"timezone": "Mars/Olympus"}, {"digest_hour": 0}, {"rebuild_weekday": "someday"}])
def test_settings_that_no_schedule_can_have_are_refused(wrong: dict):
    """An unknown zone, hour or weekday is refused when the settings are read."""
    with pytest.raises(ValueError, match=next(iter(wrong))):
        FlowSettings(**wrong)


def test_each_flow_has_one_deployment():
    """The flows are deployed by module, the digest's with schedules for each audience and for launches, and no secret."""
    settings = FlowSettings(review_interval=timedelta(hours=2), retention_hour=5, send_interval=timedelta(minutes=2))
    digest, review, _, retention, send, again = found = deployments((NEW_YORK, EVERYONE), settings)
    assert [one.flow_name for one in found] == [
        "publish_digests", "review_launches", "rebuild_themes", "apply_retention", "send_outbox", "backfill",
    ]  # fmt: skip
    assert retention.schedules[0].schedule.cron == "0 5 * * *"
    assert digest.entrypoint == "pipelines.flows.digest.publish_digests"
    assert [(one.parameters, one.schedule.timezone) for one in digest.schedules] == [
        ({"audience": "new-york"}, "America/New_York"),
        ({"audience": "everyone"}, "UTC"),
        ({"audience": "new-york", "kind": "weekly"}, "America/New_York"),
        ({"audience": "everyone", "kind": "weekly"}, "UTC"),
        ({"kind": "review", "formats": ["pdf"]}, "UTC"),
        ({"kind": "launch_day"}, "UTC"),
    ]
    assert send.schedules[0].schedule.interval == timedelta(minutes=2)
    assert again.schedules == []
    assert review.schedules[0].schedule.interval == timedelta(hours=2)
    assert not any("database" in str(one.parameters) for one in found)


class Rounds:
    """Stands for the event that ends a thread: it lets so many rounds pass."""

    def __init__(self, rounds: int) -> None:
        self._left = rounds

    def wait(self, _seconds: float) -> bool:
        """Count a round; True after the last one."""
        self._left -= 1
        return self._left < 0


def test_a_changed_ownership_file_is_scheduled_without_a_restart(monkeypatch: pytest.MonkeyPatch):
    """The digests' deployment is applied anew when an audience or its zone changes, and only then."""
    applied = []

    class Deployment:
        def __init__(self, audiences: tuple[Audience, ...]) -> None:
            self._audiences = audiences

        def apply(self) -> None:
            if not applied:
                applied.append("server away")
                raise OSError
            applied.append([one.name for one in self._audiences])

    monkeypatch.setattr("pipelines.flows.serve.deployments", lambda audiences, _: [Deployment(audiences)])
    states = [(EVERYONE,), None, (NEW_YORK, EVERYONE), (NEW_YORK, EVERYONE), (NEW_YORK, EVERYONE)]

    def read() -> Ownership:
        audiences = states.pop(0)
        if audiences is None:
            raise OwnershipInvalid("owners.toml", "file", "it is being edited")
        return Ownership(audiences)

    follow_ownership(FlowSettings(), read, (EVERYONE,), Rounds(5))
    assert applied == ["server away", ["new-york", "everyone"]]
    assert states == []


def test_the_context_reaches_a_run_by_its_environment(monkeypatch: pytest.MonkeyPatch):
    """What is exported is what a run reads; without it the error says how to run flows, and no text of it shows the URL."""
    monkeypatch.delenv(VARIABLE, raising=False)
    with pytest.raises(ContextMissing, match="groundswell flows"):
        FlowContext.current()
    monkeypatch.setenv(VARIABLE, "")
    context = FlowContext(database="postgresql+psycopg://me:secret@host/name", flows=FlowSettings(digest_hour=9))
    context.export()
    assert FlowContext.current() == context
    assert "secret" not in repr(context)


def test_secrets_reach_a_run_and_are_hidden_elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """Keys of the narrator and of feedback are written for the run's process alone."""
    monkeypatch.setenv(VARIABLE, "")
    context = FlowContext(
        database="sqlite://",
        alerts=AlertSettings(console_url="https://gs.example.com", feedback_key="f" * 32),
        narrator=NarratorSettings(url="http://127.0.0.1:9/v1", key="sesame-sesame"),
    )
    context.export()
    assert FlowContext.current() == context
    assert "sesame" not in context.model_dump_json()
    assert "ffff" not in repr(context)
    assert context.feedback(lambda: datetime(2026, 11, 20, tzinfo=UTC)) is not None
    without = FlowContext(database="sqlite://", feedback_key_file=tmp_path / "absent.key")
    assert without.feedback(lambda: datetime(2026, 11, 20, tzinfo=UTC)) is None


def test_a_weekly_digest_is_due_on_monday():
    """At the audience's local hour, also over a change of the clock."""
    _, weekly, review, _ = digest_schedules((NEW_YORK,), FlowSettings(digest_hour=7))
    assert weekly["parameters"] == {"audience": "new-york", "kind": "weekly"}
    assert fires(weekly, "2026-10-24T00:00:00+00:00", 2) == ["10-26 11:00", "11-02 12:00"]
    # Weeks of figures are of days in UTC: the review is due when such a week is over.
    assert fires(review, "2026-10-24T00:00:00+00:00", 2) == ["10-26 07:00", "11-02 07:00"]


def test_a_command_of_a_flow_says_what_it_printed_or_why_it_failed(tmp_path: Path):
    """The command runs on the database of the flow; its failure is one redacted sentence."""
    url = f"sqlite:///{tmp_path / 'a.db'}"
    engine = open_database(url)
    upgrade(engine)
    engine.dispose()
    context = FlowContext(database=url, working_folder=tmp_path)
    assert run_command(context, ["channels", "send"]) == "0 sent, 0 to be tried again, 0 given up."
    with pytest.raises(CommandFailed, match=r"groundswell channels test pigeon ended with exit code 2: .*'pigeon'"):
        run_command(context, ["channels", "test", "pigeon"])
