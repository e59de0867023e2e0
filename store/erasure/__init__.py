"""Erasure: what a person asked to be removed, in every table, and the tombstones that keep it from coming back."""
