"""A business review as Markdown: sentences, and tables that are read without rendering."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from alerts.digest.escape import escape_markdown
from alerts.digest.language import ReaderDates
from alerts.review.records import FEW, BusinessReview, ReviewNumber, ReviewTable
from alerts.review.words import (
    FEW_MARK,
    cell_text,
    change_interval,
    change_text,
    interval_text,
    row_name,
    row_texts,
)


def review_markdown(review: BusinessReview, title: str, dates: ReaderDates) -> str:
    """Write a review as CommonMark with tables of GitHub's kind; no name is markup in it. The same review gives the same bytes."""
    return "\n".join(_lines(review, title, dates)).rstrip("\n") + "\n"


def _lines(review: BusinessReview, title: str, dates: ReaderDates) -> Iterator[str]:
    yield f"# {escape_markdown(review.audience)}: {escape_markdown(title)}"
    yield ""
    for line in review.sentences:
        yield f"- {escape_markdown(line)}"
    yield ""
    yield from _numbers("Five numbers", review.numbers)
    if review.ai:
        yield from _numbers("Quality of AI", review.ai)
    for table in review.tables:
        yield from _table(table)
    if review.overdue:
        yield "## Procedures overdue for review"
        yield ""
        yield from (f"- {escape_markdown(one)}" for one in review.overdue)
        yield ""
    yield f"*{escape_markdown(footnote(review, dates))}*"


def footnote(review: BusinessReview, dates: ReaderDates) -> str:
    """Say which tickets a review holds, and until when they are known."""
    scope = f"Only tickets with {review.scope}. " if review.scope else ""
    known = f"{dates.short_day(review.known_until)}, {dates.clock(review.known_until)}"
    return f"{scope}Days are those of UTC. Intervals are of 95 %. Tickets and promises are known until {known} ({dates.timezone})."


FEW_WORDS = f"{FEW_MARK} founded on fewer than {FEW} cases, too few to judge."


def few_note(table: ReviewTable) -> str:
    """Explain the mark of too few cases; empty where no figure has it."""
    return FEW_WORDS if table.has_few else ""


def left_out_note(table: ReviewTable) -> str:
    """Say how many rows are not shown; empty where all are."""
    return f"{table.left_out:,} more {'is' if table.left_out == 1 else 'are'} not shown." if table.left_out else ""


def _numbers(heading: str, numbers: Sequence[ReviewNumber]) -> Iterator[str]:
    yield f"## {heading}"
    yield ""
    yield from _grid(
        ["", "This week", "The week before", "Change"],
        [
            [
                one.title,
                _with(cell_text(one.now, one.kind), interval_text(one.now, one.kind)),
                cell_text(one.before, one.kind),
                _with(change_text(one), change_interval(one)),
            ]
            for one in numbers
        ],
    )
    if any(one.now.few for one in numbers):
        yield escape_markdown(FEW_WORDS)
        yield ""


def _table(table: ReviewTable) -> Iterator[str]:
    yield f"## {escape_markdown(table.title)}"
    yield ""
    for sentence in table.sentences:
        yield escape_markdown(sentence)
        yield ""
    if table.rows:
        heads = [table.of, *(one.title for one in table.columns)]
        yield from _grid(heads, [[row_name(row), *row_texts(row, table.columns)] for row in table.rows])
    for note in (few_note(table), left_out_note(table)):
        if note:
            yield escape_markdown(note)
            yield ""


def _grid(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(escape_markdown(one) for one in heads)} |"
    yield f"| --- |{' ---: |' * (len(heads) - 1)}"
    for name, *figures in rows:
        yield f"| {' | '.join([escape_markdown(name), *(_figure(one) for one in figures)])} |"
    yield ""


def _figure(text: str) -> str:
    """Escape the mark of too few cases; nothing else that a figure is written with is markup."""
    return text.replace(FEW_MARK, f"\\{FEW_MARK}")


def _with(text: str, interval: str) -> str:
    return f"{text} ({interval})" if interval else text
