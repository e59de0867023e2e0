"""Names of packages that are imported when they are first used."""

import pkgutil
import subprocess
import sys
from importlib import import_module

import pytest

from models.lazy import lazy_names, load_when_used

LAZY = ("models.embedding", "models.redaction", "models.spikes", "models.text", "models.themes", "alerts.narrator")


@pytest.mark.parametrize("package", LAZY)
def test_every_name_that_a_package_gives_is_there(package):
    """All names of `__all__` can be imported from the package, and none is the name of one of its modules."""
    loaded = import_module(package)
    assert all(getattr(loaded, name, None) is not None for name in loaded.__all__)
    assert not set(loaded.__all__) & {module.name for module in pkgutil.iter_modules(loaded.__path__)}


def test_other_names_are_an_attribute_error():
    """A name that the package does not have is refused as by any module."""
    load = lazy_names("models.spikes", {"series": ("SeriesKey",)})
    with pytest.raises(AttributeError, match="has no attribute 'Nothing'"):
        load("Nothing")


def test_a_module_loads_when_it_is_used():
    """A module is not executed before an attribute of it is read, and its package has it as an attribute."""
    import_it = (
        "import sys; from models.lazy import load_when_used; load_when_used('json.tool')\n"
        "from json import tool as found; early = 'argparse' in sys.modules\n"
        "print(found is sys.modules['json.tool'], early, callable(found.main), 'argparse' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", import_it], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "False", "True", "True"]


def test_a_module_that_was_imported_stays():
    """Nothing happens to a module that was imported before, or that does not exist."""
    before = sys.modules["models.lazy"]
    load_when_used("models.lazy")
    load_when_used("models.no_such_module")
    assert sys.modules["models.lazy"] is before
    assert "models.no_such_module" not in sys.modules
