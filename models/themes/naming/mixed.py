"""Names of themes that hold several problems, which no phrase of their tickets describes."""

from __future__ import annotations

_OTHER = "Other language"


def language_name(language: str) -> str:
    """Return the English name of a language.

    Parameters
    ----------
    language : str
        Code of ISO 639, with or without a script or country: `es`, `pt-BR`, `zh_Hant`.

    Returns
    -------
    str
        "Spanish" for `es`; "Other language" for a code that Unicode's CLDR does not name.
    """
    from babel import Locale

    known = Locale("en").languages
    code = language.replace("-", "_").lower()
    return str(known.get(code) or known.get(code.split("_")[0]) or _OTHER)


def several_problems(subject: str) -> str:
    """Name a theme that holds several problems by what its tickets have in common, such as a language.

    >>> several_problems("Spanish")
    'Spanish: several problems'
    """
    return f"{subject}: several problems"
