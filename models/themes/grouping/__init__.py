"""Grouping: partitions of a set of vectors into themes, their number unknown."""
