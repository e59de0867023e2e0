"""Scenarios: weeks as an operations lead knows them, and the lines that should be reported in each."""
