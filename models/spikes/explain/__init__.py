"""Explanations of one signal, or of its absence: the tests that were made, and their limits."""
