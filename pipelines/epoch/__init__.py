"""One epoch: the steps of mining, in one transaction."""
