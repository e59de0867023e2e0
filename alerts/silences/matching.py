"""Matching a signal with silences. Pure: themes, names and similarities are passed in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from models.segment import Segment
from models.silence import Silence, SilenceKind


@dataclass(frozen=True, slots=True, kw_only=True)
class ActiveSilence:
    """A silence in force at the end of an epoch, resolved to the themes of then.

    Parameters
    ----------
    survivors: the themes that have the tickets of those that the silence names by id, after all merges.
    similar: closeness of each theme that its example text reaches; empty without such a text.
    threshold: closeness from which a ticket is assigned to a theme; None while there is none yet.
    """

    silence: Silence
    survivors: frozenset[int] = frozenset()
    similar: Mapping[int, float] = field(default_factory=dict)
    threshold: float | None = None

    def covers(self, theme_id: int, theme_name: str, segment: Segment) -> bool:
        """Return whether it covers a signal of a theme in a segment, to whomever the signal goes. One without matchers never does."""
        matchers = self.silence.matchers
        if matchers.empty:
            return False
        named = not matchers.themes or theme_id in self.survivors or _is_named(matchers.themes, theme_name)
        alike = matchers.like is None or theme_id in self.similar
        return named and alike and segment.within(matchers.segment)


def covering(
    active: Iterable[ActiveSilence], theme_id: int, theme_name: str, segment: Segment
) -> tuple[ActiveSilence, ...]:
    """List the silences that cover a signal, in the order of their ids."""
    found = [one for one in active if one.covers(theme_id, theme_name, segment)]
    return tuple(sorted(found, key=lambda one: one.silence.silence_id))


def hiding(found: Iterable[ActiveSilence], kind: SilenceKind) -> ActiveSilence | None:
    """Return the first of a kind that hides a signal from everyone; None where there is none."""
    return next((one for one in found if one.silence.kind is kind and one.silence.matchers.audience is None), None)


def withheld_audiences(found: Iterable[ActiveSilence]) -> dict[str, Silence]:
    """Return the audiences whose messages are withheld, each with the first silence that withholds them."""
    withheld: dict[str, Silence] = {}
    for one in found:
        audience = one.silence.matchers.audience
        if audience is not None:
            withheld.setdefault(audience, one.silence)
    return withheld


def _is_named(wanted: Iterable[int | str], name: str) -> bool:
    return any(isinstance(one, str) and fnmatchcase(name.casefold(), one.casefold()) for one in wanted)
