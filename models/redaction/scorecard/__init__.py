"""The scorecard of redaction: texts whose secrets are known, and the recall and precision with which a program removes them."""
