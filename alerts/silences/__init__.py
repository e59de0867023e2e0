"""Silences and mute rules: which of them a signal is hidden by, and which are refused."""
