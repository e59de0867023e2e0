"""What a command needs: settings, the database at the right schema, the clock."""

from __future__ import annotations

import getpass
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from alerts.ownership import Ownership
    from groundswell.settings import Settings
    from models.embedding import Choice, Embedder
    from models.service_levels.levels import ServiceLevels
    from pipelines.flows.context import FlowContext
    from pipelines.past.decision_path import PathRules
    from pipelines.retention import RetentionRules
    from pipelines.rules import Rules
    from stream.admission_rules import AdmissionRules


def now() -> datetime:
    """Return the wall-clock time; commands read the clock nowhere else."""
    return datetime.now(UTC)


def actor() -> str:
    """Return who gives a command, for the audit log."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "unknown"


@dataclass(frozen=True)
class Session:
    """Settings and an open database.

    `fine`: the settings as they are for tickets with exact times, where those in the database are coarse; an ingest may bring such.
    """

    settings: Settings
    engine: Engine
    fine: Settings | None = None


def open_session(database: str | None = None, *, create: bool = False) -> Session:
    """Open the database that was requested.

    `create` makes it, or migrates its schema to head. Without `create`, a missing database is an error. Where only the demo was
    run and no database is named, the demo's database is opened, and a message says so.
    """
    from groundswell.settings import Settings
    from groundswell.time_zone import with_guessed_zone
    from store.database import check_schema, open_database, upgrade
    from store.reencryption import check_keys

    settings = Settings()
    url = settings.database_url(database)
    if not create:
        url = _existing(settings, url, named=bool(database or settings.database.url))
        settings = _with_files_of_demo(settings, url)
    engine = open_database(url, settings.database.encryption_key_file)
    if create:
        upgrade(engine)
    check_schema(engine)
    check_keys(engine, now())
    fine = _with_learned_macros(with_guessed_zone(settings, engine), engine)
    return Session(_at_common_grain(fine, engine), engine, fine)


def refresh_handling(session: Session, *, anew: bool = False) -> ServiceLevels:
    """Fold how the tickets were handled that were mined since the last time, by the service levels that are set, and return these."""
    from pipelines.handling.refresh import refresh
    from pipelines.handling.service_level_file import read_service_levels

    levels = read_service_levels(session.settings.figures.service_levels)
    refresh(session.engine, now(), levels, anew=anew)
    return levels


def refreshed(session: Session) -> Settings:
    """Return the settings with what was learned of the database since it was opened: its zone, macros and grain of times."""
    from groundswell.time_zone import with_guessed_zone

    fine = with_guessed_zone(session.fine or session.settings, session.engine)
    return _at_common_grain(_with_learned_macros(fine, session.engine), session.engine)


def _at_common_grain(settings: Settings, engine: Engine) -> Settings:
    """Return the settings with windows that suit the coarse times of the tickets, where all of them have such."""
    from store.database import reading
    from store.sources import common_grain

    with reading(engine) as connection:
        grain = common_grain(connection, {})
    spikes = settings.mining.spikes.at_grain(grain)
    if spikes is settings.mining.spikes:
        return settings
    return settings.model_copy(update={"mining": settings.mining.model_copy(update={"spikes": spikes})})


def _with_learned_macros(settings: Settings, engine: Engine) -> Settings:
    """Return the settings with the macros that were learned from the tickets of this database, in addition to their own."""
    from pipelines.learned_macros import with_learned
    from store.database import reading

    with reading(engine) as connection:
        macros = with_learned(connection, settings.embedding.macros)
    return settings.model_copy(update={"embedding": settings.embedding.model_copy(update={"macros": macros})})


def _existing(settings: Settings, url: str, *, named: bool) -> str:
    from groundswell.errors import GroundswellError

    if not url.startswith("sqlite:///") or Path(url.removeprefix("sqlite:///")).exists():
        return url
    if not named and settings.demo_database.is_file():
        sys.stderr.write("Nothing was ingested yet; this is the demo.\n")
        return f"sqlite:///{settings.demo_database}"
    raise GroundswellError(
        f"there is no database at {url} yet; `groundswell ingest FILE` or `groundswell demo` makes one, --database names another"
    )


def _with_files_of_demo(settings: Settings, url: str) -> Settings:
    """Use the files that the demo wrote next to its database: of owners, service levels, costs and targets, each where none is set."""
    database = Path(url.removeprefix("sqlite:///"))
    if database.name != "demo.db":
        return settings
    alerts, figures = settings.alerts, settings.figures
    owners = database.with_name("ownership.toml")
    if alerts.ownership is None and not settings.channels and owners.is_file():
        alerts = alerts.model_copy(update={"ownership": owners})
    for name in ("service_levels", "costs", "targets"):
        file = database.with_name(f"{name.replace('_', '-')}.toml")
        if getattr(figures, name) is None and file.is_file():
            figures = figures.model_copy(update={name: file})
    return settings.model_copy(update={"alerts": alerts, "figures": figures})


def ownership_of(settings: Settings) -> Ownership:
    """Read the ownership file, whose audiences may name the channels that are set up."""
    from alerts.ownership_file import read_ownership

    return read_ownership(settings.alerts.ownership, channels=settings.channel_names)


def make_rules(settings: Settings, model: str) -> Rules:
    """Compose the rules of mining: settings, ownership, model, macros."""
    from pipelines.rules import Rules

    return Rules(
        mining=settings.mining,
        alerts=settings.alerts,
        ownership=ownership_of(settings),
        model=model,
        macros=settings.embedding.macros,
    )


def path_rules(settings: Settings) -> PathRules:
    """Compose what the path of a decision is read by."""
    from pipelines.past.decision_path import PathRules

    return PathRules(mining=settings.mining, alerts=settings.alerts, ownership=ownership_of(settings), now=now())


def admission_rules(settings: Settings, key: bytes, engine: Engine | None = None) -> AdmissionRules:
    """Compose what records are admitted by: the settings, the requesters' key, and what the database knows of the sources' ids."""
    from store.database import reading
    from store.sources import read_id_forms
    from stream.admission_rules import AdmissionRules

    rules = AdmissionRules.of(key, settings.redaction, settings.ingest.id_patterns)
    if engine is not None:
        with reading(engine) as connection:
            rules.identities.forms.learn(read_id_forms(connection))
    return rules


def flow_context(session: Session) -> FlowContext:
    """Return what flow runs work with: the session's database, and the settings that they use."""
    from groundswell.feedback import feedback_key_file
    from pipelines.flows.context import FlowContext

    settings = session.settings
    keys = settings.database.encryption_key_file
    return FlowContext(
        database=session.engine.url.render_as_string(hide_password=False),
        encryption_key_file=None if keys is None else keys.absolute(),
        mining=settings.mining,
        alerts=settings.alerts,
        flows=settings.flows,
        macros=settings.embedding.macros,
        figures=settings.figures,
        retention=settings.retention,
        channels=settings.channels,
        narrator=settings.digest.narrator,
        feedback_key_file=feedback_key_file(settings),
        working_folder=Path.cwd(),
    )


def retention_rules(settings: Settings) -> RetentionRules:
    """Compose what retention is applied by."""
    from pipelines.retention import RetentionRules
    from pipelines.settings import needed_by_mining

    return RetentionRules(settings.retention, settings.alerts, needed_by_mining(settings.mining, settings.flows))


def embedder_choice(settings: Settings) -> Choice:
    """Return the embedder that the settings name."""
    from models.embedding import Choice

    precision, asked = settings.stream.precision, settings.embedding
    return Choice(asked.model, asked.folder, None if precision is None else precision == "bf16", asked.languages)


def make_embedder(settings: Settings) -> Embedder:
    """Load the embedder that the settings name, with a cache for repeats; a model takes some seconds to load."""
    from models.embedding import CachedEmbedder

    return CachedEmbedder(embedder_choice(settings).load(), settings.embedding.cache)
