"""How tickets were handled: the rows that figures are made from, kept equal to the events."""
