"""Grouping of a set of tickets into themes, their number unknown."""
