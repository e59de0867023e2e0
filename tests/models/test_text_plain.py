"""HTML, references and encodings of mail become the text that a person reads; everything else stays as it is."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.text import plain_value, to_plain

OUTLOOK = (
    '<html xmlns:o="urn:schemas-microsoft-com:office:office"><head><meta charset="utf-8"><title>Mail</title><style><!-- '
    'p.MsoNormal {font-family:"Calibri",sans-serif;} --></style><!--[if gte mso 9]><xml><o:shapedefaults/></xml><![endif]--></head>'
    '<body lang="EN-US"><div class="WordSection1"><p class="MsoNormal">The reader is dead.<o:p></o:p></p>'
    '<p class="MsoNormal"><o:p>&nbsp;</o:p></p><p class="MsoNormal">It shows E&#8209;12.<o:p></o:p></p></div></body></html>'
)
GMAIL = (
    '<div dir="ltr">It is back.<br></div><br><div class="gmail_quote"><div dir="ltr" class="gmail_attr">On Tue, 3 Nov 2026 at 10:00, '
    'Desk &lt;<a href="mailto:desk@shop.example">desk@shop.example</a>&gt; wrote:<br></div><blockquote class="gmail_quote" '
    'style="margin:0px 0px 0px 0.8ex;border-left:1px solid"><div>Is it fixed?<br>Tell us.</div></blockquote></div>'
)
PREVIEW = (
    '<div style="display:none;max-height:0px">Your receipt is inside &zwnj;&nbsp;&zwnj;&nbsp;</div><p>I was charged twice.</p>'
    '<img src="https://t.example/p.gif" width="1" height="1"><script>track()</script>'
)


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        (OUTLOOK, "The reader is dead.\n\nIt shows E\u201112."),
        (
            GMAIL,
            "It is back.\n\nOn Tue, 3 Nov 2026 at 10:00, Desk <desk@shop.example> wrote:\n\n> Is it fixed?\n> Tell us.",
        ),
        (PREVIEW, "I was charged twice."),
        ("Hello<br>World", "Hello\nWorld"),
        ("Hello <br /> World", "Hello\nWorld"),
        ("<DIV>UPPER<BR>case</DIV>", "UPPER\ncase"),
        ("<p>one<p>two", "one\n\ntwo"),
        ("<ul><li>no login</li><li>no <b>pay</b>ment</li></ul>", "- no login\n- no payment"),
        ("<table><tr><td>Order</td><td>77</td></tr><tr><td>Paid</td><td>5</td></tr></table>", "Order\t77\nPaid\t5"),
        ("<pre>a\n  b</pre>", "a\n  b"),
        ("<p>cut in a tag <span style='color:r", "cut in a tag"),
        ("<p>cut in a name <sp", "cut in a name"),
        ("<p>cut in a reference &nbs", "cut in a reference"),
        ("<style>p {color: red} .x &gt; y", ""),
        ('<img src="x.png" onerror="alert(1)">', "[image]"),
        ('<p>Look: <img src="cid:1"></p>', "Look:"),
        ('<div style="display:none">only hidden</div>', "only hidden"),
        ('<blockquote style="margin:0 0 0 40px;border:none">indented</blockquote>', "indented"),
        ("<div>new</div><blockquote>old<blockquote>older</blockquote></blockquote>", "new\n\n> old\n\n> > older"),
        ("<hr><b>From:</b> Ana<br><b>Sent:</b> Monday<br>", "_" * 32 + "\nFrom: Ana\nSent: Monday"),
        ("I can&#39;t pay &amp; log in", "I can't pay & log in"),
        ("&amp;lt;b&amp;gt;twice&amp;lt;/b&amp;gt;", "twice"),
        ("<p>mail <ana@example.com> about <order 12> if 1 < 2</p>", "mail <ana@example.com> about <order 12> if 1 < 2"),
        (r"\u003cp\u003eEscaped\u003c/p\u003e", "Escaped"),
        (r"<div class=\"x\">In JSON<br>\n<\/div>", "In JSON"),
        ("<https://shop.example/o/1|order 1> is late", "order 1 is late"),
        ("Gr=C3=BC=C3=9Fe", "Grüße"),
        ("=?utf-8?Q?Caf=C3=A9_kaputt?= =?utf-8?B?IQ==?= now", "Café kaputt! now"),
        ("=?no-such?Q?x?= =?utf-8?B?%?=", "=?no-such?Q?x?= =?utf-8?B?%?="),
        ("<o:p></o:p>", ""),
        ("5 m<sup>2</sup>", "5 m2"),
        ('<p style=3D"x">caf=C3=A9 =20\n</p>', "café"),
        ("a long line that a mail program has cut because it had more than seventy=\n-six letters", None),
        ("pay\u200bment fa\u00adiled", "payment failed"),
        ("half \ud83d <b>a pair</b>", "half \ufffd a pair"),
    ],
)
def test_markup_becomes_the_text_that_a_person_reads(markup, text):
    """Blocks become lines, quotes are marked, hidden things and styles are left out, encodings are decoded."""
    expected = markup.replace("=\n", "") if text is None else text
    assert to_plain(markup) == expected


@pytest.mark.parametrize(
    "text",
    [
        "if a < b and c > d",
        "if x<y then z>1",
        "my number is <order 123>",
        "write to <ana@example.com> or Ana <ana@example.com>",
        "the mail says Hello <title> <address>, not my name",
        "List<String> names = new ArrayList<>();",
        "for (i=0;i<n;i++) { p->next; }",
        "<error code='5'>Timeout</error>",
        "2026-11-01 <WARN> [pool-1] cause=<none>",
        "I typed <br> in the title",
        'the page shows "<br>" everywhere',
        "```<div>my widget</div>``` stays empty",
        "the tag `<b>` is not closed",
        "<Button onClick={pay}> does nothing",
        "AT&T, R&D, ?a=1&copy=2&lt=3",
        "see https://shop.example/?a=20&b=3D&c=FF",
        "x = y\n= z",
        "I <3 it, 5 <6",
        "<!channel> please look",
        r"C:\new\table",
        "நன்றி\u200cக்கு 👨\u200d👩\u200d👧 می\u200cخواهم",
        "",
    ],
)
def test_what_is_no_markup_stays(text):
    """Comparisons, addresses, placeholders, code, logs, URLs and joiners of other scripts are returned as they are."""
    assert to_plain(text) == text


PIECES = st.sampled_from(
    [
        "<p>", "</p>", "<br>", "<div style='display:none'>", "</div>", "<b", ">", "<", "&", "&lt;", "&gt;", "&amp;", "&#60;", "amp;",
        "lt;", "#38;", "b>", "</b>", "<a href=x>", "<table><td>", "<blockquote>", "<pre>", "\n", " ", '=3D"', "=\n", "=C3=BC", "=",
        "3C", r"\u003c", r"\u003e", "\\", "\u200b", "\u200c", "word", "<!--", "-->", "<li>", "<https://x|", "`", "<style>", "\u00a0",
        "=?utf-8?Q?", "?=", "=?utf-8?B?PGI+?=", "=20\n", "=E2=80=8B", "&#8203;", "&zwnj;", "<hr>",
        "<img src=x>", "<!doctype html>", "\\n", '=\\"', "</", "\t", "\r", "&#13;",
    ]
)  # fmt: skip


@given(st.lists(PIECES | st.text(max_size=3), max_size=25).map("".join))
def test_plain_text_is_plain(text):
    """What was made plain once stays as it is."""
    plain = to_plain(text)
    assert to_plain(plain) == plain


@given(st.integers(1, 12), st.sampled_from(["&lt;b&gt;x&lt;/b&gt;", "&#60;p&#62;x", '=3D3D"', r"\u0026lt;"]))
def test_text_that_was_escaped_many_times_is_plain_in_the_end(times, text):
    """However often an `&` was escaped in its turn, plain text is reached and stays."""
    for _ in range(times):
        text = text.replace("&", "&#38;").replace("=", "=3D")
    plain = to_plain(text)
    assert to_plain(plain) == plain


@pytest.mark.parametrize(
    "part",
    ["<div>", "<div><p>", "<b id=1><p>x", "<ul><li>x", "<blockquote>x", "<table><tr><td>", "<p title='", "<!--", "<", "&", "&#38;",
     "=C3=BC", "<pre>\n", "`<br>", r"\u003c", "<select><option>", "<svg><p>", "<https:", "<button>", "</p>", " \u200c"],
)  # fmt: skip
def test_hostile_markup_is_read_in_linear_time(part):
    """A megabyte of what parsers are slow with ends at once; quadratic ones would take minutes."""
    assert len(to_plain((part * 1_000_000)[:1_000_000])) <= 1_000_000


def test_values_at_any_depth_become_plain():
    """Objects and lists keep their form and their names; what is no text stays."""
    value = {"body": "<p>a</p>", "custom": {"<p>n</p>": ["&amp;", 1, None, True]}}
    assert plain_value(value) == {"body": "a", "custom": {"<p>n</p>": ["&", 1, None, True]}}
    deep: object = "<p>x</p>"
    for _ in range(100):
        deep = [deep]
    assert "<p>" in json.dumps(plain_value(deep))
