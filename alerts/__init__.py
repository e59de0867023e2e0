"""What reaches people: decisions, routing, silences, the outbox, channels and digests."""
