"""Messages: what a row of the outbox says to people, in the forms that channels need."""
