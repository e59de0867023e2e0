"""Metrics of service: what happened to tickets over time, and the figures that leaders read of it."""
