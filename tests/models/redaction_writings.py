"""Ways in which people, browsers, mail programs and helpdesks write the same number."""

from __future__ import annotations

import base64
import html
from collections.abc import Callable
from quopri import encodestring
from urllib.parse import quote

GROUPINGS = {
    12: (4, 4, 4),
    13: (4, 4, 5),
    14: (4, 6, 4),
    15: (4, 6, 5),
    16: (4, 4, 4, 4),
    18: (6, 12),
    19: (4, 4, 4, 4, 3),
}
ENGLISH = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
SPANISH = ["cero", "uno", "dos", "tres", "cuatro", "cinco", "seis", "siete", "ocho", "nueve"]
PORTUGUESE = ["zero", "um", "dois", "três", "quatro", "cinco", "seis", "sete", "oito", "nove"]
GERMAN = ["null", "eins", "zwei", "drei", "vier", "fünf", "sechs", "sieben", "acht", "neun"]
FRENCH = ["zéro", "un", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf"]
CHINESE = "〇一二三四五六七八九"
SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹"
CIRCLED = "⓪①②③④⑤⑥⑦⑧⑨"
NEGATIVE_CIRCLED = "⓿❶❷❸❹❺❻❼❽❾"
WITH_COMMA = "🄁🄂🄃🄄🄅🄆🄇🄈🄉🄊"

Writing = Callable[[str], str]


def groups(number: str) -> list[str]:
    """Split a number into the groups that are printed."""
    parts, place = [], 0
    for size in GROUPINGS[len(number)]:
        parts.append(number[place : place + size])
        place += size
    return parts


def joined(separator: str) -> Writing:
    """Write the printed groups with something between them."""
    return lambda number: separator.join(groups(number))


def apart(separator: str, before: str = "", after: str = "") -> Writing:
    """Write every digit by itself."""
    return lambda number: before + separator.join(number) + after


def digits(of: str) -> Writing:
    """Write with other signs for the digits, zero first."""
    return lambda number: "".join(of[int(digit)] for digit in number)


def script(zero: int, separator: str = "") -> Writing:
    """Write the groups in the digits of a script, whose zero is given."""
    return lambda number: separator.join("".join(chr(zero + int(digit)) for digit in group) for group in groups(number))


def words(of: list[str], separator: str = " ") -> Writing:
    """Write in number words."""
    return lambda number: separator.join(of[int(digit)] for digit in number)


def each(template: str, separator: str = "") -> Writing:
    """Write every character of the spaced groups by its code."""
    return lambda number: separator.join(template.format(code=ord(character)) for character in " ".join(groups(number)))


def quoted_printable(number: str) -> str:
    """Write as mail does with no-break spaces."""
    return encodestring("\u00a0".join(groups(number)).encode()).decode()


def percent(text: str) -> str:
    """Percent-encode every byte."""
    return "".join(f"%{byte:02X}" for byte in text.encode())


def alternating(*separators: str) -> Writing:
    """Write the groups with different separators."""

    def write(number: str) -> str:
        parts = groups(number)
        return "".join(
            part + (separators[at % len(separators)] if at + 1 < len(parts) else "") for at, part in enumerate(parts)
        )

    return write


def full_width(text: str) -> str:
    """Write ASCII in full width."""
    return "".join(chr(ord(character) + 0xFEE0) if "!" <= character <= "~" else character for character in text)


def encoded(text: str) -> str:
    """Encode in base64."""
    return base64.b64encode(text.encode()).decode()


SEPARATORS = {
    "nothing": "", "space": " ", "two spaces": "  ", "forty spaces": " " * 40, "hyphen": "-", "three hyphens": "---",
    "dot": ".",
    "dots": "....", "spaced dots": " . . ", "tab": "\t", "tabs": "\t\t\t", "newline": "\n", "newlines": "\n\n\n\n", "Windows": "\r\n",
    "middot": "·", "spaced middots": " · · · ", "bullet": " • ", "underscore": "_", "underscores": "____",
    "slash": "/", "slashes": "//",
    "backslash": "\\", "plus": "+", "pluses": "+++", "plus spaced": " + ", "comma": ",", "comma space": ", ", "semicolon": ";",
    "colon": ":", "colons": "::", "pipe": "|", "table pipe": " | ", "equals": " = ", "hash": "#", "star": "*", "tilde": "~",
    "caret": "^",
    "exclamation": "!", "question": "?", "apostrophe": "'", "quotes": '" "', "csv quotes": '","', "csv semicolon": '";"',
    "json list": '", "', "markdown bold": "** **", "markdown code": "` `", "markdown strike": "~~ ~~", "brackets": ") (",
    "square": "] [", "braces": "}{", "angles": "> <", "emoji": "🙂", "two emoji": "💳💳", "emoji spaced": " 🙂 ", "arrow": " → ",
    "ellipsis": "…", "em dash": "—", "en dash spaced": " – ", "minus": "−", "no-break": "\u00a0", "narrow no-break": "\u202f",
    "ideographic space": "\u3000", "thin": "\u2009", "ogham": "\u1680", "line separator": "\u2028", "paragraph separator": "\u2029",
    "zero width": "\u200b", "zero width and space": "\u200b \u200b", "word joiner": "\u2060", "soft hyphen": "\u00ad", "BOM": "\ufeff",
    "bidi": "\u202e\u202c", "bidi isolate": " \u2068\u2069", "combining": "\u0301 ", "hangul filler": "\u3164",
    "braille blank": "\u2800",
    "reply": "\n> ", "reply twice": "\n>> ", "reply spaced": "\n> > ", "reply pipe": "\n| ", "x": "x", "times": " × ", "at sign": "@@",
    "percent sign": "% ", "dollar": "$$", "degree": "°", "copyright": "©", "less than": " < ", "ampersand": " & ",
    "vertical tab": "\x0b",
    "NUL": "\x00", "escape": "\x1b",
}  # fmt: skip

WRITINGS: dict[str, Writing] = {f"separated by {name}": joined(separator) for name, separator in SEPARATORS.items()} | {
    "digits apart": apart(" "),
    "digits apart, hyphens": apart("-"),
    "digits apart, dots": apart("."),
    "digits apart, commas": apart(","),
    "digits apart, newlines": apart("\n"),
    "digits apart, slashes": apart("/"),
    "digits apart, emoji": apart("🔸"),
    "digits apart, zero width": apart("\u200b"),
    "digits apart, bold": apart("** **", "**", "**"),
    "digits in a JSON list": apart('","', '["', '"]'),
    "digits in a JSON list of numbers": apart(", ", "[", "]"),
    "digits in tags": apart("</b><b>", "<b>", "</b>"),
    "digits in cells": apart("</td><td>", "<tr><td>", "</td></tr>"),
    "digits in a table of Markdown": apart(" | ", "| ", " |"),
    "pairs": lambda number: " ".join(number[at : at + 2] for at in range(0, len(number), 2)),
    "pairs with hyphens": lambda number: "-".join(number[at : at + 2] for at in range(0, len(number), 2)),
    "threes": lambda number: "card " + " ".join(number[at : at + 3] for at in range(0, len(number), 3)),
    "fives": lambda number: " ".join(number[at : at + 5] for at in range(0, len(number), 5)),
    "halves": lambda number: f"{number[: len(number) // 2]} {number[len(number) // 2 :]}",
    "first six": lambda number: f"{number[:6]} {number[6:]}",
    "all but four": lambda number: f"{number[:-4]}-{number[-4:]}",
    "mixed separators": alternating(" ", "-", "."),
    "mixed wide separators": alternating("\n\n", " .. ", "\t"),
    "spaces inside": lambda number: " ".join((number[:1], number[1:5], number[5:8], number[8:])),
    "references": lambda number: "&nbsp;".join(groups(number)),
    "references without semicolon": lambda number: "&nbsp".join(groups(number)),
    "references encoded twice": lambda number: "&amp;nbsp;".join(groups(number)),
    "references encoded four times": lambda number: "&amp;amp;amp;nbsp;".join(groups(number)),
    "named thin spaces": lambda number: "&thinsp;".join(groups(number)),
    "named dashes": lambda number: "&ndash;".join(groups(number)),
    "named middots": lambda number: "&middot;".join(groups(number)),
    "named zero width": lambda number: "&ZeroWidthSpace;".join(groups(number)),
    "named line feeds": lambda number: "&NewLine;".join(groups(number)),
    "named plus and period": lambda number: "&plus;&period;".join(groups(number)),
    "numeric references": each("&#{code};"),
    "numeric references without semicolon": each("&#{code}"),
    "padded numeric references": each("&#000{code};"),
    "hexadecimal references": each("&#x{code:x};"),
    "hexadecimal references in capitals": each("&#X{code:X};"),
    "numeric references encoded twice": each("&amp;#{code};"),
    "escaped twice": lambda number: html.escape(html.escape("<b>" + "</b> <b>".join(groups(number)) + "</b>")),
    "percent spaces": joined("%20"),
    "percent spaces encoded twice": joined("%2520"),
    "percent spaces encoded three times": joined("%252520"),
    "percent no-break": joined("%C2%A0"),
    "percent no-break encoded twice": joined("%25C2%25A0"),
    "percent Latin-1 no-break": joined("%A0"),
    "percent hyphens": joined("%2D"),
    "percent line ends": joined("%0D%0A"),
    "percent everything": lambda number: percent(" ".join(groups(number))),
    "percent everything twice": lambda number: percent(percent(number)),
    "percent of full width": lambda number: quote(full_width(number)),
    "percent of references": lambda number: quote("&nbsp;".join(groups(number)), safe=""),
    "form encoding": joined("+"),
    "query": lambda number: f"https://pay.example.com/r?a=20&pan={number}&b=30",
    "query, encoded": lambda number: f"https://pay.example.com/r?u=%2F%2Fx.example%2F%3Fpan%3D{quote(' '.join(groups(number)))}%26a",
    "quoted-printable": quoted_printable,
    "quoted-printable spaces": joined("=20"),
    "quoted-printable no-break": joined("=C2=A0"),
    "quoted-printable in lower case": joined("=c2=a0"),
    "soft breaks": joined("=\n"),
    "soft breaks of Windows": joined("=\r\n"),
    "soft breaks and spaces": joined(" =  \n"),
    "quoted-printable digits": lambda number: "".join(f"={ord(digit):02X}" for digit in number),
    "JSON newlines": joined("\\n"),
    "JSON tabs": joined("\\t"),
    "JSON escaped twice": joined("\\\\n"),
    "JSON no-break": joined("\\u00a0"),
    "JSON digits": lambda number: "".join(f"\\u{ord(digit):04x}" for digit in number),
    "JavaScript bytes": lambda number: "".join(f"\\x{ord(digit):02x}" for digit in number),
    "JavaScript code points": lambda number: "".join(f"\\u{{{ord(digit):x}}}" for digit in number),
    "JSON surrogates": lambda number: "".join(f"\\ud835\\udf{0xCE + int(digit) - 0x00:02x}" for digit in number),
    "spans": lambda number: " ".join(f"<span>{group}</span>" for group in groups(number)),
    "spans with styles": lambda number: "".join(f'<span style="font: 12px Arial">{group}</span>' for group in groups(number)),
    "breaks": joined("<br>"),
    "closed breaks": joined("<br />\n"),
    "comments": joined("<!-- 12 -->"),
    "cells": lambda number: "<td>" + "</td><td>".join(groups(number)) + "</td>",
    "list items": lambda number: "<ul>" + "".join(f"<li>{group}</li>" for group in groups(number)) + "</ul>",
    "escaped tags": lambda number: "&lt;b&gt;" + "&lt;/b&gt; &lt;b&gt;".join(groups(number)) + "&lt;/b&gt;",
    "an attribute": lambda number: f'<input name="card" value="{" ".join(groups(number))}">',
    "a link": lambda number: f'<a href="https://pay.example.com/?pan={number}">pay</a>',
    "CSV": lambda number: '"' + '","'.join(groups(number)) + '"',
    "a row of Markdown": lambda number: "| " + " | ".join(groups(number)) + " |",
    "bold": lambda number: f"**{'** **'.join(groups(number))}**",
    "code": lambda number: "`" + "` `".join(groups(number)) + "`",
    "full width": script(0xFF10),
    "full width spaced": script(0xFF10, "\u3000"),
    "Arabic": script(0x0660, " "),
    "Persian": script(0x06F0),
    "Devanagari": script(0x0966, "-"),
    "Bengali": script(0x09E6),
    "Thai": script(0x0E50, " "),
    "Khmer": script(0x17E0),
    "Tamil": script(0x0BE6),
    "Myanmar": script(0x1040),
    "Mathematical bold": script(0x1D7CE),
    "Mathematical monospace": script(0x1D7F6, " "),
    "Segmented": script(0x1FBF0),
    "Adlam": script(0x1E950),
    "superscript": digits(SUPERSCRIPTS),
    "subscript": script(0x2080, " "),
    "circled": digits(CIRCLED),
    "negative circled": digits(NEGATIVE_CIRCLED),
    "digits with commas": digits(WITH_COMMA),
    "keycaps": lambda number: "".join(f"{digit}\ufe0f\u20e3" for digit in number),
    "spaced keycaps": lambda number: " ".join(f"{digit}\ufe0f\u20e3" for digit in number),
    "combining marks": lambda number: "".join(f"{digit}\u0336" for digit in number),
    "right to left": lambda number: f"\u202d{number}\u202c",
    "in English": words(ENGLISH),
    "in English with commas": words(ENGLISH, ", "),
    "in English with hyphens": words(ENGLISH, "-"),
    "in English capitals": lambda number: words(ENGLISH)(number).upper(),
    "with oh": words(["oh", *ENGLISH[1:]]),
    "in Spanish": words(SPANISH),
    "in Portuguese": words(PORTUGUESE),
    "in German": words(GERMAN),
    "in French": words(FRENCH),
    "in Chinese": digits(CHINESE),
    "base64": lambda number: encoded(f"card {' '.join(groups(number))} please"),
    "base64 of the number": encoded,
    "base64 after a word": lambda number: f"data:text/plain;base64,{encoded('pan=' + number)}",
    "base64 for URLs": lambda number: base64.urlsafe_b64encode(f"??>card {number}".encode()).decode(),
    "hexadecimal": lambda number: f"card {number}".encode().hex(),
    "spaced hexadecimal": lambda number: number.encode().hex(" "),
    "hexadecimal literals": lambda number: ", ".join(f"0x{ord(digit):x}" for digit in number),
    "glued to letters": lambda number: f"card{number}declined",
    "letters before groups": lambda number: f"nr{' '.join(groups(number))}ok",
    "amount before": lambda number: f"12.50 {' '.join(groups(number))}",
    "numbers around": lambda number: f"3 {' '.join(groups(number))} 200",
    "date before": lambda number: f"2026-11-29 {number}",
    "a row of a file": lambda number: f"1001,{number},12.50,2026-11-29",
    "expiry and code after": lambda number: f"{number} 05/27 123",
    "expiry glued": lambda number: f"{number}0527",
    "expiry and code glued": lambda number: f"{number}0527123",
    "code glued, announced": lambda number: f"card {number}123",
    "code glued before, announced": lambda number: f"card 123{number}",
    "a number with a point and zero": lambda number: f"{number}.0",
    "a negative number": lambda number: f"-{number}",
    "track 2": lambda number: f";{number}=27121010000012345678?",
    "track 1": lambda number: f"%B{number}^DOE/JOHN^27121010000000000000?",
    "track 1 without sentinels": lambda number: f"B{number}^DOE/JOHN^2712101",
    "track 1 with references": lambda number: f"&#37;B{number}&Hat;DOE/JOHN&Hat;27121010000000000000&#63;",
    "track 2, percent-encoded": lambda number: f"%3B{number}%3D27121010000012345678%3F",
}  # fmt: skip

PRINTED_ONLY: dict[str, Writing] = {
    "expiry glued before": lambda number: f"0527{number}",
    "words between": joined(" then "),
    "one between": joined(" one "),
    "brackets between": joined(" (yes) "),
    "announced groups": lambda number: "first four " + " next ".join(groups(number)),
    "sentences between": joined(". And after that "),
    "letter O": lambda number: " ".join(groups(number.replace("0", "O"))),
    "letter l": lambda number: "-".join(groups(number[0] + number[1:].replace("1", "l"))),
    "letter I": lambda number: number[0] + number[1:].replace("1", "I"),
    "letters B and S": lambda number: " ".join(groups(number[:8] + number[8:].replace("8", "B").replace("5", "S"))),
}
"""Writings that are read only where the groups are those of cards with 15 or 16 digits."""
