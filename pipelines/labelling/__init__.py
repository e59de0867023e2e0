"""Labelling: drawing queues, giving each person the next case, adjudicating, and what the stored labels say.

Pages, the API and commands call these functions; each checks the person's permission, narrows to their scope, and writes the audit
log. `docs/decisions/0021` has the reasons.
"""
