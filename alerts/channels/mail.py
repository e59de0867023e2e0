"""Mails by SMTP: text and HTML in one, images in them, and one thread for each incident.

RFC 5322 (messages), RFC 2387 (related parts), RFC 3207 (STARTTLS), RFC 3834 (mails that nobody wrote).
"""

from __future__ import annotations

import hashlib
import smtplib
import ssl
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from pathlib import Path
from typing import Literal

from alerts.channels.base import ChannelAbilities, Message, MessageFile, Reference
from alerts.channels.unchangeable import Unchangeable
from alerts.errors import DeliveryFailure, DeliveryFinal, DeliveryRecoverable
from models.clock import Clock
from models.formats import harmless
from models.redaction import shortened

LONGEST_SUBJECT = 200


@dataclass(frozen=True, slots=True)
class MailServer:
    """How a server is reached; `login` is user and password."""

    host: str
    port: int
    security: Literal["starttls", "tls", "none"]
    timeout: timedelta
    login: tuple[str, str] | None = None
    ca_file: Path | None = None

    def connect(self) -> smtplib.SMTP:
        """Connect, encrypt, and log in."""
        seconds = self.timeout.total_seconds()
        if self.security == "tls":
            server: smtplib.SMTP = smtplib.SMTP_SSL(self.host, self.port, timeout=seconds, context=self._context())
        else:
            server = smtplib.SMTP(self.host, self.port, timeout=seconds)
        try:
            if self.security == "starttls":
                server.starttls(context=self._context())
            if self.login is not None:
                server.login(*self.login)
        except BaseException:
            server.close()
            raise
        return server

    def _context(self) -> ssl.SSLContext:
        context = ssl.create_default_context()
        if self.ca_file is not None:
            context.load_verify_locations(self.ca_file)
        return context


class EmailChannel(Unchangeable):
    """Sends mails to its addresses, all in one transaction of SMTP.

    The Message-ID follows from the key, so that a reader of mail that gets one twice can show it once. News of an incident refer to its
    first mail.
    """

    abilities = ChannelAbilities(threads=True, recognizes=True, pages=True)

    def __init__(self, name: str, server: MailServer, sender: str, to: Sequence[str], clock: Clock) -> None:
        self.name = name
        self._server = server
        self._sender = sender
        self._to = tuple(to)
        self._clock = clock

    def send(self, message: Message) -> Reference:
        """Send a mail to all addresses, or to none where some are refused only for now."""
        mail = self.mail(message)
        written = False
        try:
            server = self._server.connect()
            try:
                refused = self._envelope(server)
                written = True
                code, answer = server.data(mail.as_bytes(policy=SMTP))
                if code != 250:
                    raise smtplib.SMTPDataError(code, answer)
            finally:
                # It is taken, or not; what happens to the connection afterwards changes nothing.
                with suppress(OSError, smtplib.SMTPException):
                    server.quit()
        except (smtplib.SMTPException, OSError) as error:
            raise self._failure(error, unclear=written) from error
        reference = {"message_id": mail["Message-ID"], "answer": _answer(code, answer)}
        return {**reference, "refused": ", ".join(refused)} if refused else reference

    def mail(self, message: Message) -> EmailMessage:
        """Write a mail. Lines of headers are folded, and what could begin another header is refused by the library."""
        mail = EmailMessage(policy=SMTP)
        mail["From"] = self._sender
        mail["To"] = ", ".join(self._to)
        mail["Subject"] = " ".join(harmless(message.title or message.kind).split())[:LONGEST_SUBJECT]
        mail["Date"] = format_datetime(self._clock())
        mail["Message-ID"] = self._message_id(message.key)
        if message.thread and (first := message.thread.get("message_id")):
            mail["In-Reply-To"] = first
            mail["References"] = first
        mail["Auto-Submitted"] = "auto-generated"
        mail["X-Auto-Response-Suppress"] = "All"
        mail.set_content(message.plain or message.text)
        if message.html:
            mail.add_alternative(message.html, subtype="html")
            _add_images(mail, [one for one in message.files if one.inline])
        for one in message.files:
            if not one.inline:
                main, _, sub = one.mime_type.partition("/")
                mail.add_attachment(one.content, maintype=main, subtype=sub, filename=one.name)
        return mail

    def _message_id(self, key: str) -> str:
        digest = hashlib.sha256(f"{self.name}\n{key}".encode()).hexdigest()[:40]
        return f"<{digest}@{self._sender.rpartition('@')[2]}>"

    def _envelope(self, server: smtplib.SMTP) -> list[str]:
        """Name sender and receivers; returns those that are refused for good, if there are others."""
        server.ehlo_or_helo_if_needed()
        code, answer = server.mail(self._sender)
        if code != 250:
            raise smtplib.SMTPSenderRefused(code, answer, self._sender)
        answers = {address: server.rcpt(address) for address in self._to}
        later = {address: one for address, one in answers.items() if 400 <= one[0] < 500}
        never = {address: one for address, one in answers.items() if one[0] >= 500}
        # Sent to the others now, it would come to them again with the next attempt.
        if later or len(never) == len(answers):
            raise smtplib.SMTPRecipientsRefused(later or never)
        return sorted(never)

    def _failure(self, error: Exception, *, unclear: bool) -> DeliveryFailure:
        if isinstance(error, smtplib.SMTPRecipientsRefused):
            code, answer = next(iter(error.recipients.values()))
            problem = f"the mail server refused the receivers: {_answer(code, answer)}"
            return DeliveryFinal(self.name, problem) if code >= 500 else DeliveryRecoverable(self.name, problem)
        if isinstance(error, smtplib.SMTPAuthenticationError):
            return DeliveryRecoverable(
                self.name, f"the mail server does not accept user and password ({error.smtp_code}); correct them"
            )
        if isinstance(error, smtplib.SMTPNotSupportedError):
            return DeliveryRecoverable(
                self.name, "the mail server offers no STARTTLS or no login; set security and username to what it does"
            )
        if isinstance(error, smtplib.SMTPResponseException):
            problem = f"the mail server answered {_answer(error.smtp_code, error.smtp_error)}"
            refused = isinstance(error, smtplib.SMTPDataError) and error.smtp_code >= 500
            return DeliveryFinal(self.name, problem) if refused else DeliveryRecoverable(self.name, problem)
        if isinstance(error, ssl.SSLCertVerificationError):
            return DeliveryRecoverable(
                self.name, "the certificate of the mail server is not trusted; set ca_file to that of its issuer"
            )
        what = f"the mail server cannot be reached, or ended the connection ({type(error).__name__})"
        return DeliveryRecoverable(self.name, what, transient=True, unclear=unclear)


def _add_images(mail: EmailMessage, images: Sequence[MessageFile]) -> None:
    page = mail.get_body(("html",))
    for one in images:
        main, _, sub = one.mime_type.partition("/")
        if isinstance(page, EmailMessage):
            page.add_related(
                one.content, maintype=main, subtype=sub, cid=f"<{one.name}>", filename=one.name, disposition="inline"
            )


def _answer(code: int, answer: bytes | str) -> str:
    text = answer.decode("utf-8", errors="replace") if isinstance(answer, bytes) else answer
    return f"{code} {shortened(' '.join(text.split()), 200)}".strip()
