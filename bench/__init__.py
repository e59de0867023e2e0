"""Benchmarks: figures as ratios in one run beside a baseline."""
