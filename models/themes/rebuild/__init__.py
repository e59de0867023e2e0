"""Rebuild: themes derived again from stored vectors, matched with the live ones."""
