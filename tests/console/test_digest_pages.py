"""The pages of digests: the archive, one of them in a frame that can do nothing, downloads, and the links to and from themes."""

from html import unescape

import pytest
from sqlalchemy import Engine

from models.access import AccessScope, Permission, Person
from store.board.digests import digest_id, digest_of, digests_of_theme
from store.database import reading
from store.digests import DigestKind, DigestWindow, StoredDigest, insert_digest
from tests.console.conftest import Client
from tests.console.seed import END, HOSTILE, START

DAY = DigestWindow(START.replace(hour=0), START.replace(hour=0, day=START.day + 1))
NEXT = DigestWindow(DAY.end, DAY.end + DAY.span)
FIRST, SECOND = digest_id("checkout", DAY), digest_id("checkout", NEXT)
OLD = digest_id("everyone", DAY)
DOCUMENT = f"<html><body><p>Digest</p><blockquote>{HOSTILE}</blockquote></body></html>"


def facts(*items: tuple[int, str, int]) -> dict:
    """Return what a digest was stored with."""
    listed = [
        {
            "theme_id": theme,
            "name": name,
            "observed": tickets,
            "expected": 3.2,
            "labels": ["new"],
            "incident_ids": [4],
            "evidence": ["T-1"],
        }
        for theme, name, tickets in items
    ]
    return {"title": f"A day {HOSTILE}", "summary": [f"Two things {HOSTILE}"], "items": listed}


@pytest.fixture(autouse=True)
def digests(engine: Engine) -> None:
    """Two daily digests of one audience, and an old one of another that has no facts."""
    with engine.begin() as connection:
        for window, given in (
            (DAY, facts((1, "Coins", 40), (12, HOSTILE, 9))),
            (NEXT, facts((1, "Coins", 55), (3, "Pix", 8))),
        ):
            insert_digest(connection, StoredDigest("checkout", window, f"# {HOSTILE}", DOCUMENT, facts=given))
        insert_digest(connection, StoredDigest("everyone", DAY, "# old", DOCUMENT, DigestKind.WEEKLY))


def text(answer) -> str:
    """Return the text of a page."""
    return " ".join(unescape(answer.text).split())


def test_the_archive_is_filtered(client: Client) -> None:
    """By audience, kind, theme and day; the newest is first."""
    for address, ids in (
        ("", [SECOND, FIRST, OLD]), ("audience=checkout", [SECOND, FIRST]), ("kind=weekly", [OLD]),
        ("theme=12", [FIRST]), ("theme=1", [SECOND, FIRST]), ("audience=x", []),
    ):  # fmt: skip
        assert (address, [row["id"] for row in client.get(f"/api/digests?{address}").json()["rows"]]) == (address, ids)
        assert ("No digest matches" in client.get(f"/digests?{address}").text) == (not ids)
    assert "2 digests" in client.get(f"/digests?until={DAY.start:%Y-%m-%d}").text
    assert "1 digest<" in client.get(f"/digests?since={NEXT.end:%Y-%m-%d}").text


def test_a_digest_is_shown_with_its_themes_and_what_changed(client: Client) -> None:
    """Its items link to their themes, and it is compared with the one before."""
    page = client.get(f"/digests/{SECOND}")
    assert HOSTILE not in page.text
    assert 'href="/themes/3"' in page.text
    assert f'href="/digests/{FIRST}"' in page.text
    assert "frame-src 'self'" in page.headers["content-security-policy"]
    changes = {one["theme_id"]: one["what"] for one in client.get(f"/api/digests/{SECOND}").json()["changes"]}
    assert changes == {1: "more", 3: "new", 12: "gone"}
    assert "kept no figures of it" in text(client.get(f"/digests/{OLD}"))


def test_a_review_is_listed_with_the_digest_of_its_week(engine: Engine, client: Client) -> None:
    """Both are in the archive, each with its page and downloads; the page of a review speaks of no items."""
    known = {"title": "Business review", "summary": ["155 tickets created."], "items": [], "kind": "review"}
    with engine.begin() as connection:
        insert_digest(connection, StoredDigest("everyone", DAY, "# review", DOCUMENT, DigestKind.REVIEW, facts=known))
    name = digest_id("everyone", DAY, DigestKind.REVIEW)
    assert [row["id"] for row in client.get("/api/digests?kind=review").json()["rows"]] == [name]
    page = text(client.get(f"/digests/{name}"))
    assert "weekly business review" in page
    assert "155 tickets created." in page
    assert "Themes in it" not in page
    assert client.get(f"/digests/{name}/download?form=md").text == "# review"
    assert client.get(f"/digests/{OLD}/download?form=md").text == "# old"


def test_the_document_can_do_nothing(client: Client) -> None:
    """It is served as it was stored, into a sandbox without scripts that only the console may frame."""
    answer = client.get(f"/digests/{FIRST}/document")
    assert answer.text == DOCUMENT
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "sandbox" in policy
    assert "allow-scripts" not in policy
    assert "allow-same-origin" not in policy
    assert "script-src" not in policy
    assert answer.headers["x-frame-options"] == "SAMEORIGIN"
    frame = client.get(f"/digests/{FIRST}").text.split("<iframe", 1)[1].split(">", 1)[0]
    assert "allow-scripts" not in frame
    assert "allow-same-origin" not in frame


def test_a_digest_is_downloaded(client: Client) -> None:
    """Markdown as it was stored, and the numbers of its facts; a form that there is not is refused, as is one without facts."""
    answer = client.get(f"/digests/{FIRST}/download?form=md")
    assert answer.text == f"# {HOSTILE}"
    assert answer.headers["content-disposition"] == f'attachment; filename="digest-{FIRST}.md"'
    assert client.get(f"/digests/{FIRST}/download?form=html").status_code == 422
    assert client.get(f"/digests/{FIRST}/download?form=exe").status_code == 422
    old = client.get(f"/digests/{OLD}/download?form=csv")
    assert (old.status_code, "kept no figures of it" in old.text) == (404, True)


@pytest.mark.parametrize(
    "name", ["x", "..%2f..%2fetc%2fpasswd", "20261399T000000Z-20261121T000000Z-a", FIRST + "x", "%00", "9" * 400]
)
def test_a_name_of_no_digest_finds_none(client: Client, name: str) -> None:
    """Whatever an address names, it is a digest in the database or nothing."""
    for path in (
        f"/digests/{name}",
        f"/digests/{name}/document",
        f"/digests/{name}/download?form=md",
        f"/api/digests/{name}",
    ):
        assert client.get(path).status_code == 404, path


def test_a_theme_knows_its_digests(engine: Engine) -> None:
    """The newest first; a digest that is built anew is about its new items alone."""
    with engine.begin() as connection:
        assert [one.digest_id for one in digests_of_theme(connection, 1)] == [SECOND, FIRST]
        again = StoredDigest("checkout", NEXT, "# again", DOCUMENT, facts=facts((3, "Pix", 8)))
        assert insert_digest(connection, again, replace=True)
        assert [one.digest_id for one in digests_of_theme(connection, 1)] == [FIRST]
        found = digest_of(connection, SECOND)
        assert found is not None
        assert found.markdown == "# again"


def test_windows_are_named_exactly(engine: Engine) -> None:
    """A window that does not begin at a whole second has a name of its own."""
    odd = DigestWindow(START, END.replace(microsecond=5))
    with reading(engine) as connection:
        assert digest_of(connection, digest_id("checkout", odd)) is None
    with engine.begin() as connection:
        insert_digest(connection, StoredDigest("checkout", odd, "# odd", DOCUMENT))
        found = digest_of(connection, digest_id("checkout", odd))
        assert found is not None
        assert found.window == odd


def test_a_limited_scope_sees_no_digest(client_of) -> None:
    """A digest is about all tickets."""
    vendor = client_of(
        Person(name="vera", permissions=frozenset(Permission), scope=AccessScope.of({"vendor": ["acme"]}))
    )
    for path in (
        "/digests",
        f"/digests/{FIRST}",
        f"/digests/{FIRST}/document",
        f"/api/digests/{FIRST}",
        "/alerts",
        "/spikes/1",
        "/silences",
    ):
        assert vendor.get(path).status_code == 403, path
