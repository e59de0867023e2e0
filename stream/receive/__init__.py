"""Webhooks in: signatures, bodies and deliveries, which are stored before they are answered."""
