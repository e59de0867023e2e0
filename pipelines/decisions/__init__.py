"""Decisions of specialists: previewed, applied in the next epoch, and read as labels."""
