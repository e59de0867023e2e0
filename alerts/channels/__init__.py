"""Channels: the ways out to people."""
