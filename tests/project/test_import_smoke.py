"""Every module imports by itself, whatever was imported before it.

A process for each of some seven hundred modules would take minutes. It is needed only where the order of imports can matter: for
modules that import each other. All others are imported once, each after what it imports: what is there then is what it would import.
"""

import ast
import subprocess
import sys
from collections.abc import Iterator, Mapping
from graphlib import TopologicalSorter
from pathlib import Path

from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("groundswell", "console", "pipelines", "stream", "alerts", "store", "models")
# Each argument is a group of modules that import each other, after the groups that it imports. Where one package contains them all, it
# is what each of them imports first. What is not there then is imported in a fork of its own, so that what it forgot to import cannot
# have been brought by another one.
EACH_APART = """
import importlib, os, sys
failed = 0

def fails(name):
    try:
        importlib.import_module(name)
    except BaseException as error:
        print(f"{name}: {type(error).__name__}: {error}", flush=True)
        return True
    return False

for group in sys.argv[1:]:
    names = group.split(",")
    if all(name.startswith(f"{names[0]}.") for name in names[1:]):
        failed += fails(names[0])
    for name in names:
        if len(names) > 1 and name not in sys.modules:
            if (child := os.fork()) == 0:
                os._exit(fails(name))
            failed += os.waitpid(child, 0)[1] != 0
    failed += sum(map(fails, names))
sys.exit(failed > 0)
"""


def sources() -> dict[str, Path]:
    """Return the files of all modules by name; Alembic's revisions run only inside Alembic."""
    found = {}
    for path in sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py")):
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        if not name.startswith("store.migrations"):
            found[name] = path
    return found


def import_statements(node: ast.AST) -> Iterator[ast.Import | ast.ImportFrom]:
    """Yield the import statements that run when a module is imported: not those in functions, and not those for types alone."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import | ast.ImportFrom):
            yield child
        elif isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING":
            for other in child.orelse:
                yield from import_statements(other)
        elif not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield from import_statements(child)


def imported(name: str, path: Path, known: Mapping[str, Path]) -> Iterator[str]:
    """Yield the modules of ours that a module imports when it is imported, the packages above them included."""
    yield from above(name)
    for statement in import_statements(ast.parse(path.read_text())):
        if isinstance(statement, ast.ImportFrom) and statement.module in known:
            yield from (statement.module, *above(statement.module))
            yield from (sub for one in statement.names if (sub := f"{statement.module}.{one.name}") in known)
        elif isinstance(statement, ast.Import):
            yield from (part for one in statement.names if one.name in known for part in (one.name, *above(one.name)))


def above(name: str) -> list[str]:
    """Return the packages that a module is in."""
    parts = name.split(".")
    return [".".join(parts[:length]) for length in range(1, len(parts))]


def groups(known: Mapping[str, Path]) -> list[list[str]]:
    """Return the modules in groups that import each other, each group after those that it imports."""
    names = sorted(known)
    number = {name: at for at, name in enumerate(names)}
    edges = {(number[name], number[other]) for name in names for other in imported(name, known[name], known)}
    rows, columns = zip(*edges, strict=True)
    graph = coo_array(([1] * len(edges), (rows, columns)), shape=(len(names), len(names)))
    _, labels = connected_components(graph, connection="strong")
    needs = {label: set() for label in labels.tolist()}
    for one, other in edges:
        if labels[one] != labels[other]:
            needs[int(labels[one])].add(int(labels[other]))
    members = {label: [name for name, at in number.items() if labels[at] == label] for label in needs}
    return [members[label] for label in TopologicalSorter(needs).static_order()]


def test_each_module_imports_alone():
    """Each module of each package brings with it whatever it needs."""
    found = groups(sources())
    assert sum(map(len, found)) > 500
    command = [sys.executable, "-W", "ignore", "-c", EACH_APART, *(",".join(group) for group in found)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stdout.splitlines() == []
    assert done.returncode == 0, done.stderr


def test_no_module_reaches_what_others_imported():
    """A module names what it uses in its own imports: none takes a package, whose modules may be there because of others."""
    known = sources()
    packages = {name for name, path in known.items() if path.name == "__init__.py"}
    reaching = []
    for name, path in known.items():
        for node in ast.walk(ast.parse(path.read_text())):
            taken = [one.name for one in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                assert not node.level, f"{name} has a relative import"
                taken = [f"{node.module}.{one.name}" for one in node.names if f"{node.module}.{one.name}" in packages]
            reaching += [f"{name} imports {one}" for one in taken if one.split(".")[0] in PACKAGES]
    assert reaching == []
