"""Recognise what system a file comes from, by what it holds and never by its name alone."""
