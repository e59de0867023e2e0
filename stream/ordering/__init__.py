"""The order of a finite input: everything is read first, spooled to disk redacted, and handed on by event time."""
