"""Benchmarks of how fast and in how much memory files are read."""
