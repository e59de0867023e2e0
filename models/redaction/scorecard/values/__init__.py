"""Made-up values of each kind, drawn by a seed: valid by their standards, and nobody's."""
