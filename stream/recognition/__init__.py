"""What an input is: which system wrote it, and what its parts mean."""
