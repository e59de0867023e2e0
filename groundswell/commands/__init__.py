"""The commands, one module per noun of the command line."""
