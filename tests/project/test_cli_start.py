"""How the command line starts: light, and with every command that the README promises."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from store.database import open_database, upgrade

ROOT = Path(__file__).resolve().parents[2]
HEAVY = (
    "alembic", "faust", "fastapi", "hdbscan", "kafka", "numpy", "prefect", "scipy", "sentence_transformers",
    "sklearn", "sqlalchemy", "torch",
)  # fmt: skip
LATER = (*(name for name in HEAVY if name != "sqlalchemy"), "models.redaction.redactor", "phonenumbers")
TABLE = (ROOT / "README.md").read_text().split("## Commands")[1].split("Every listing")[0]
PROMISED = re.findall(r"^\| `groundswell ([a-z -]+?)(?: [A-Z.]+)*` \|", TABLE, re.MULTILINE)


def run(*arguments, **options):
    """Run the command line in a process of its own."""
    code = "import sys; from groundswell.cli import main; sys.argv[0] = 'groundswell'; main()"
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, **options)


def test_starts_light():
    """The command line starts without any heavy library; each comes with the command that needs it."""
    look = f"import sys, groundswell.cli; print(*sorted(set(sys.modules) & set({HEAVY!r})))"
    done = subprocess.run([sys.executable, "-c", look], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == []


def test_a_listing_loads_no_models(tmp_path):
    """`themes list` loads the database and the settings alone: no arrays, no statistics, no migrations and no patterns of redaction."""
    database = f"sqlite:///{tmp_path / 'groundswell.db'}"
    engine = open_database(database)
    upgrade(engine)
    engine.dispose()
    code = (
        "import sys; from groundswell.cli import main; sys.argv[:] = ['groundswell', 'themes', 'list', '--database', "
        f"{database!r}]\ntry:\n main()\nexcept SystemExit:\n pass\n"
        f"print(*sorted(set(sys.modules) & set({LATER!r})))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1:] == [""]


def test_help():
    """`--help` says what Groundswell is for, and ends well."""
    done = run("--help")
    assert done.returncode == 0, done.stderr
    assert "patterns while they are still happening" in " ".join(done.stdout.split())


def test_wrong_usage():
    """A command that does not exist is wrong usage: exit code 2, a sentence on stderr, no traceback."""
    done = run("no-such-command")
    assert done.returncode == 2
    assert "no-such-command" in done.stderr
    assert "Traceback" not in done.stderr


def test_readme_promises_something():
    """The table of the README is found: it names the commands of the first steps."""
    assert {"demo", "ingest", "themes list", "spikes list", "alerts list", "serve"} <= set(PROMISED)


@pytest.mark.parametrize("command", PROMISED)
def test_readme_command_exists(command):
    """Each command of the README's table is there."""
    done = run(*command.split(), "--help")
    assert done.returncode == 0, done.stderr
