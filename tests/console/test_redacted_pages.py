"""What is typed into the console's forms, search boxes and addresses is shown again redacted."""

import pytest

CARD = "4111 1111 1111 1111"


@pytest.mark.parametrize(
    "address",
    [
        f"/themes?q={CARD}", f"/themes?owner={CARD}", f"/themes?status={CARD}", f"/themes/1/decide?kind=rename&name=Card {CARD}",
        f"/themes/1/decide?kind={CARD}", f"/themes/1/decide?kind=merge&into={CARD}", f"/themes/1/decide?kind=undo&decision={CARD}",
        f"/themes/1/why?segment=region={CARD}", f"/themes/{CARD}", f"/launches/{CARD}", f"/api/themes/1/why?segment={CARD}",
        f"/themes/1?days={CARD}",
    ],
)  # fmt: skip
def test_an_address_is_answered_without_its_card_number(client, address):
    """A page, its search boxes, its hidden fields and its error messages quote what was asked for redacted."""
    page = client.get(address)
    assert "1111" not in page.text.replace(" ", "")
    assert "[CARD]" in page.text or page.status_code in (200, 404, 422)


def test_a_refused_form_comes_back_redacted(client):
    """A form that is refused is shown with what was typed, without the card number in it."""
    page = client.post("/themes/1/known-issue", data={"title": "\x1b", "workaround": f"Ask for card {CARD}"})
    assert page.status_code == 422
    assert "Ask for card [CARD]" in page.text


def test_a_preview_shows_what_would_be_stored(client):
    """The name in the preview of a decision is the redacted one, and deciding it stores that."""
    page = client.get(f"/themes/1/decide?kind=rename&name=Card {CARD}")
    assert "Card [CARD]" in page.text
