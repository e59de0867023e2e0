"""Retention: how long each kind of data is kept, and the removal of what is older."""
