"""Channels: the destinations of notifications."""
