"""The weekly business review: its figures are read, and it is published in addition to the digests."""
