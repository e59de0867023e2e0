"""Tickets from the live APIs of Zendesk and Jira, page by page, from where the last pull ended."""
