"""Assignment: which theme a ticket belongs to, and what people have decided about it."""
