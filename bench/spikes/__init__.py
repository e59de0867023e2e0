"""Benchmarks of spike detection on simulated counts: daily, weekly, and live with launches.

Calibration uses seeds 0 to 49 only; reported figures are of seeds 100 to 199.
"""

CALIBRATION = range(50)
REPORT = range(100, 200)
