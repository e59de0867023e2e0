"""Roles and scopes: who may do what, and which tickets a scope holds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.access import EVERYTHING, ROLES, SCOPE_DIMENSIONS, AccessScope, Permission, Role, local_person
from models.segment import Segment

VALUES = st.sampled_from(["acme", "borea", "BR", "US", "live"])
LIMITS = st.dictionaries(st.sampled_from(SCOPE_DIMENSIONS), st.lists(VALUES, min_size=1, max_size=3))
ATTRIBUTES = st.fixed_dictionaries({name: st.one_of(st.none(), VALUES) for name in SCOPE_DIMENSIONS})


def test_each_role_looks_and_only_the_admin_administers() -> None:
    """Everybody looks and rates; people, tokens and the audit log are the admin's."""
    assert set(ROLES) == set(Role)
    for role, permissions in ROLES.items():
        assert {Permission.LOOK, Permission.RATE} <= permissions
        assert (Permission.ADMINISTER in permissions) == (role is Role.ADMIN)
    assert Permission.DECIDE not in ROLES[Role.OPS]
    assert Permission.PLAN not in ROLES[Role.SPECIALIST]
    assert {role for role in Role if Permission.LABEL in ROLES[role]} == {Role.LABELLER, Role.SPECIALIST, Role.ADMIN}
    assert {role for role in Role if Permission.ADJUDICATE in ROLES[role]} == {Role.SPECIALIST, Role.ADMIN}
    assert local_person("ann").permissions == frozenset(Permission)


@given(limits=LIMITS, attributes=ATTRIBUTES)
def test_a_scope_admits_a_ticket_with_an_allowed_value_in_each_limited_dimension(
    limits: dict[str, list[str]], attributes: dict[str, str | None]
) -> None:
    """A ticket without a value in a limited dimension is outside; the empty scope admits all."""
    scope = AccessScope.of(limits)
    assert scope.admits(attributes) == all(attributes[name] in allowed for name, allowed in limits.items())
    assert scope.contains(Segment.of(attributes)) == scope.admits(attributes)
    assert AccessScope.of(scope.as_dict()) == scope
    assert EVERYTHING.admits(attributes)


@given(one=LIMITS, other=LIMITS, attributes=ATTRIBUTES)
def test_a_scope_within_another_admits_nothing_more(
    one: dict[str, list[str]], other: dict[str, list[str]], attributes: dict[str, str | None]
) -> None:
    """What a narrower scope admits, the wider one admits too."""
    narrow, wide = AccessScope.of(one), AccessScope.of(other)
    if narrow.within(wide) and narrow.admits(attributes):
        assert wide.admits(attributes)
    assert narrow.within(EVERYTHING)


@pytest.mark.parametrize(
    ("values", "sentence"),
    [({"product": ["coins"]}, "valid are business_line, region, vendor"), ({"vendor": []}, "give at least one")],
)
def test_an_unknown_dimension_and_an_empty_list_are_refused(values: dict[str, list[str]], sentence: str) -> None:
    """The sentence says what is valid."""
    with pytest.raises(ValueError, match=sentence):
        AccessScope.of(values)


@given(one=LIMITS, other=LIMITS, attributes=ATTRIBUTES)
def test_an_intersection_admits_what_both_admit(
    one: dict[str, list[str]], other: dict[str, list[str]], attributes: dict[str, str | None]
) -> None:
    """A token never sees more than the person who made it, whatever changed since."""
    first, second = AccessScope.of(one), AccessScope.of(other)
    both = first.intersect(second)
    admitted = both is not None and both.admits(attributes)
    assert admitted == (first.admits(attributes) and second.admits(attributes))
