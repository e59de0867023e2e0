"""Demand: which tickets are a customer's problem, and which were written by machines, senders of spam or agents."""

from models.demand.classify import classify
from models.demand.kind import CUSTOMER, DemandKind, DemandRule, DemandVerdict
from models.demand.message import IncomingMessage

__all__ = ["CUSTOMER", "DemandKind", "DemandRule", "DemandVerdict", "IncomingMessage", "classify"]
