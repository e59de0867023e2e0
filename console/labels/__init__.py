"""What the pages of labels send and show: forms, the desk of one case, disputes without names, and results."""
