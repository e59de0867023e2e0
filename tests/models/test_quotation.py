"""Quotes in rendered digests are found by their ticket and replaced, whatever their text and id contain."""

from hypothesis import example, given, settings
from hypothesis import strategies as st

from alerts.digest.escape import escape_markdown, excerpt, plain
from models.quotation import REMOVED, quote_key, quoted_tickets, without_quotes

NASTY = st.text(st.sampled_from("ab \\*_—“”<>&;#'\"\n[]()>-“`|~:./\u2028\u200b1é中"), max_size=40)
IDS = NASTY.filter(quote_key)


def markdown_of(text, ticket):
    """The quote as a digest in Markdown writes it."""
    return f"> {escape_markdown(text)} — *{escape_markdown(ticket)}*"


def html_of(text, ticket):
    """The quote as a digest in HTML writes it."""
    from markupsafe import escape

    attributes = '<span class="muted"> · ios · US</span>'
    return f"<blockquote><p>“{escape(plain(text))}”</p><footer>{escape(ticket)}{attributes}</footer></blockquote>"


@settings(deadline=None, max_examples=300)
@given(
    texts=st.tuples(NASTY, NASTY),
    tickets=st.tuples(IDS, IDS).filter(lambda ids: quote_key(ids[0]) != quote_key(ids[1])),
)
@example(texts=("a — *t2*", "— *t1*"), tickets=("t1", "t2"))
@example(texts=("x", "y"), tickets=("a*b\\", "&amp;<i>"))
def test_only_the_quotes_of_the_ticket_are_replaced(texts, tickets):
    """In both forms, one ticket's quote goes whole, with its id, and the other one stays to the last character."""
    for write, removed in ((markdown_of, f"> {REMOVED}"), (html_of, f"<blockquote><p>{REMOVED}</p></blockquote>")):
        first, second = (write(text, ticket) for text, ticket in zip(texts, tickets, strict=True))
        digest = f"# Digest\n\n{first}\n\n{second}\n"
        assert quoted_tickets(digest) == [quote_key(one) for one in tickets]
        cleaned, replaced = without_quotes(digest, {tickets[0]})
        assert (cleaned, replaced) == (f"# Digest\n\n{removed}\n\n{second}\n", 1)
        assert without_quotes(cleaned, {tickets[0]}) == (cleaned, 0)


def test_shortened_quotes_are_replaced_and_long_lines_take_linear_time():
    """A quote that was cut is found like any other; a megabyte of what separates text and id is no trap."""
    text = excerpt("Refund", "of Ana " * 100)
    assert text.endswith("…")
    assert without_quotes(markdown_of(text, "T-1"), {"T-1"}) == (f"> {REMOVED}", 1)
    assert without_quotes("> " + " — *" * 250_000, {"T-1"})[1] == 0


def test_all_quotes_are_withheld_where_no_ticket_is_named():
    """Copies that nobody can erase from later hold no quote at all."""
    digest = "\n".join([markdown_of("one", "T-1"), "", markdown_of("two", "T-2"), ""])
    assert without_quotes(digest, None, "[withheld]") == ("> [withheld]\n\n> [withheld]\n", 2)
