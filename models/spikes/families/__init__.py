"""Families of tests: each tests for one kind of deviation, and has a share of the error budget of its own."""
