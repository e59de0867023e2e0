"""Themes in an epoch, written to the store: assignments, births, moves, merges, lineage, sizes, names and statuses."""
