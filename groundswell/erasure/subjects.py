"""What a person asked to be erased, as it may be stored: ids with what redaction replaces in them, requesters by all their hashes."""

from __future__ import annotations

import re
from collections.abc import Sequence

from groundswell.errors import UsageError
from models.requester import requester_hashes
from store.erasure.scope import ErasureScope, ErasureSubject
from stream.erased import ticket_hash
from stream.identity import Identities, plain_identity
from stream.requester import sealed_hash

LONGEST = 1_000
"""Characters of the longest requester that is accepted: longer ones are a file given by mistake."""

_HASH = re.compile(r"[0-9a-f]{32}")


class Subjects:
    """Makes what is erased of what a person typed."""

    def __init__(self, keys: Sequence[bytes], id_patterns: Sequence[str], region: str | None = None) -> None:
        """Take the keys that requesters were hashed with, the one in use first, and the forms of ids that are kept.

        `region`: country of national telephone numbers, as where requesters are stored; None where they are of several.
        """
        self._region = region
        self._keys = tuple(keys)
        self._identities = [Identities(key, id_patterns) for key in self._keys]

    def ticket(self, text: str) -> ErasureSubject:
        """Return the subject of a ticket's id. Raises `UsageError` where the text can be no id."""
        plain = plain_identity(text)
        if not plain or len(plain) > 256:
            raise UsageError(f"received a ticket's id of {len(text)} characters; valid are 1 to 256")
        stored = [one.storable(plain) for one in self._identities]
        earlier = tuple(one for one in dict.fromkeys([*stored[1:], plain]) if one != stored[0])
        return ErasureSubject(
            ErasureScope.TICKET, self.ticket_hash(stored[0]), tickets=(stored[0],), earlier=earlier, mentions=(plain,)
        )

    def requester(self, text: str) -> ErasureSubject:
        """Return the subject of a requester: an address, a number, an id, or the hash that listings show.

        Raises `UsageError` where the text can be no requester.
        """
        plain = text.strip()
        if not plain or len(plain) > LONGEST:
            raise UsageError(f"received a requester of {len(text)} characters; valid are 1 to {LONGEST:,}")
        sealed = sealed_hash(plain) or (plain if _HASH.fullmatch(plain) else None)
        if sealed is not None:
            return ErasureSubject(ErasureScope.REQUESTER, sealed, requesters=(sealed,))
        # A number that was stored before the country was named has the hash of its national writing.
        regions = dict.fromkeys([self._region, None])
        hashes = [hashed for key in self._keys for region in regions for hashed in requester_hashes(plain, key, region)]
        return ErasureSubject(
            ErasureScope.REQUESTER, hashes[0], requesters=tuple(dict.fromkeys(hashes)), mentions=(plain,)
        )

    def ticket_hash(self, ticket: str) -> str:
        """Hash a stored id as proofs and the manifest name it."""
        return ticket_hash(ticket, self._keys[0])
