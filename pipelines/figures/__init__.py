"""Figures for leaders: what is asked for, and the rows of metrics, promises and targets that answer it."""
