from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from alerts.digest.escape import escape_markdown, excerpt, plain, web_address

NASTY = st.text(
    alphabet=st.one_of(st.characters(), st.sampled_from("<>&[]()*_`~|#!@:/\\-+=.1\n\t\u202e\u200b$ {}\"'")),
    max_size=80,
)
INERT = {"text", "softbreak", "text_special"}


def shown(text):
    """What a reader of the escaped text sees, and the kinds of everything in it that is not plain text."""
    tokens = MarkdownIt("gfm-like", {"linkify": False, "html": True}).parse(f"> {escape_markdown(text)} — *T-1*\n")
    kinds = [token.type for token in tokens]
    [inline] = [token for token in tokens if token.type == "inline"]
    *before, _, _, _ = inline.children
    return "".join(token.content for token in before), {token.type for token in before} - INERT, kinds


@given(text=NASTY)
def test_no_text_is_markup_in_markdown(text):
    """Whatever a ticket says, a Markdown reader shows its words and finds no markup in them."""
    words, markup, kinds = shown(f"x{text}")
    assert markup == set()
    assert words == f"{plain(f'x{text}')} — ".replace("…", "…")
    assert kinds == ["blockquote_open", "paragraph_open", "inline", "paragraph_close", "blockquote_close"]


@given(text=NASTY)
def test_a_line_start_is_inert(text):
    """Nothing becomes a heading, list, rule or table by standing at the start of a line."""
    escaped = escape_markdown(text)
    kinds = [token.type for token in MarkdownIt("gfm-like", {"linkify": False}).parse(escaped)]
    assert kinds in ([], ["paragraph_open", "inline", "paragraph_close"])


@pytest.mark.parametrize("text", ["<!channel> now", "<@U123>", "<!here|here>", "<https://a.example|click>"])
def test_slack_commands_are_inert(text):
    """Slack reads commands between `<` and `>`: neither is left."""
    escaped = escape_markdown(text)
    assert "<" not in escaped
    assert ">" not in escaped


def test_links_and_mentions_are_not_made_clickable():
    """Bare addresses and @names lose what readers that make links by themselves look for."""
    escaped = escape_markdown("see http://a.example www.b.example @team")
    assert "http://" not in escaped
    assert "www." not in escaped
    assert " @" not in escaped


@given(text=NASTY)
def test_plain_text_is_one_visible_line(text):
    """No line end, control or direction character survives, and doing it twice changes nothing."""
    line = plain(text)
    assert line == plain(line)
    assert line.isprintable()
    assert not set("\n\r\t\u202e\u200b\x00") & set(line)


@given(title=NASTY, body=NASTY, longest=st.integers(10, 60))
def test_an_excerpt_is_short(title, body, longest):
    """An excerpt never exceeds its length, and says something where the ticket does."""
    text = excerpt(title, body, longest)
    assert len(text) <= longest
    assert bool(text) == bool(plain(title) or plain(body))


def test_an_excerpt_does_not_say_things_twice():
    """A title that only repeats the body's start is left out."""
    assert excerpt("Card declined", "Card declined at the till") == "Card declined at the till"
    assert excerpt("Card declined", "at the till") == "Card declined: at the till"


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "//evil.example",
        "/etc/passwd",
        "https://",
        "http://[",
        "",
        None,
    ],
)
def test_only_web_addresses_are_links(url):
    """Anything but http and https with a host is no link."""
    assert web_address(url) is None


@given(path=NASTY)
def test_a_web_address_cannot_leave_its_place(path):
    """A linked address holds nothing that ends an attribute or a Markdown link."""
    address = web_address(f"https://a.example/{path}")
    assert address is None or not set('<>"() \n\\`') & set(address)


class Tags(HTMLParser):
    """Collects the elements of a page with the names of their attributes."""

    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attrs):
        """Note one."""
        self.found.append((tag, tuple(name for name, _ in attrs)))
