"""Causes: which segments hold a spike's excess, or what is missing, and which change, incident or launch goes with it."""

from models.causes.cause import Cause, CauseKind, Explanation
from models.causes.explain import explain
from models.causes.missing import MissingVolume
from models.causes.similar_incidents import PastSpike

__all__ = ["Cause", "CauseKind", "Explanation", "MissingVolume", "PastSpike", "explain"]
