"""Benchmark B5, causes at low counts: what holds the excess of a few hundred tickets.

Calibration looks at seeds 0 to 49 only; figures are of seeds 100 to 199.
"""

CALIBRATION = range(50)
REPORT = range(100, 200)
