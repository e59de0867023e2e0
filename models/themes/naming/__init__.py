"""Names, keywords and representative tickets of themes."""
