"""Changes of themes, written to the store: assignments, births, moves, merges, lineage and counts."""
