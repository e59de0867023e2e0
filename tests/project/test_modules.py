"""The modules of the application: each is used, no imports form a circle, and a public name means one thing."""

import ast
import re
from collections import defaultdict

import grimp
import numpy as np
import pytest
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from groundswell.cli import COMMANDS

PACKAGES = ("groundswell", "console", "pipelines", "stream", "alerts", "store", "models")

ENTRY_POINTS = {
    "groundswell.cli": "the command line, which loads each command's module when it runs",
    "groundswell.drain_main": "what the process that drains the inbox runs",
    "groundswell.reference": "writes the page of settings when documentation is built",
    "stream.asyncapi": "writes the reference of messages when documentation is built",
}
"""Modules from which use begins, each with what runs it. Migrations are not listed: Alembic loads them by path."""

CAMEL_CASE = re.compile(r"[A-Z][a-z]\w*")


@pytest.fixture(scope="module")
def graph():
    """Return the graph of all imports, also those inside functions and under `TYPE_CHECKING`."""
    return grimp.build_graph(*PACKAGES, cache_dir=None)


def test_every_module_is_used_by_the_application(graph):
    """What only tests and benchmarks import belongs to them, and what nothing imports is removed."""
    used, waiting = set(), [*ENTRY_POINTS, *(f"groundswell.commands.{module}" for _, module, _ in COMMANDS)]
    while waiting:
        module = waiting.pop()
        if module not in used:
            used.add(module)
            waiting += graph.find_modules_directly_imported_by(module)
    # A package is used if a module in it is.
    used |= {module.rsplit(".", depth)[0] for module in used for depth in range(1, module.count(".") + 1)}
    assert sorted(graph.modules - used) == []


def test_every_entry_point_exists(graph):
    """A module that was renamed or removed is no entry point any more."""
    assert sorted(set(ENTRY_POINTS) - graph.modules) == []


def test_no_modules_import_each_other_in_a_circle(graph):
    """A module can be understood after those that it imports; imports for types alone count, too."""
    # A package's `__init__` imports its modules, and a module is in its package: that is no circle.
    inits = {module for module in graph.modules if graph.find_children(module)}
    imports = {
        module: sorted(graph.find_modules_directly_imported_by(module) - inits) for module in graph.modules - inits
    }
    assert circles(imports) == []


def test_public_classes_and_type_aliases_have_names_of_their_own(root):
    """No two modules define a public class or a type alias of the same name."""
    found = defaultdict(list)
    for package in PACKAGES:
        for path in sorted((root / package).rglob("*.py")):
            if "migrations" not in path.parts:
                for name in public_types(ast.parse(path.read_text(encoding="utf-8"))):
                    found[name].append(str(path.relative_to(root)))
    assert {name: paths for name, paths in found.items() if len(paths) > 1} == {}


def test_a_circle_is_found():
    """Three modules that import each other are one circle; those that only lead to it are not part of it."""
    assert circles({"a": ["b"], "b": ["c"], "c": ["a"], "d": ["a"], "e": []}) == [["a", "b", "c"]]
    assert circles({"a": ["b"], "b": ["c"], "c": []}) == []


def public_types(tree):
    """Yield the names of public classes and of type aliases at the top of a module."""
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield node.name
        elif isinstance(node, ast.Assign) and not is_type_variable(node.value):
            yield from (one.id for one in node.targets if isinstance(one, ast.Name) and CAMEL_CASE.fullmatch(one.id))


def is_type_variable(value):
    """Return whether an assigned value is a `TypeVar`, which names nothing outside its module."""
    return isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id == "TypeVar"


def circles(imports):
    """List the strongly connected components of more than one module."""
    modules = sorted(imports)
    number = {module: at for at, module in enumerate(modules)}
    edges = np.array([(number[module], number[one]) for module in modules for one in imports[module]]).reshape(-1, 2)
    graph = csr_array((np.ones(len(edges)), (edges[:, 0], edges[:, 1])), shape=(len(modules), len(modules)))
    _, component = connected_components(graph, directed=True, connection="strong")
    members = [[modules[at] for at in np.flatnonzero(component == one)] for one in np.unique(component)]
    return sorted(one for one in members if len(one) > 1)
