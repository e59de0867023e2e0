"""Launches: what plans add to the usual volume, and what past launches did."""
