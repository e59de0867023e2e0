"""Names of a package that are imported when they are first used (PEP 562).

A package whose parts need numpy, SciPy or hundreds of patterns would otherwise load all of them for one of its settings.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from importlib.util import LazyLoader, find_spec, module_from_spec
from typing import Any


def load_when_used(name: str) -> None:
    """Import a module, such as `numpy.f2py`, when an attribute of it is first read, or a statement imports it by its name.

    Nothing happens where it was imported already. For a library that imports another one of which it uses nothing.
    """
    spec = None if name in sys.modules else find_spec(name)
    if spec is None or spec.loader is None:
        return
    loader = spec.loader = LazyLoader(spec.loader)
    module = sys.modules[name] = module_from_spec(spec)
    loader.exec_module(module)
    # The import system does this only for what it loads itself.
    parent, _, last = name.rpartition(".")
    if parent:
        setattr(sys.modules[parent], last, module)


def lazy_names(package: str, modules: Mapping[str, Iterable[str]]) -> Callable[[str], Any]:
    """Return the `__getattr__` of a package.

    Parameters
    ----------
    package : str
        Its name.
    modules : mapping of str to names
        For each module of the package, such as `counts` or `episodes.episode`, the names that the package gives of it. No name
        may be that of a module of the package, because an import of the module would bind it.

    Raises
    ------
    AttributeError
        By the function returned: the package has no such name.
    """
    module_of = {name: module for module, names in modules.items() for name in names}

    def load(name: str) -> Any:
        if name not in module_of:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        found = getattr(import_module(f"{package}.{module_of[name]}"), name)
        setattr(sys.modules[package], name, found)
        return found

    return load
