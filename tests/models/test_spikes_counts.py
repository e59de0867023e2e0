import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from models.segment import EVERYTHING, Segment
from models.spikes import SeriesCounts, SeriesKey, segments_of

BRAZIL = Segment.of({"region": "BR"})
KEYS = [SeriesKey(theme, segment) for theme in (0, 1, 2) for segment in (EVERYTHING, BRAZIL)]
ADDS = st.lists(st.tuples(st.integers(1000, 1040), st.sampled_from(KEYS), st.integers(-2, 3)), max_size=40)


@given(ADDS, st.integers(995, 1045), st.integers(0, 30))
def test_counts_are_plain_sums(adds, start, width):
    """Whatever is added or removed, in any order, a window has the sum of it."""
    counts = SeriesCounts()
    for bucket, key, n in adds:
        counts.add(bucket, key, n)
    for key in KEYS:
        expected = sum(n for bucket, other, n in adds if other == key and start <= bucket < start + width)
        assert counts.total(key, start, start + width) == expected
        row = counts.row(key)
        assert row is None or counts.sums(start, start + width)[row] == expected


@given(
    st.lists(st.tuples(st.integers(1000, 1400), st.sampled_from(KEYS), st.integers(-2, 3)), max_size=40),
    st.integers(980, 1200),
    st.integers(0, 420),
)
def test_long_windows_have_the_sum_of_their_buckets(adds, start, width):
    """Windows that are summed by the hour have what their buckets have, between additions and once old buckets are forgotten."""
    counts = SeriesCounts(recent_buckets=250, history_hours=40)

    def agree():
        return all(
            counts.sums(start, start + width)[row] == counts.total(key, start, start + width)
            for row, key in enumerate(counts.keys)
        )

    for bucket, key, n in adds:
        counts.add(bucket, key, n)
        assert agree()
    counts.trim(1400)
    assert agree()


@given(ADDS, st.randoms())
def test_hourly_sums_agree_with_buckets(adds, random):
    """Hours have the same tickets as their buckets, also when reads come between the additions."""
    counts = SeriesCounts()
    for bucket, key, n in adds:
        counts.add(bucket, key, n)
        if random.random() < 0.2:
            counts.hourly(0, 200)
    hourly = counts.hourly(1000 // 12, 1041 // 12 + 1)
    for key in KEYS:
        row = counts.row(key)
        if row is not None:
            total = sum(n for _, other, n in adds if other == key)
            assert hourly.counts[hourly.rows == row].sum() == total


def test_restore_reads_what_a_store_keeps():
    """Rows with a segment's key restore the series that were counted."""
    counts = SeriesCounts()
    counts.restore([(1000, 1, BRAZIL.key, 2), (1001, 1, BRAZIL.key, 3), (1001, 0, "{}", 5)])
    assert counts.by_bucket(SeriesKey(1, BRAZIL), 1000, 1003).tolist() == [2, 3, 0]
    assert counts.total(SeriesKey(0, EVERYTHING), 1000, 1003) == 5


@given(ADDS, ADDS)
def test_stored_cells_count_like_additions(before, stored):
    """Cells that are restored together count as if each was added by itself, and number the series in the same order."""
    numbers = {EVERYTHING: 4, BRAZIL: 9}
    one_by_one, together = SeriesCounts(), SeriesCounts()
    for bucket, key, n in before:
        one_by_one.add(bucket, key, n)
        together.add(bucket, key, n)
    for bucket, key, n in stored:
        one_by_one.add(bucket, key, n)
    cells = [(key.theme_id, numbers[key.segment], bucket, n) for bucket, key, n in stored]
    together.restore_cells(
        np.array(cells, np.int64).reshape(-1, 4), {number: segment for segment, number in numbers.items()}
    )
    assert together.keys == one_by_one.keys
    for start, end in ((1000, 1041), (1000, 1012), (1017, 1030)):
        assert together.sums(start, end).tolist() == one_by_one.sums(start, end).tolist()
    assert together.first_hour(0, 200) == one_by_one.first_hour(0, 200)
    for hour in range(82, 90):
        assert together.revision_before(hour) == one_by_one.revision_before(hour)
        found, expected = together.hourly(hour, hour + 1), one_by_one.hourly(hour, hour + 1)
        assert found.rows.tolist() == expected.rows.tolist()
        assert found.counts.tolist() == expected.counts.tolist()


def test_trim_forgets_only_what_is_out_of_sight():
    """Trimming drops old buckets and keeps those that a later question can still see."""
    counts = SeriesCounts(recent_buckets=10, history_hours=2)
    for bucket in (100, 150, 159):
        counts.add(bucket, SeriesKey(0, EVERYTHING), 1)
    counts.trim(160)
    assert counts.total(SeriesKey(0, EVERYTHING), 150, 160) == 2
    assert counts.hourly(0, 20).slots.tolist() == [12, 13]


def test_segments_of_a_ticket():
    """A ticket counts in everything, in each value it has, and in the pairs it has both values of."""
    segments = segments_of({"region": "BR", "payment_method": "pix", "platform": None})
    assert segments == (
        EVERYTHING,
        Segment.of({"payment_method": "pix"}),
        BRAZIL,
        Segment.of({"region": "BR", "payment_method": "pix"}),
    )
