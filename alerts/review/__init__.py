"""The weekly business review: its records, and the forms that it is read in."""
