"""The search for canaries finds them: a search that cannot fail would show nothing."""

import base64
import gzip
import html
import json
import sqlite3
import zlib
from urllib.parse import quote

import pytest

from tests.harness.canaries import Canaries, files_below

WRITINGS = {
    "as it is": str.encode,
    "split over lines": lambda text: text.replace(" ", "\n> ").encode(),
    "with other separators": lambda text: "·".join(text).encode(),
    "in JSON": lambda text: json.dumps(text.replace(" ", "\u00a0\n")).encode(),
    "in a URL": lambda text: quote(text).encode(),
    "in HTML": lambda text: html.escape(text.replace(" ", "\u2003")).encode("ascii", "xmlcharrefreplace"),
    "in UTF-16": lambda text: text.encode("utf-16-le"),
    "in UTF-32": lambda text: text.encode("utf-32-be"),
    "in full width": lambda text: "".join(
        chr(ord(one) + 0xFEE0) if "!" <= one <= "~" else one for one in text
    ).encode(),
    "in Arabic digits": lambda text: "".join(chr(0x660 + int(one)) if one.isdigit() else one for one in text).encode(),
    "in base64": lambda text: b"Authorization: " + base64.b64encode(f"a long user name : {text}".encode()) + b"\n",
    "compressed": lambda text: b"\0\1" + zlib.compress(text.encode()) + b"\0",
    "in a gzip file": lambda text: gzip.compress(text.encode()),
    "between other bytes": lambda text: bytes(range(256)) * 40 + text.encode() + bytes(range(256)) * 40,
}


@pytest.mark.parametrize("writing", WRITINGS)
def test_the_search_finds_every_writing(writing):
    """A canary of each kind is found in each writing, and no other one is."""
    canaries = Canaries(3)
    texts = [canaries.plant("somewhere") for _ in range(200)]
    for text in texts[:34]:
        found = canaries.found_in(WRITINGS[writing](text))
        assert {one.text for one in found} == {text}
    assert canaries.found_in(b"[CARD] and [EMAIL], 4111 1111 1111 1111") == set()


def test_the_search_reads_databases_and_names(tmp_path):
    """A canary in a cell, in a page that was freed, in the write-ahead log or in a name of a file is found there."""
    canaries = Canaries(4)
    card, deleted = canaries.card("a name"), canaries.card("a deleted row")
    (tmp_path / f"export-{card}.txt").write_text("nothing")
    connection = sqlite3.connect(tmp_path / "a.db")
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA secure_delete=OFF")
    connection.execute("CREATE TABLE notes (text)")
    mail = canaries.plant("a cell")
    connection.executemany("INSERT INTO notes VALUES (?)", [(mail,), (deleted * 200,)])
    connection.commit()
    connection.execute("DELETE FROM notes WHERE text LIKE ?", (f"{deleted}%",))
    connection.commit()
    found = {one.text for _, content in files_below(tmp_path) for one in canaries.found_in(content)}
    connection.close()
    assert found == {card, mail, deleted}
