"""Marks: characters that cover in the view what was found, one for one, so that no position changes."""

CARD_MARK = "\ue000"
EXPIRY_MARK = "\ue001"
OTHER_MARK = "\ue002"
