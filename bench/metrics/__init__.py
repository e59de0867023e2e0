"""Benchmarks of figures for leaders: comparisons of groups and changes on simulated tickets, and sums by day."""
