"""The baseline: the usual volume of each series, learned from counts outside episodes and launches."""
