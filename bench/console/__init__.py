"""The console at a million tickets and 5,000 themes: a database to look at, and people who look at it."""
