"""What people write about a known issue, validated."""

import pytest

from models.known_issues.details import DetailsInvalid, issue_details


@pytest.mark.parametrize(
    "address", ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "JavaScript:alert(1)"]
)
def test_a_jira_address_of_another_kind_is_refused(address: str):
    """Only keys and addresses of the web become links."""
    with pytest.raises(DetailsInvalid, match="valid is a key such as PAY-77"):
        issue_details({"jira": address})
    assert issue_details({"jira": "https://jira.example.com/browse/PAY-77"})["jira"] is not None
    assert issue_details({"jira": "PAY-77"}) == {"jira": "PAY-77"}
