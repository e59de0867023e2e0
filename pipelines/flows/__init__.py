"""Prefect flows: each a thin wrapper over a plain function of another package."""

from __future__ import annotations

import os

# Prefect reads these once, while it is imported; this module is always imported before a flow's. Whoever set
# them otherwise keeps their choice.
os.environ.setdefault("PREFECT_SERVER_ANALYTICS_ENABLED", "false")  # noqa: TID251 - this hands settings to Prefect, which takes them nowhere else
os.environ.setdefault("DO_NOT_TRACK", "1")  # noqa: TID251 - this hands settings to Prefect, which takes them nowhere else
# The first start makes Prefect's own database, which on a busy machine takes longer than the 20 seconds it
# allows itself.
os.environ.setdefault("PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS", "180")  # noqa: TID251 - this hands settings to Prefect, which takes them nowhere else
