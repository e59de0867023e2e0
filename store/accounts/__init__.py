"""Who may look: people, invitations, sessions, API tokens, and failed attempts to sign in."""
