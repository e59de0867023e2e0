"""Procedures (SOPs): what agents do in a case, as versioned text with a decision tree."""
