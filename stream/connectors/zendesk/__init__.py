"""Zendesk: JSON export pages, event webhooks and the events that went through Amazon EventBridge."""

from stream.connectors.zendesk.connector import Zendesk

__all__ = ["Zendesk"]
