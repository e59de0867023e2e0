"""Families of tests: each judges one kind of deviation and has its own share of the error budget."""
