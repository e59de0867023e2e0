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


READS = {
    "themes list": LATER,
    "spikes list": LATER,
    "alerts list": LATER,
    "incidents list": LATER,
    "known-issues list": tuple({*LATER} - {"numpy"}),
    "audiences check": tuple({*LATER} - {"numpy"}),
    "doctor": tuple({*LATER} - {"numpy"}),
}
"""What commands that read do not load."""


@pytest.mark.parametrize("command", READS)
def test_a_command_that_reads_loads_little(command, tmp_path):
    """A command that reads loads the database, the settings and what it computes with: no migrations, model or patterns of redaction.

    Listings load no statistics either, most of them no arrays.
    """
    database = f"sqlite:///{tmp_path / 'groundswell.db'}"
    engine = open_database(database)
    upgrade(engine)
    engine.dispose()
    arguments = ["groundswell", *command.split(), "--database", database]
    code = (
        f"import sys; from groundswell.cli import main; sys.argv[:] = {arguments!r}\n"
        "try:\n main()\nexcept SystemExit:\n pass\n"
        f"print(*sorted(set(sys.modules) & set({READS[command]!r})))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1:] == [""]


def test_an_explanation_loads_no_redaction():
    """What explains a spike computes with arrays and statistics; it loads no model and no patterns of redaction."""
    unused = (*({*LATER} - {"numpy", "scipy"}), "numpy.f2py.crackfortran")
    look = f"import sys, pipelines.past.explain; print(*sorted(set(sys.modules) & set({unused!r})))"
    done = subprocess.run([sys.executable, "-c", look], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == []


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
