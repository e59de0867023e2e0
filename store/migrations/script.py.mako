"""${message}

Revision ${up_revision}, after ${down_revision | comma,n}.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from store import types

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go up one revision."""
    ${upgrades if upgrades else "pass"}


def downgrade() -> None:
    """Go down one revision."""
    ${downgrades if downgrades else "pass"}
