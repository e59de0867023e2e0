"""Settings of `groundswell pull`; `groundswell.settings` composes them into `groundswell.toml`."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr


class ZendeskPullSettings(BaseModel):
    """How the Zendesk API is reached."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: str = Field(default="", description="Address of the account, such as `https://acme.zendesk.com`.")
    email: str = Field(
        default="", description="User that the API token belongs to; without it the token is one of OAuth."
    )
    token: SecretStr | None = Field(default=None, description="API token, or access token of OAuth.")
    account: str = Field(
        default="",
        max_length=128,
        description="Name of the account in the source of events; the same as in `receive.zendesk_account`.",
    )
    comments: bool = Field(
        default=True, description="Whether comments and changes are pulled, too, from the export of ticket events."
    )
    requests: Annotated[int, Field(ge=1)] = Field(
        default=10, description="Requests a minute; Zendesk allows 10 for incremental exports."
    )


class JiraPullSettings(BaseModel):
    """How the Jira API is reached."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: str = Field(default="", description="Address of the site, such as `https://acme.atlassian.net`.")
    email: str = Field(
        default="", description="User that the API token belongs to; without it the token is a personal access token."
    )
    token: SecretStr | None = Field(default=None, description="API token, or personal access token.")
    account: str = Field(
        default="",
        max_length=128,
        description="Name of the site in the source of events; the same as in `receive.jira_account`.",
    )
    jql: str = Field(default="", description="JQL that selects the issues, without ORDER BY; by default all.")
    api: Literal["cloud", "server"] = Field(
        default="cloud",
        description="`cloud` pages with `nextPageToken` (`/rest/api/3/search/jql`), `server` with `startAt` (`/rest/api/2/search`).",
    )
    service_levels: bool = Field(
        default=False, description="Whether the service levels of each request are pulled, one request for each issue."
    )
    requests: Annotated[int, Field(ge=1)] = Field(default=300, description="Requests a minute.")


class PullSettings(BaseModel):
    """How the live APIs are read."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    zendesk: ZendeskPullSettings = Field(default_factory=ZendeskPullSettings, description="Zendesk.")
    jira: JiraPullSettings = Field(default_factory=JiraPullSettings, description="Jira.")
    every: timedelta = Field(
        default=timedelta(minutes=5),
        ge=timedelta(seconds=10),
        description="Time between two pulls with `--follow`.",
    )
    since: timedelta = Field(
        default=timedelta(days=60),
        gt=timedelta(0),
        description="How far back the first pull reaches without `--since`.",
    )
    timeout: timedelta = Field(
        default=timedelta(seconds=60), gt=timedelta(0), description="How long the system may take for an answer."
    )
    attempts: Annotated[int, Field(ge=1, le=100)] = Field(
        default=10, description="Attempts of a request that is not answered, with growing waits, before the pull ends."
    )
