"""The form of a requester's address: addresses of machines look alike in all mail systems."""

from __future__ import annotations

import re

from models.demand.kind import DemandKind

_ADDRESS = re.compile(r"<([^<>]+)>\s*$")
_BOUNCE = re.compile(
    r"^(?:mail(?:er)?[-_. ]?daemon|postmaster|mdaemon|bounces?(?:$|[+=]|[-_.][\w.=-]*[\d=])|.*[-_+.=]bounces?$|returned[-_.]?mail$)"
)
"""VERP writes the recipient or a number behind `bounce`."""
_NO_REPLY = re.compile(
    r"(?:^|[-_.+])(?:no[-_. ]?(?:reply|repl[iy]es|response)|(?:do|please|pls)[-_. ]?(?:do[-_. ]?)?no?t?[-_. ]?(?:reply|respond|answer)|"
    r"nicht[-_. ]?antworten|keine[-_. ]?antwort|ne[-_. ]?pas[-_. ]?repondre|pas[-_. ]?de[-_. ]?reponse|no[-_. ]?responder|"
    r"nao[-_. ]?respond[ae]r?|non[-_. ]?rispondere|niet[-_. ]?(?:be)?antwoorden|geen[-_. ]?antwoord|"
    r"auto[-_. ]?(?:reply|responder|mailer|confirm))(?:$|[-_.+@\d])"
)


def kind_by_requester(requester: str | None) -> DemandKind | None:
    """Return `bounce` for the address of a mail system, None for all others."""
    return DemandKind.BOUNCE if requester and _BOUNCE.search(_local_part(requester)) else None


def is_no_reply(requester: str | None) -> bool:
    """Whether an address says that nobody reads answers to it.

    Such an address may be that of a form that passes on what customers write, so that it says too little by itself.
    """
    return bool(requester and _NO_REPLY.search(_local_part(requester)))


def _local_part(requester: str) -> str:
    found = _ADDRESS.search(requester)
    address = (found.group(1) if found else requester).strip().casefold().removeprefix("mailto:")
    return address.rpartition("@")[0] or address
