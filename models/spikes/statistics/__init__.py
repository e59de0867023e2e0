"""Statistics of counts: tails, multiple testing, accumulated evidence."""
