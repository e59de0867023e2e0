"""Markup in the text of a ticket: whether it is HTML, and its source in a form that any parser reads in linear time."""

from __future__ import annotations

import re
from collections.abc import Collection


def names(listed: str) -> frozenset[str]:
    """Return the set of names in a text that lists them between spaces."""
    return frozenset(listed.split())


_FORMAT = names(
    "a abbr acronym b big bdo cite code del dfn em font i ins kbd mark nobr q s samp small span strike strong sub sup tt u "
    "var"
)
_BLOCKS = names(
    "address article aside blockquote body center dd dir div dl dt fieldset figcaption figure footer form h1 h2 h3 h4 h5 h6 "
    "head header hgroup hr html legend li main menu nav ol p pre section table tbody td tfoot th thead tr ul caption col "
    "colgroup"
)
_OTHERS = names(
    "area audio base basefont bdi br button canvas data datalist details dialog embed iframe img input label link map meta "
    "meter noscript object optgroup option output param picture progress rp rt ruby script select source style summary svg "
    "template textarea time title track video wbr math frame frameset noembed noframes plaintext xmp listing path"
)
_TAGS = _FORMAT | _BLOCKS | _OTHERS

_EVIDENT = names(
    "a abbr b big blockquote body br center div em font h1 h2 h3 h4 h5 h6 hr html i iframe img li nobr ol p pre script "
    "small span strike strong style sub sup svg table tbody td th thead tr tt u ul o:p"
)
"""Elements that make a text HTML. The others are also words that people write in angle brackets: <title>, <code>, <address>."""

_UNCLOSED = names("p div li ul ol table tr td th h1 h2 h3 h4 blockquote center hr style script")
"""Elements that count as evidence without attribute and end, where they are at the beginning or occur twice."""

_OFFICE = re.compile(r"(?:o|v|w|x|m|st1|st2|u\d|meta|xml):[a-z][\w-]*|[a-z]+-[a-z][a-z-]*")
"""Elements of Office (`o:p`, `v:shape`) and custom elements."""

_TAG = re.compile(
    r"<(?:(?P<end>/?)(?P<name>[A-Za-z][A-Za-z0-9]*+(?:[:-][A-Za-z][\w-]*+)?+)(?=(?P<attributes>[\s/][^<>]*+)?+(?:>|\Z))|"
    r"(?P<other>!--|!doctype\b|!\[|\?xml\b))?",
    re.IGNORECASE,
)
"""Any `<`, with the tag, comment or declaration that it begins, if it begins one; no scan goes beyond the next `<`."""

_ATTRIBUTE = re.compile(r"[\s/][A-Za-z][\w:-]*\s*=")
_DECLARATION = re.compile(r"<!doctype\s+html|<html[\s>]|<!--\[if|<!\[if", re.IGNORECASE)
_CODE = re.compile(r"```.*?```|`[^`\n]+`", re.DOTALL)
_QUOTES = "\"'“”„‘’«»`"

_REFERENCE = r"(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});"
REFERENCE = re.compile(f"&{_REFERENCE}")
_ESCAPED_AGAIN = re.compile(rf"&(?:amp;)+(?={_REFERENCE})")
_BARE_AMPERSAND = re.compile(rf"&(?!{_REFERENCE}|nbsp\b)")
_CUT_REFERENCE = re.compile(r"&(?:#[0-9]{0,6}|#x[0-9a-fA-F]{0,5}|n|nb|nbs)\Z")
_CUT_TAG = re.compile(r"<(?:/|/?[A-Za-z]{1,10})\Z")
_SURROGATE = re.compile("[\ud800-\udfff]")

DEEPEST = 96
"""Levels of elements that are kept; mail has some thirty. HTML's rules make parsers quadratic in the depth."""

_CLOSE_THEMSELVES = names(
    "p li td th tr tbody thead tfoot dt dd option br hr img input meta link col wbr area base embed param source track html "
    "head body"
)
"""Void elements, and those that the next of their kind ends; they add no depth."""

_AS_SPAN = _FORMAT | {"label", "textarea", "button", "time", "data", "output", "noembed"}
_AS_DIV = frozenset({"noscript", "template", "noframes", "frameset", "plaintext", "xmp", "listing"})


def is_markup(text: str) -> bool:
    """Return whether a text is HTML, also where it is cut or malformed.

    Conservative: it takes an element with its end or with an attribute, a `<br>` between words, or several block elements.
    A comparison, an address, a placeholder or other XML in angle brackets is no evidence, and neither is what is in backticks or
    named in a sentence ("I typed <br> there").
    """
    if "<" not in text:
        return False
    if "`" in text:
        text = _CODE.sub(" ", text)
    if _DECLARATION.search(text) or ("<!--" in text and "-->" in text):
        return True
    opened: set[str] = set()
    unclosed = 0
    for tag in _TAG.finditer(text):
        name = _name(tag)
        if name not in _EVIDENT:
            continue
        if _is_evidence(text, tag, name, opened):
            return True
        opened.add(name)
        unclosed += name in _UNCLOSED
        if unclosed > 1:
            return True
    return False


def _is_evidence(text: str, tag: re.Match[str], name: str, opened: Collection[str]) -> bool:
    if tag["end"]:
        return name in opened
    if _ATTRIBUTE.search(tag["attributes"] or "") or (name in _UNCLOSED and not text[: tag.start()].strip()):
        return True
    return name == "br" and not _is_mention(text, tag)


def _name(tag: re.Match[str]) -> str:
    """Return the name of an element in lower case, or "": names in mixed case are types and components of other languages."""
    name = tag["name"] or ""
    return name.lower() if name.islower() or name.isupper() else ""


def _is_mention(text: str, tag: re.Match[str]) -> bool:
    """Return whether a `<br>` is named in a sentence rather than used: quoted, or a single word among words."""
    if "/" in (tag["attributes"] or ""):
        return False
    end = text.find(">", tag.end()) + 1
    before, after = text[max(0, tag.start() - 1) : tag.start()], text[end : end + 1]
    if before in _QUOTES and before:
        return True
    alone = text.lower().count("<br") == 1
    return alone and before == " " and after in {" ", ".", ",", "?", "!", ""}


def parser_source(text: str) -> str:
    """Rewrite HTML so that only its own elements are left as markup, and so that no parser needs more than linear time.

    A `<` that begins no element of HTML is escaped, as is an `&` that begins no character reference. Elements of formatting become
    spans, which HTML's rules do not reopen in each paragraph, and elements deeper than 96 levels are left out.
    """
    depth = 0
    titled = "</title" in text.lower()

    def rewrite(tag: re.Match[str]) -> str:
        nonlocal depth
        name = _name(tag)
        if tag["other"]:
            return tag.group()
        if not name or (name == "title" and not titled) or not (name in _TAGS or _OFFICE.fullmatch(name)):
            return f"&lt;{tag.group()[1:]}"
        if name not in _CLOSE_THEMSELVES:
            too_deep = depth > DEEPEST
            depth = max(0, depth - 1) if tag["end"] else depth + 1
            if too_deep and name not in {"style", "script"}:
                return "<br><wbr"
        return f"<{tag['end'] or ''}{_parsed_as(name)}"

    text = _SURROGATE.sub("\ufffd", text)
    text = _CUT_REFERENCE.sub("", _CUT_TAG.sub("", text))
    text = _BARE_AMPERSAND.sub("&amp;", _ESCAPED_AGAIN.sub("&", text))
    return _TAG.sub(rewrite, text)


def _parsed_as(name: str) -> str:
    if name in _AS_SPAN or ":" in name or "-" in name:
        return "span"
    return "div" if name in _AS_DIV else name


def single_references(text: str) -> str:
    """Remove repeated escaping of ampersands: `&amp;amp;lt;` becomes `&lt;`."""
    return _ESCAPED_AGAIN.sub("&", text)
