"""The flow `send_outbox`: sends by schedule what waits in the outbox, also where no worker or miner does it."""

from __future__ import annotations

from prefect import flow, task
from prefect.artifacts import create_markdown_artifact
from prefect.cache_policies import NO_CACHE

from pipelines.flows.command import run_command
from pipelines.flows.context import FlowContext
from pipelines.flows.failure import described_failure
from pipelines.flows.record import recorded_run


@task(name="send", cache_policy=NO_CACHE)
@described_failure()
def send_task() -> str:
    """Send what is due, once; another sender may do it at the same time."""
    return run_command(FlowContext.current(), ["channels", "send"])


@flow(name="send_outbox")
def send_outbox() -> str:
    """Send what waits in the outbox, and keep the numbers as a Markdown artifact. A repeated or late run sends nothing twice."""
    with recorded_run("send_outbox"):
        said = send_task()
        create_markdown_artifact(markdown=said, key="outbox", description="Outbox")
        return said
