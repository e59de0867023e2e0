"""Benchmarks: figures as ratios in one run, next to those of a baseline."""
