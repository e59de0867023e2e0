"""Discovery: new, merged and split themes among the tickets in the window."""
