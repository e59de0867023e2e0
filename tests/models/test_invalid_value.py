"""What is said of values that pydantic refuses: our words, and none of its own."""

from datetime import datetime
from typing import Annotated, Any, Literal

import pytest
from pydantic import AwareDatetime, Field, TypeAdapter, ValidationError

from models.invalid_value import what_is_valid


@pytest.mark.parametrize(
    ("kind", "value", "says"),
    [
        (Annotated[int, Field(ge=1)], 0, "valid is a number of at least 1"),
        (Annotated[float, Field(gt=0)], 0, "valid is a number above 0"),
        (Annotated[int, Field(le=5)], 9, "valid is a number of at most 5"),
        (Annotated[int, Field(lt=5)], 9, "valid is a number below 5"),
        (int, "party", "valid is a whole number"),
        (float, "party", "valid is a number"),
        (bool, "party", "valid are true and false"),
        (str, 5, "valid is a text"),
        (Annotated[str, Field(max_length=2)], "abc", "valid is a text of at most 2 characters"),
        (Literal["sale", "other"], "party", "valid are 'sale' or 'other'"),
        (AwareDatetime, datetime(2026, 11, 20), "valid is a time with its zone, such as 2026-11-20T08:00:00Z"),  # noqa: DTZ001
        (list[int], 5, "valid is a list"),
        (dict[str, int], 5, "valid is an object"),
    ],
)
def test_a_refused_value_is_explained_in_our_words(kind: Any, value: object, says: str) -> None:
    """Each sort of refusal says what is valid."""
    with pytest.raises(ValidationError) as caught:
        TypeAdapter(kind).validate_python(value)
    assert what_is_valid(caught.value.errors()[0]) == says


def test_our_own_sentence_is_kept() -> None:
    """A validator's sentence comes without the words that pydantic puts before it."""
    assert what_is_valid({"type": "value_error", "msg": "Value error, received 1, 2"}) == "received 1, 2"
    assert what_is_valid({"type": "unknown", "msg": "Input is odd"}) == "input is odd"
