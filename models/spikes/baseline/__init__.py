"""The baseline: what each series usually has, learned from counts outside episodes and launches."""
