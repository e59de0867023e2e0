"""Statistics of counts: tails, many tests at once, evidence that accumulates."""
