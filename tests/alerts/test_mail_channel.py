import smtplib
import ssl
from datetime import UTC, datetime
from email import message_from_bytes, policy
from ipaddress import ip_address

import pytest
from aiosmtpd.smtp import AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.channels.base import Message, MessageFile
from alerts.channels.mail import EmailChannel, MailServer
from alerts.errors import DeliveryFinal, DeliveryRecoverable
from tests.harness.ports import free_ports
from tests.harness.receivers import LONG, mail_receiver

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
MESSAGE = Message(
    "incident:7:1:ops", "incident", "ops", "**Pix**", title="New incident: Pix", plain="42 tickets – pix não cai\n",
    html='<p>42 tickets</p><img src="cid:chart.png">',
    files=(MessageFile("chart.png", "image/png", b"\x89PNG", inline=True), MessageFile("figures.csv", "text/csv", b"a,b\n")),
)  # fmt: skip
TO = ("ops@example.com", "lead@example.com")


def channel(port, *, to=TO, security="none", login=None):
    """A channel that sends to this machine."""
    server = MailServer("127.0.0.1", port, security, LONG, login)
    return EmailChannel("mail", server, "groundswell@example.com", to, lambda: NOW)


def parsed(envelope):
    """Read a mail as its receiver does."""
    return message_from_bytes(envelope.content, policy=policy.default)


def test_a_mail_has_text_and_html_with_its_images():
    """Readers of text read text, others HTML whose images are in the mail; files are attached."""
    with mail_receiver() as receiver:
        reference = channel(receiver.port).send(MESSAGE)
    [envelope] = receiver.mails
    mail = parsed(envelope)
    assert (envelope.mail_from, tuple(envelope.rcpt_tos)) == ("groundswell@example.com", TO)
    assert mail.get_body(("plain",)).get_content().strip() == "42 tickets – pix não cai"
    assert "cid:chart.png" in mail.get_body(("html",)).get_content()
    [image] = [part for part in mail.walk() if part.get_content_type() == "image/png"]
    assert (image["Content-ID"], image.get_content()) == ("<chart.png>", b"\x89PNG")
    assert [(part.get_filename(), part.get_content()) for part in mail.iter_attachments()] == [("figures.csv", "a,b\n")]
    assert mail["Subject"] == "New incident: Pix"
    assert mail["Date"].datetime == NOW
    assert mail["Auto-Submitted"] == "auto-generated"
    assert reference["message_id"] == mail["Message-ID"]
    assert reference["answer"].startswith("250")


def test_a_mail_that_comes_again_has_the_same_id_and_news_refer_to_the_first():
    """The Message-ID follows from the key; what follows names the first mail of its incident."""
    with mail_receiver() as receiver:
        sender = channel(receiver.port)
        reference = sender.send(MESSAGE)
        assert sender.send(MESSAGE)["message_id"] == reference["message_id"]
        sender.send(Message("incident:7:2:ops", "incident", "ops", "t", title="Over", thread=reference))
    first, again, follows = map(parsed, receiver.mails)
    assert first["Message-ID"] == again["Message-ID"] != follows["Message-ID"]
    assert follows["In-Reply-To"] == follows["References"] == first["Message-ID"]


def test_receivers_that_are_refused_for_good_do_not_cost_the_others_their_mail():
    """One address that does not exist is named, and the others get the mail once."""
    with mail_receiver(answers={"RCPT": ["550 no such user", "250 OK"]}) as receiver:
        reference = channel(receiver.port).send(MESSAGE)
    assert reference["refused"] == "ops@example.com"
    assert [tuple(one.rcpt_tos) for one in receiver.mails] == [("lead@example.com",)]


@pytest.mark.parametrize(
    ("answers", "error"),
    [
        ({"RCPT": ["451 greylisted", "250 OK"]}, DeliveryRecoverable),
        ({"RCPT": ["550 no", "550 no"]}, DeliveryFinal),
        ({"DATA": ["452 full"]}, DeliveryRecoverable),
        ({"DATA": ["554 refused"]}, DeliveryFinal),
    ],
)
def test_answers_of_a_mail_server_are_classified(answers, error):
    """4xx may pass later, 5xx never will; while one receiver is refused for now, nobody gets the mail, so that none gets it twice."""
    with mail_receiver(answers=answers) as receiver, pytest.raises(error, match="the mail server"):
        channel(receiver.port).send(MESSAGE)
    assert receiver.mails == []


def test_a_connection_that_ends_within_the_mail_is_unclear():
    """Where the answer to a mail is lost, it may have been taken; where nobody listens, it was not."""
    with mail_receiver(answers={"DATA": ["drop"]}) as receiver, pytest.raises(DeliveryRecoverable) as lost:
        channel(receiver.port).send(MESSAGE)
    with pytest.raises(DeliveryRecoverable) as refused:
        channel(free_ports(1)[0]).send(MESSAGE)
    assert (lost.value.unclear, refused.value.unclear) == (True, False)
    assert lost.value.transient
    assert refused.value.transient


@pytest.mark.parametrize(
    ("security", "login", "problem"),
    [("starttls", None, "offers no STARTTLS"), ("none", ("ana", "pw"), "offers no STARTTLS or no login")],
)
def test_a_server_that_cannot_encrypt_or_log_in_is_named(security, login, problem):
    """Nothing is sent in the open where encryption is asked for."""
    with mail_receiver() as receiver, pytest.raises(DeliveryRecoverable, match=problem):
        channel(receiver.port, security=security, login=login).send(MESSAGE)
    assert receiver.mails == []


@pytest.mark.parametrize(
    ("error", "problem"),
    [
        (smtplib.SMTPAuthenticationError(535, b"bad s3cret"), "does not accept user and password"),
        (ssl.SSLCertVerificationError("x"), "is not trusted; set ca_file"),
        (TimeoutError(), "cannot be reached"),
    ],
)
def test_what_is_wrong_with_a_mail_server_is_said_with_its_remedy(error, problem):
    """A person mends it; the mail waits, and the password is not quoted."""
    failure = channel(1)._failure(error, unclear=False)
    assert isinstance(failure, DeliveryRecoverable)
    assert problem in str(failure)
    assert "s3cret" not in str(failure)


@settings(max_examples=30)
@given(st.text(max_size=400))
def test_no_title_can_add_a_header_to_a_mail(title):
    """Whatever a theme is called, the mail has its own headers, and the text is what it was."""
    mail = channel(1).mail(Message("k", "alert", "ops", "t", title=title, plain="text\n"))
    read = message_from_bytes(mail.as_bytes(policy=policy.SMTP), policy=policy.default)
    assert sorted(read.keys()) == sorted(mail.keys())
    assert read.get_body(("plain",)).get_content().strip() == "text"


@pytest.mark.parametrize(
    "title", ["Pix\r\nBcc: all@example.com", "a\nb", "a\x00b", "\ud800", "=?utf-8?q?x?=\r\n\r\n<script>"]
)
def test_lines_in_a_title_are_one_line_of_a_subject(title):
    """A line end in a title ends no header."""
    with mail_receiver() as receiver:
        channel(receiver.port).send(Message("k", "alert", "ops", "t", title=title, plain="text\n"))
    [envelope] = receiver.mails
    assert "Bcc" not in parsed(envelope)
    assert tuple(envelope.rcpt_tos) == TO


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A certificate of 127.0.0.1 that nobody trusts yet, and its key, in one file."""
    folder = tmp_path_factory.mktemp("tls")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2049, 1, 1, tzinfo=UTC))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = made.public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "cert.pem").write_bytes(pem)
    (folder / "both.pem").write_bytes(pem + private)
    return folder


def test_mails_go_encrypted_to_a_server_that_is_trusted_and_knows_the_user(certificate):
    """STARTTLS and login work with the certificate of the issuer; without it, or with a wrong password, nothing is sent."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate / "both.pem")

    def check(server, session, envelope, mechanism, login):
        right = login.password == b"right"
        return AuthResult(success=right, handled=right)

    with mail_receiver(tls_context=context, require_starttls=True, authenticator=check, auth_required=True) as receiver:
        for ca_file, password, problem in (
            (None, "right", "is not trusted; set ca_file"),
            (certificate / "cert.pem", "wrong", "does not accept user and password"),
            (certificate / "cert.pem", "right", None),
        ):
            server = MailServer("127.0.0.1", receiver.port, "starttls", LONG, ("g", password), ca_file)
            sender = EmailChannel("mail", server, "groundswell@example.com", TO, lambda: NOW)
            if problem is None:
                sender.send(MESSAGE)
            else:
                with pytest.raises(DeliveryRecoverable, match=problem):
                    sender.send(MESSAGE)
    assert len(receiver.mails) == 1
