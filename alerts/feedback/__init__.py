"""Feedback: signed links in messages and digests, by which their readers say whether they were useful."""

from alerts.feedback.links import FeedbackItem, FeedbackLinks, FeedbackRequest

__all__ = ["FeedbackItem", "FeedbackLinks", "FeedbackRequest"]
