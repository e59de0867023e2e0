"""Past epochs: restored as they were, explained, backtested and compared."""
