"""What is wrong with a value that pydantic refuses, in our own words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_KINDS = {
    "greater_than_equal": "valid is a number of at least {ge}",
    "greater_than": "valid is a number above {gt}",
    "less_than_equal": "valid is a number of at most {le}",
    "less_than": "valid is a number below {lt}",
    "int_parsing": "valid is a whole number",
    "int_type": "valid is a whole number",
    "int_from_float": "valid is a whole number",
    "float_parsing": "valid is a number",
    "float_type": "valid is a number",
    "finite_number": "valid is a finite number",
    "bool_parsing": "valid are true and false",
    "bool_type": "valid are true and false",
    "string_type": "valid is a text",
    "string_too_short": "valid is a text of at least {min_length} characters",
    "string_too_long": "valid is a text of at most {max_length} characters",
    "string_pattern_mismatch": "valid is a text that matches {pattern}",
    "too_short": "valid are at least {min_length} items",
    "too_long": "valid are at most {max_length} items",
    "literal_error": "valid are {expected}",
    "enum": "valid are {expected}",
    "timezone_aware": "valid is a time with its zone, such as 2026-11-20T08:00:00Z",
    "datetime_parsing": "valid is a time such as 2026-11-20T08:00:00Z",
    "datetime_from_date_parsing": "valid is a time such as 2026-11-20T08:00:00Z",
    "datetime_type": "valid is a time such as 2026-11-20T08:00:00Z",
    "list_type": "valid is a list",
    "tuple_type": "valid is a list",
    "dict_type": "valid is an object",
    "model_type": "valid is an object",
    "extra_forbidden": "there is none of this name",
    "missing": "it is missing",
}


def what_is_valid(error: Mapping[str, Any]) -> str:
    """Return the part of a sentence that says what is valid, for one of the errors that `ValidationError.errors` returns."""
    message = str(error["msg"])
    if error["type"] in ("value_error", "assertion_error"):
        return message.partition(", ")[2]
    form = _KINDS.get(error["type"])
    if form is not None:
        try:
            given = error.get("ctx", {}).items()
            return form.format(**{name: f"{one:g}" if isinstance(one, float) else one for name, one in given})
        except KeyError:
            pass
    return message[:1].lower() + message[1:]
