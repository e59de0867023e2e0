"""Benchmark B5, causes at low counts: which segments contain the excess of a few hundred tickets.

Calibration uses seeds 0 to 49 only; reported figures are of seeds 100 to 199.
"""

CALIBRATION = range(50)
REPORT = range(100, 200)
