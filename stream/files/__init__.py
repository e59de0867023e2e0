"""Read files: what a file is, and its records, from bytes in any container, encoding and dialect."""
