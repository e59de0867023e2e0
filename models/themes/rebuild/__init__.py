"""Rebuild: themes derived again from stored vectors and matched with the live ones."""
