"""Languages of tickets: which one a text is written in, what it is called, and its words as a vector."""
