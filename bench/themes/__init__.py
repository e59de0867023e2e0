"""How well themes are found: the streams and the whole corpora of the shared data."""
