"""The settings of the application: each package's own model, composed from `groundswell.toml` and the environment, which wins."""

from __future__ import annotations

import os
import re
from datetime import timedelta
from pathlib import Path
from typing import Any, Self

from platformdirs import user_data_path
from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from alerts.channels.settings import Channels
from alerts.narrator.settings import DigestSettings
from alerts.ownership import CHANNELS
from alerts.settings import AlertSettings
from console.settings import ConsoleSettings
from groundswell.settings_sources import DELIMITER, FILE, PREFIX, check_environment, from_file
from models.embedding.choices import DEFAULT_BYTES, ModelName
from models.redaction.settings import RedactionSettings
from models.text import TYPICAL_MACROS
from pipelines.handling.settings import FigureSettings
from pipelines.settings import FlowSettings, MiningSettings, needed_by_mining
from store.retention.kinds import RetentionKind
from store.retention.settings import RetentionSettings
from stream.kafka.settings import StreamSettings
from stream.pull.settings import PullSettings
from stream.receive.settings import ReceiveSettings


class DatabaseSettings(BaseModel):
    """Where everything is stored."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: str = Field(
        default="", description="SQLAlchemy URL of SQLite or PostgreSQL; by default SQLite in the data folder."
    )
    encryption_key_file: Path | None = Field(
        default=None,
        description="File of the keys that ticket text is encrypted with in the database, one a line, the newest first; by default it "
        "is not encrypted. `groundswell db new-key` makes one.",
    )


class EmbeddingSettings(BaseModel):
    """Which model turns texts into vectors. A database is mined with one model from its first ticket on."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: ModelName = Field(
        default="minilm",
        description="`minilm` reads English; `folder` takes the model in `embedding.folder`, for example a multilingual one; "
        "`hashing` knows no meanings and loads nothing: for trying out, not for use.",
    )
    folder: Path | None = Field(
        default=None, description="Folder of a sentence-transformers model with 384 dimensions and mean pooling."
    )
    languages: tuple[str, ...] | None = Field(
        default=None,
        description="ISO 639 codes of the languages that the model reads, or `all`; by default English for `minilm`, and for `folder` "
        "what its model card names, else all. Tickets in other languages are grouped by their words, each language by itself.",
    )
    cache: int = Field(
        default=DEFAULT_BYTES,
        ge=0,
        description="Bytes of memory for the vectors of texts used last, so that repeats are embedded once.",
    )
    macros: tuple[str, ...] = Field(
        default=TYPICAL_MACROS,
        description="How sentences begin that agents and helpdesks write by the hundred; they are set aside before embedding.",
    )

    @model_validator(mode="before")
    @classmethod
    def _without_engine(cls, values: Any) -> Any:
        """Accept the setting `engine` of earlier versions where it changes nothing."""
        if not isinstance(values, dict) or "engine" not in values:
            return values
        if values["engine"] != "torch":
            raise ValueError(
                f"received engine = {values['engine']}, but torch computes every model since OpenVINO was removed; "
                "remove embedding.engine"
            )
        return {name: value for name, value in values.items() if name != "engine"}

    @field_validator("macros")
    @classmethod
    def _in_lower_case(cls, macros: tuple[str, ...]) -> tuple[str, ...]:
        """Beginnings are compared in lower case; an empty one would match every sentence."""
        return tuple(one for macro in macros if (one := " ".join(macro.lower().split())))


class IngestSettings(BaseModel):
    """How files are read."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    batch: int = Field(
        default=512,
        ge=1,
        le=20_000,
        description="Records per transaction; more embeds faster, and loses more to a kill.",
    )
    requester_key: Path | None = Field(
        default=None, description="File of the key that requesters are hashed with; by default in the data folder."
    )
    id_patterns: tuple[str, ...] = Field(
        default=(),
        description="Regular expressions of ids of your systems that look like card numbers, for example `4[0-9]{15}`: an id that one "
        "of them matches as a whole is stored as it is. `redaction.keep` declares formats for texts, too.",
    )

    @field_validator("id_patterns")
    @classmethod
    def _are_patterns(cls, patterns: tuple[str, ...]) -> tuple[str, ...]:
        for pattern in patterns:
            try:
                re.compile(pattern)
            except re.error as error:
                raise ValueError(f"received {pattern!r}, which is no regular expression ({error})") from error
        return patterns


class ErasureSettings(BaseModel):
    """How erasures are proved, and remembered outside of the database."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    manifest: Path = Field(
        default=Path("erasures.jsonl"),
        description="File of all erasures, as keyed hashes, from which they are applied again after a backup is restored; keep it "
        "where a restore of the database does not replace it. A relative path is inside the data folder.",
    )
    key: Path = Field(
        default=Path("erasure.key"),
        description="File of the key that proofs and the manifest are signed with; it is made when it is first used. A relative path "
        "is inside the data folder.",
    )
    proofs: Path = Field(
        default=Path("erasures"), description="Folder of the proofs. A relative path is inside the data folder."
    )


class Settings(BaseSettings):
    """Everything that can be set. `GROUNDSWELL_MINING__LATENESS=PT10M` in the environment sets `mining.lateness`."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_nested_delimiter=DELIMITER, toml_file=FILE, extra="forbid", frozen=True
    )

    data: Path = Field(
        default_factory=lambda: user_data_path("groundswell"),
        description="Folder of the default database, key and digests.",
    )
    database: DatabaseSettings = Field(default_factory=DatabaseSettings)
    embedding: EmbeddingSettings = Field(default_factory=EmbeddingSettings)
    ingest: IngestSettings = Field(default_factory=IngestSettings)
    redaction: RedactionSettings = Field(default_factory=RedactionSettings)
    mining: MiningSettings = Field(default_factory=MiningSettings)
    alerts: AlertSettings = Field(default_factory=AlertSettings)
    digest: DigestSettings = Field(default_factory=DigestSettings)
    channels: Channels = Field(
        default_factory=dict,
        description="Channels that ownership files may name in addition to `file`, each in a table `[channels.NAME]` with its `kind`; "
        "see [Notify people](../how-to/notify.md).",
    )
    console: ConsoleSettings = Field(default_factory=ConsoleSettings)
    stream: StreamSettings = Field(default_factory=StreamSettings)
    receive: ReceiveSettings = Field(default_factory=ReceiveSettings)
    pull: PullSettings = Field(default_factory=PullSettings)
    flows: FlowSettings = Field(default_factory=FlowSettings)
    figures: FigureSettings = Field(default_factory=FigureSettings)
    erasure: ErasureSettings = Field(default_factory=ErasureSettings)
    retention: RetentionSettings = Field(default_factory=RetentionSettings)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Give arguments priority over the environment, and the environment over the file."""
        check_environment(os.environ, settings_cls)
        return init_settings, env_settings, from_file(settings_cls)

    @model_validator(mode="after")
    def _folders_lie_in_the_data_folder(self) -> Self:
        """Return settings whose relative folders are inside the data folder, wherever a command runs."""
        placed = {name: self.data / getattr(self.alerts, name) for name in ("digest_folder", "outbox_folder")}
        object.__setattr__(self, "alerts", self.alerts.model_copy(update=placed))
        files = {name: self.data / getattr(self.erasure, name) for name in ("manifest", "key", "proofs")}
        object.__setattr__(self, "erasure", self.erasure.model_copy(update=files))
        return self

    @model_validator(mode="after")
    def _texts_outlast_mining(self) -> Self:
        """Refuse to remove what mining still reads."""
        needed = needed_by_mining(self.mining, self.flows)
        for kind in (RetentionKind.TEXT, RetentionKind.VECTORS):
            limit = self.retention.limit(kind)
            if limit is not None and limit < needed:
                raise ValueError(
                    f"received retention.{kind.value} of {limit / timedelta(days=1):g} days, but mining and digests read what is up to "
                    f"{needed / timedelta(days=1):g} days old; give at least that, or none to keep it"
                )
        return self

    @property
    def channel_names(self) -> tuple[str, ...]:
        """The channels that ownership files may name."""
        return (*CHANNELS, *self.channels)

    @property
    def demo_database(self) -> Path:
        """The database of `groundswell demo`."""
        return self.data / "demo" / "demo.db"

    def database_url(self, given: str | None = None) -> str:
        """Return the URL of the database to use: the one given, the one set, or the default one."""
        return given or self.database.url or f"sqlite:///{self.data / 'groundswell.db'}"

    def requester_key_path(self) -> Path:
        """File of the key of requesters' hashes."""
        return self.ingest.requester_key or self.data / "requester.key"
