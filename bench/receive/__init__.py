"""The webhook receiver under load, killed and restarted meanwhile."""
