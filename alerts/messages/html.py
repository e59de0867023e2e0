"""A message as HTML for mails: tables and inline styles, since many readers of mail know no more."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined

from alerts.digest.escape import web_address
from alerts.messages.content import MessageContent


def render_page(content: MessageContent, images: Sequence[str] = ()) -> str:
    """Write a message as an HTML page; the template engine escapes every text. `images` are names of inline files of the message."""
    return _environment().get_template("message.html.j2").render(content=content, images=images)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("alerts.messages"), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True,
    )  # fmt: skip
    environment.filters.update(web_address=web_address)
    return environment
