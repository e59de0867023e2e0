"""The tree itself: its files, its packages, and what must never be written into it."""

import ast
import re
import subprocess
import tomllib

import pytest

PACKAGES = ("groundswell", "console", "pipelines", "stream", "alerts", "store", "models")
FILES = (
    "Makefile", "pyproject.toml", "requirements.lock", "README.md", "CHANGELOG.md", "LICENSE", "Dockerfile",
    "docker-compose.yml", ".ci/run", "CONTRIBUTING.md", "docs/conf.py", "docs/index.md", "docs/decisions/template.md",
)  # fmt: skip

# Put together from pieces, so that this file does not hold what it looks for.
FORBIDDEN = {
    "a home folder": re.compile("/" + r"(?:home|Users)/\w+"),
    "root's home folder": re.compile(r"(?<![\w.-])/" + r"root/"),
    "a build machine's folder": re.compile(r"(?<![\w.-])/" + r"(?:work|workspace|builds)/"),
    "a registry of Python packages": re.compile(
        r"py" + r"pi\.(?:org|python)|python" + r"hosted\.org|files\.python" + "hosted"
    ),
    "a registry of JavaScript packages": re.compile(
        r"registry\.npm" + r"js|npm" + r"js\.(?:org|com)|registry\.yarn" + "pkg"
    ),
    "a registry of Java packages": re.compile(r"repo\d?\.maven|maven" + r"\.org|central\.sonatype|oss\.sonatype"),
    "a registry of images": re.compile(r"gh" + r"cr\.io|quay" + r"\.io|docker" + r"\.io/|gcr" + r"\.io"),
    "a registry of crates or Go modules": re.compile(r"crates" + r"\.io|proxy\.go" + "lang"),
    "an index address": re.compile(r"(?:--|\b)(?:extra-)?index" + r"-url[ =]+\S*https?:"),
}


@pytest.fixture(scope="module")
def texts(root):
    """Return path and text of every file that git tracks or would add; binary files are left out."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=root,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    texts = {}
    for name in filter(None, listed.split("\0")):
        try:
            texts[name] = (root / name).read_text(encoding="utf-8")
        except (UnicodeDecodeError, FileNotFoundError):
            continue
    assert "pyproject.toml" in texts
    return texts


@pytest.mark.parametrize("what", sorted(FORBIDDEN))
def test_nothing_of_one_machine(texts, what):
    """No file names a package registry's host or a folder of somebody's machine."""
    found = [
        f"{name}:{text.count(chr(10), 0, match.start()) + 1}: {match.group()}"
        for name, text in texts.items()
        for match in FORBIDDEN[what].finditer(text)
    ]
    assert found == []


@pytest.mark.parametrize("name", FILES)
def test_file_stands(root, name):
    """The files that a newcomer and CI look for are there and not empty."""
    assert (root / name).stat().st_size > 0


@pytest.mark.parametrize("package", PACKAGES)
def test_package_says_what_is_in_it(root, package):
    """Each package is a typed package whose docstring says what is in it."""
    assert ast.get_docstring(ast.parse((root / package / "__init__.py").read_text()))
    assert (root / package / "py.typed").exists()


def test_lock_pins_every_dependency(root):
    """Each dependency of pyproject.toml is pinned with hashes in requirements.lock."""
    project = tomllib.loads((root / "pyproject.toml").read_text())
    lock = (root / "requirements.lock").read_text()
    pinned = set(re.findall(r"^([a-z0-9-]+)==\S+.*\\\n    --hash=sha256:", lock, flags=re.MULTILINE))
    wanted = {
        re.match(r"[A-Za-z0-9_-]+", requirement).group().lower().replace("_", "-")
        for requirement in project["project"]["dependencies"] + project["dependency-groups"]["dev"]
    }
    assert wanted - pinned == set()


def test_every_dependency_says_why(root):
    """Each dependency stands on a line of its own with its reason beside it."""
    text = (root / "pyproject.toml").read_text()
    lines = re.findall(
        r'^    "[^"]+",.*$', text.split("[tool.setuptools]")[0].split("dependencies = [", 1)[1], re.MULTILINE
    )
    assert lines
    assert [line for line in lines if "# " not in line] == []


def test_decisions_are_numbered(root):
    """Decision records are numbered without gaps, so that 'see 0003' finds one page."""
    numbers = sorted(int(path.name[:4]) for path in (root / "docs/decisions").glob("[0-9]*.md"))
    assert numbers == list(range(1, len(numbers) + 1))
    assert numbers
