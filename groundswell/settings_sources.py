"""Where settings come from: `groundswell.toml` and the environment. What is wrong with either is one sentence."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path

from pydantic import BaseModel
from pydantic_settings import BaseSettings, TomlConfigSettingsSource

from groundswell.errors import UsageError
from groundswell.terminal import say

FILE = Path("groundswell.toml")
PREFIX = "GROUNDSWELL_"
DELIMITER = "__"

OTHER_NAMES = frozenset({
    "DEBUG", "CI", "FLOW_CONTEXT", "SHARED_DATA", "BENCH_CACHE", "REGENERATE_GOLDEN", "TEST_KAFKA",
    "POSTGRES_PASSWORD", "REQUESTER_KEY", "ZENDESK_SECRET", "JIRA_SECRET", "GITHUB_SECRET", "BEARER_TOKEN",
})  # fmt: skip
"""Variables that are no settings: of the program itself, its tests and benchmarks, and `docker-compose.yml`."""

LIKENESS = 0.8
"""Two names at least so alike, as `difflib` measures it, are the same name misspelt."""

_SERVICE_LINK = re.compile(r"(.*_)?(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT_\d+_(TCP|UDP)(_(PROTO|PORT|ADDR))?)")
_LINK_ADDRESS = re.compile(r"(tcp|udp)://")

_TWIN_BYTES = {b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16"}
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def from_file(settings_cls: type[BaseSettings]) -> TomlConfigSettingsSource:
    """Read `groundswell.toml` of the working folder, if there is one. Raises `UsageError` with what is wrong with it."""
    _check_file(FILE)
    try:
        return TomlConfigSettingsSource(settings_cls)
    except (ValueError, RecursionError) as error:
        # Errors of TOML and of UTF-8 are ValueErrors, and so is a number of thousands of digits.
        why = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise UsageError(f"{FILE} is not TOML in UTF-8 ({why}); mend the line that it names") from error


def check_environment(environment: Mapping[str, str], settings_cls: type[BaseSettings]) -> None:
    """Refuse variables that look like a misspelt setting, and warn of others that nothing reads.

    Raises `UsageError` with the nearest name. Kubernetes sets variables such as GROUNDSWELL_SERVICE_HOST for a service of that name:
    these pass.
    """
    names = names_of(settings_cls)
    tables = {name.upper() for name, field in settings_cls.model_fields.items() if field.annotation is not Path}
    for variable, value in sorted(environment.items()):
        name = variable.upper().removeprefix(PREFIX)
        if name == variable.upper() or name in OTHER_NAMES or _is_service_link(name, value):
            continue
        if name in names or name.partition(DELIMITER)[0] in tables:
            _check_text(variable, value)
            continue
        near = get_close_matches(name, sorted(names | OTHER_NAMES), n=1, cutoff=LIKENESS)
        if near:
            raise UsageError(
                f"the environment sets {variable}, which is no setting; did you mean {PREFIX}{near[0]}? Correct the name, or unset it"
            )
        say(f"groundswell: the environment sets {variable}, which is no setting, so nothing reads it", err=True)


def _check_file(path: Path) -> None:
    """Raise `UsageError` where there is something of this name that is no readable text file."""
    if path.is_symlink() and not path.exists():
        raise UsageError(f"{path} is a link to a file that does not exist; correct the link, or remove it")
    if not path.exists():
        return
    if path.is_dir():
        raise UsageError(f"{path} is a folder; settings are read from a file of that name: rename the folder")
    if not path.is_file():
        raise UsageError(f"{path} is no regular file; settings are read from a text file of that name")
    try:
        with path.open("rb") as opened:
            beginning = opened.read(1024)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise UsageError(f"{path} cannot be read ({reason}); give your user the right to read it") from error
    if beginning.startswith(_BYTE_ORDER_MARK):
        raise UsageError(
            f"{path} begins with a byte order mark, which TOML does not allow; save it as UTF-8 without one"
        )
    encoding = _TWIN_BYTES.get(beginning[:2])
    if encoding:
        raise UsageError(f"{path} is written in {encoding}; save it as UTF-8")
    if b"\0" in beginning:
        raise UsageError(f"{path} is a binary file; settings are read from a TOML file of that name: rename it")


def names_of(settings_cls: type[BaseModel]) -> frozenset[str]:
    """Return the names of all settings and tables as the environment writes them, without the prefix."""
    return frozenset(_names(settings_cls))


def _names(model: type[BaseModel]) -> Iterator[str]:
    for name, field in model.model_fields.items():
        yield name.upper()
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from (f"{name.upper()}{DELIMITER}{inner}" for inner in _names(field.annotation))


def _is_service_link(name: str, value: str) -> bool:
    if _SERVICE_LINK.fullmatch(name):
        return True
    return name.endswith("PORT") and _LINK_ADDRESS.match(value) is not None


def _check_text(variable: str, value: str) -> None:
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise UsageError(f"the value of {variable} in the environment is not UTF-8; set it again") from error
