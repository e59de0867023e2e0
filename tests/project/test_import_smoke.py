"""Every module imports by itself, in a process that has seen nothing else of ours."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("groundswell", "console", "pipelines", "stream", "alerts", "store", "models")
# Third parties are loaded once, for speed; each of our modules is then imported in a fork of its own, so that
# what it forgot to import cannot have been brought by the one before it.
EACH_APART = """
import importlib, os, sys
import fastapi, hdbscan, pydantic_settings, scipy.special
import sklearn.decomposition, sklearn.feature_extraction.text, sqlalchemy.orm, typer
failed = 0
for name in sys.argv[1:]:
    if (child := os.fork()) == 0:
        try:
            importlib.import_module(name)
        except BaseException as error:
            print(f"{name}: {type(error).__name__}: {error}", flush=True)
            os._exit(1)
        os._exit(0)
    failed += os.waitpid(child, 0)[1] != 0
sys.exit(failed > 0)
"""


def modules(package):
    """Return the names of all modules of a package; Alembic's revisions run only inside Alembic."""
    paths = (path.relative_to(ROOT) for path in sorted((ROOT / package).rglob("*.py")))
    names = (".".join(path.with_suffix("").parts).removesuffix(".__init__") for path in paths)
    return [name for name in names if not name.startswith("store.migrations")]


def test_each_module_imports_alone():
    """Each module of each package brings with it whatever it needs."""
    names = [name for package in PACKAGES for name in modules(package)]
    command = [sys.executable, "-W", "ignore", "-c", EACH_APART, *names]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stdout.splitlines() == []
    assert done.returncode == 0, done.stderr
