"""Quality: how well themes agree with labels."""

from models.quality.agreement import Agreement, agreement

__all__ = ["Agreement", "agreement"]
