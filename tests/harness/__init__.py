"""Real engines for the tests, and what to do where one is missing."""
