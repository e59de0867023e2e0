"""Replacements in doubt are counted, and the summary of an ingest says how many there were."""

from groundswell.embedded import Summary
from groundswell.ingest_summary import IngestResult
from models.redaction import Redactor


def test_a_summary_says_how_many_replacements_are_in_doubt():
    """Users see the count with the reason; without such a replacement there is no sentence."""
    said = " ".join(IngestResult(Summary(doubtful=2)).sentences())
    assert "2 replacements of redaction in doubt" in said
    assert "in doubt" not in " ".join(IngestResult(Summary()).sentences())


def test_a_redactor_counts_its_replacements_in_doubt():
    """A number with words between its groups counts, one in its printed groups does not."""
    redactor = Redactor()
    redactor.redact("card 4111 1111 1111 1111")
    assert redactor.doubtful == 0
    redactor.redact("card 4111 then 1111 then 1111 then 1111")
    assert redactor.doubtful == 1
