"""Jira and Jira Service Management: search pages, issues, requests, service levels and webhooks."""

from stream.connectors.jira.connector import Jira

__all__ = ["Jira"]
