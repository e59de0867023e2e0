"""The window of recent tickets that new ones are compared with."""
