"""What a procedure cannot be."""


class ProcedureInvalid(ValueError):
    """A procedure that cannot be taken; the text is one sentence that says what is wrong and what to do."""
