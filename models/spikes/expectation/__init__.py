"""Expectation: predictive mean and variance of counts, from the baseline, the common volume and launches."""
