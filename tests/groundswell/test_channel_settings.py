import pytest
from pydantic import TypeAdapter, ValidationError

from alerts.channels.settings import Channels, SlackSettings
from alerts.channels.shipped import UnusableChannel, make_channels
from alerts.ownership_file import read_ownership
from alerts.secrets import REVEAL
from alerts.settings import AlertSettings
from groundswell.failure import exit_code
from groundswell.settings import Settings
from pipelines.flows.context import FlowContext

ADAPTER = TypeAdapter(Channels)
MAIL = {"kind": "email", "host": "mail.example.com", "sender": "g@example.com", "to": ["ops@example.com"]}
ALL = {
    "chat": {"kind": "slack", "token": "xoxb-s3cret", "channel": "C1"},
    "post": {"kind": "slack_webhook", "url": "https://hooks.slack.com/services/T/B/s3cret"},
    "teams": {"kind": "teams", "url": "workflows://prod-1.example.com:443/w0rkflow/s3cret/"},
    "duty": {"kind": "pagerduty", "routing_key": "s3cret"},
    "genie": {"kind": "opsgenie", "api_key": "s3cret-s3cret", "team": "Ops & Co"},
    "ntfy": {"kind": "apprise", "url": "ntfys://ntfy.example.com/s3cret"},
    "mail": {**MAIL, "username": "g", "password": "s3cret"},
    "hook": {"kind": "webhook", "url": "https://example.com/s3cret", "secret_key": "whsec_czNjcmV0"},
    "jira": {
        "kind": "jira",
        "url": "https://acme.atlassian.net/",
        "email": "a@example.com",
        "token": "s3cret",
        "project": "OPS",
    },
    "folder": {"kind": "file"},
    "events": {"kind": "kafka", "topic": "groundswell.notifications"},
}


def refused(name, value):
    """The sentence by which a channel is refused."""
    with pytest.raises(ValidationError) as error:
        ADAPTER.validate_python({name: value})
    return error.value


@pytest.mark.parametrize("name", ALL)
def test_every_kind_of_channel_is_made_of_its_settings(tmp_path, name):
    """Each kind is a channel of that name, which ownership files may name, and shows no secret."""
    channels = ADAPTER.validate_python({name: ALL[name]})
    made = make_channels(AlertSettings(outbox_folder=tmp_path), channels, clock=lambda: None, connect=lambda: None)
    assert list(made) == ["file", name]
    assert made[name].name == name
    assert not isinstance(made[name], UnusableChannel)
    assert "s3cret" not in repr(channels) + str(ADAPTER.dump_json(channels))
    file = tmp_path / "o.toml"
    file.write_text(f'[[audience]]\nname = "everyone"\nchannels = ["{name}", "file"]\n', encoding="utf-8")
    assert read_ownership(file, channels=made).audience("everyone").channels == (name, "file")


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("Chat", ALL["chat"], "lower-case letters"),
        ("kafka", ALL["events"], "other than file, kafka"),
        ("file", ALL["folder"], "other than file, kafka"),
        ("x", {"kind": "telegraph"}, "'slack', 'slack_webhook'"),
        ("x", {}, "kind"),
        ("x", {"kind": "slack", "channel": "C1"}, "token: it is missing; set either token or token_file"),
        ("x", {"kind": "slack", "channel": "C1", "token": "t", "token_file": "f"}, "both are given"),
        ("x", {**ALL["chat"], "colour": 1}, "Extra inputs"),
        ("x", {**ALL["chat"], "timeout": "PT0S"}, "greater than 0"),
        ("x", {"kind": "slack_webhook", "url": "hooks.slack.com/x"}, "no address of the web"),
        ("x", {**ALL["hook"], "url": "http://example.com/"}, "it has no TLS"),
        ("x", {**ALL["hook"], "secret_key": None}, "secret_key: it is missing"),
        ("x", {**MAIL, "to": []}, "at least 1 item"),
        ("x", {**MAIL, "to": ["Ops <ops@example.com>"]}, "one mail address"),
        ("x", {**MAIL, "to": ["ops@example.com\r\nBcc: all@example.com"]}, "one mail address"),
        ("x", {**MAIL, "sender": "ops"}, "one mail address"),
        ("x", {**MAIL, "username": "g"}, "give username with password"),
        ("x", {**MAIL, "password": "s3cret"}, "give username with password"),
        (
            "x",
            {**MAIL, "username": "g", "password": "s3cret", "security": "none"},
            "anybody on the way could read the password",
        ),
        ("x", {**ALL["jira"], "url": "https://a@acme.example.com"}, "begins with https://"),
        ("x", {**ALL["jira"], "project": 'OPS" OR 1=1'}, "pattern"),
        ("x", {**ALL["events"], "topic": "a b"}, "pattern"),
    ],
)
def test_a_channel_that_cannot_work_is_refused_when_it_is_set(name, value, said):
    """What is wrong is said with what is valid, and no secret is in the sentence."""
    error = refused(name, value)
    assert said in str(error)


def test_a_refused_channel_shows_no_secret_on_the_terminal(tmp_path, monkeypatch, capsys):
    """The command line names the setting, and quotes nothing of it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "groundswell.toml").write_text(
        '[channels.chat]\nkind = "slack"\ntoken = "xoxb-s3cret"\ncolour = "s3cret"\n'
    )
    with pytest.raises(ValidationError) as error:
        Settings()
    assert exit_code(error.value) == 2
    said = capsys.readouterr().err
    assert "channels.chat" in said
    assert "s3cret" not in said


def test_secrets_come_from_the_environment_or_from_files(tmp_path, monkeypatch):
    """The file of settings needs no secret: the environment adds it to the table, or a file has it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "token").write_text("xoxb-file\n")
    (tmp_path / "groundswell.toml").write_text(
        '[channels.chat]\nkind = "slack"\nchannel = "C1"\n[channels.other]\nkind = "slack"\nchannel = "C2"\ntoken_file = "token"\n'
    )
    monkeypatch.setenv("GROUNDSWELL_CHANNELS__CHAT__TOKEN", "xoxb-env")
    settings = Settings()
    assert settings.channels["chat"].token.get_secret_value() == "xoxb-env"
    assert settings.channel_names == ("file", "chat", "other")
    made = make_channels(settings.alerts, settings.channels, clock=lambda: None)
    assert made["other"]._make_client().token == "xoxb-file"


@pytest.mark.parametrize(
    ("content", "said"), [(None, "cannot be read (No such file"), ("", "is empty"), (b"\xff", "it is not UTF-8")]
)
def test_a_secret_file_that_cannot_be_read_stops_its_channel_only(tmp_path, content, said):
    """The others are made; messages for this one wait until the file is mended."""
    path = tmp_path / "token"
    if content is not None:
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    chat = {"kind": "slack", "channel": "C1", "token_file": str(path)}
    channels = ADAPTER.validate_python({"chat": chat, "folder": {"kind": "file"}})
    made = make_channels(AlertSettings(outbox_folder=tmp_path), channels, clock=lambda: None)
    assert said in made["chat"].problem
    assert made["folder"].name == "folder"


def test_flow_runs_receive_the_secrets_and_show_none(tmp_path, monkeypatch):
    """The environment of a run's process has the secrets; no representation of the context does."""
    channels = ADAPTER.validate_python({"chat": ALL["chat"]})
    context = FlowContext(database="sqlite://", channels=channels)
    monkeypatch.setenv("GROUNDSWELL_FLOW_CONTEXT", context.model_dump_json(context={REVEAL: True}))
    found = FlowContext.current().channels["chat"]
    assert isinstance(found, SlackSettings)
    assert found.token.get_secret_value() == "xoxb-s3cret"
    assert "s3cret" not in context.model_dump_json() + repr(context)
