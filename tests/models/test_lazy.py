"""Names of packages that are imported when they are first used."""

import pkgutil
from importlib import import_module

import pytest

from models.lazy import lazy_names

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
