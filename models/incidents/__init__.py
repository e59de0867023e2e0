"""Incidents: which signals are one event, what about it is news, and how it returns."""
