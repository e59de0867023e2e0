"""Causes: which segments hold a spike's excess, and which change, incident or launch goes with it."""

from models.causes.cause import Cause, CauseKind, Explanation
from models.causes.explain import explain
from models.causes.likeness import PastSpike

__all__ = ["Cause", "CauseKind", "Explanation", "PastSpike", "explain"]
