"""Trends: counts by day and week against a regression with weekday, trend and season, for rises that last days and weeks.

The tests of this package run once a day, apart from those of `models.spikes`: they use other steps of time and an error budget of
their own, and what they find is reported in digests and never alerted.
"""
