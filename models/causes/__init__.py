"""Causes: which segments contain a spike's excess, or missing volume, and which change, incident or launch fits it."""

from models.causes.cause import Cause, CauseKind, Explanation
from models.causes.explain import CauseInputs, explain
from models.causes.missing import MissingVolume
from models.causes.similar_incidents import PastSpike

__all__ = ["Cause", "CauseInputs", "CauseKind", "Explanation", "MissingVolume", "PastSpike", "explain"]
