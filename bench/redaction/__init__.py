"""Benchmarks of redaction: recall and precision, speed, ids that look like cards, hostile texts."""
