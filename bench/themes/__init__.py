"""How well themes are found: in streams and in complete corpora of the shared data."""
