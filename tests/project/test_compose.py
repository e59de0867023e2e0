"""docker-compose.yml, read by docker-compose itself; that needs no engine."""

import json
import os
import shutil
import subprocess

import pytest
import typer
import yaml

from groundswell.cli import app
from tests.harness import needs

SECRETS = {"GROUNDSWELL_POSTGRES_PASSWORD": "a-password", "GROUNDSWELL_REQUESTER_KEY": "a-key"}
OURS = ("init", "worker", "miner", "receive", "flows", "console")


@pytest.fixture(scope="module")
def compose(root, tmp_path_factory):
    """Return a function that runs `config` on the file with the given variables set and no others of ours."""
    if shutil.which("docker-compose"):
        command = ["docker-compose"]
    elif (
        shutil.which("docker")
        and subprocess.run(["docker", "compose", "version"], capture_output=True, check=False).returncode == 0
    ):
        command = ["docker", "compose"]
    else:
        needs.missing("docker-compose", "run 'make system' as root or install Debian's docker-compose")
    # A .env beside the file would fill in what the test leaves out, so the file is read from elsewhere.
    folder = tmp_path_factory.mktemp("compose")
    shutil.copy(root / "docker-compose.yml", folder)

    def config(secrets):
        clean = {name: value for name, value in os.environ.items() if not name.startswith("GROUNDSWELL_")}
        return subprocess.run(
            [*command, "-f", "docker-compose.yml", "config"],
            cwd=folder,
            env=clean | secrets,
            capture_output=True,
            text=True,
            check=False,
        )

    return config


@pytest.fixture(scope="module")
def services(compose):
    """Return the services as docker-compose understands them."""
    done = compose(SECRETS)
    assert done.returncode == 0, done.stderr
    return yaml.safe_load(done.stdout)["services"]


def test_whole_house(services):
    """The file holds every engine and every process of the scaled house."""
    assert set(services) == {"kafka", "postgres", "prefect", *OURS}


@pytest.mark.parametrize("name", sorted(SECRETS))
def test_missing_secret_is_named(compose, name):
    """Without a secret nothing starts, and the message names the variable and what to do."""
    done = compose({key: value for key, value in SECRETS.items() if key != name})
    assert done.returncode != 0
    assert f"{name} is not set" in done.stderr


def test_no_secret_has_a_default(root):
    """No secret of the file can be left at a value that everyone knows."""
    text = (root / "docker-compose.yml").read_text()
    for name in SECRETS:
        assert text.count("${" + name) == text.count("${" + name + ":?")


def test_engines_are_checked(services):
    """Our processes wait until the engines answer and the one-shot `init` has ended well."""
    for name in ("kafka", "postgres", "prefect", "receive", "console"):
        assert services[name]["healthcheck"]["test"]
    for name in ("worker", "miner", "receive", "flows", "console"):
        waits = services[name]["depends_on"]
        assert waits["init"]["condition"] == "service_completed_successfully"
        assert waits["kafka"]["condition"] == waits["postgres"]["condition"] == "service_healthy"


def test_grace(services):
    """Each process gets more time to end than the engines' defaults give."""
    assert all("stop_grace_period" in service for service in services.values())


def test_kafka_is_complete(services):
    """The broker's settings are the whole KRaft set, with one advertised address inside and one outside."""
    kafka = services["kafka"]["environment"]
    listeners = {pair.split("://")[0] for pair in kafka["KAFKA_LISTENERS"].split(",")}
    advertised = dict(pair.split("://") for pair in kafka["KAFKA_ADVERTISED_LISTENERS"].split(","))
    protocols = {pair.split(":")[0] for pair in kafka["KAFKA_LISTENER_SECURITY_PROTOCOL_MAP"].split(",")}
    assert listeners == protocols == {*advertised, kafka["KAFKA_CONTROLLER_LISTENER_NAMES"]}
    assert (
        advertised[kafka["KAFKA_INTER_BROKER_LISTENER_NAME"]]
        == services["worker"]["environment"]["GROUNDSWELL_STREAM__BROKERS"]
    )
    assert any(address.startswith("localhost:") for address in advertised.values())
    assert kafka["KAFKA_AUTO_CREATE_TOPICS_ENABLE"] == "false"


def test_only_this_machine_reaches_in(services):
    """Every published port is bound to loopback."""
    published = json.dumps([service.get("ports", []) for service in services.values()])
    assert published.count("127.0.0.1") == sum(len(service.get("ports", [])) for service in services.values())


def test_settings_exist(services):
    """Each variable of ours that a process is given sets something: its section has that field."""
    from groundswell.settings import Settings

    for name in services["console"]["environment"] | services["receive"]["environment"]:
        if not name.startswith("GROUNDSWELL_"):
            continue
        section, _, field = name.removeprefix("GROUNDSWELL_").lower().partition("__")
        # `stream` and `console` are composed by the processes that need them.
        if section in Settings.model_fields:
            assert field in Settings.model_fields[section].annotation.model_fields, name


def test_each_service_runs_a_command_that_exists(services):
    """Each of our services starts commands of the command line, and each answers `--help`."""
    for name in OURS:
        words = services[name]["command"]
        scripts = words[-1].split("&&") if words[0] == "sh" else [" ".join(words)]
        for script in scripts:
            program, *arguments = script.split()
            assert program == "groundswell", f"{name}: {script}"
            with pytest.raises(SystemExit) as ended:
                typer.main.get_command(app)([*arguments, "--help"])
            assert ended.value.code == 0, f"{name}: {script}"
