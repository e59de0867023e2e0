"""Types of the arrays that the models compute with."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from models.lazy import load_when_used

# SciPy imports all that numpy names, this reader of Fortran included, whose patterns take a tenth of a command's time to compile.
load_when_used("numpy.f2py")

Floats = npt.NDArray[np.float64]
"""Figures of any shape."""

Ints = npt.NDArray[np.int64]
"""Counts, positions and identifiers of any shape."""

Mask = npt.NDArray[np.bool_]
"""Which elements of another array are chosen."""

Vectors = npt.NDArray[np.float32]
"""Unit vectors of texts, one a row, shape (n, dimensions)."""

BucketWindow = tuple[int, int]
"""A half-open range of buckets, [start, end); see `models.bucket`."""
