"""What the tests compute with."""

import numpy as np
from threadpoolctl import threadpool_info


def test_a_test_process_computes_with_one_thread():
    """Two test processes on two cores do not wait for each other's threads."""
    assert np.ones((4, 4)).sum() == 16
    assert {one["num_threads"] for one in threadpool_info()} == {1}
