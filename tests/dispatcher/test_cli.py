import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from dispatcher import cli
from dispatcher.cli import main
from tests.dispatcher.conftest import Write
from tests.dispatcher.loading.test_importing import WSGI

SITE = """\
name = "yard"
domain = "example.org"
[apps.portal]
app = "yard_portal:application"
path = "/"
[apps.wiki]
app = "yard_wiki:application"
path = "/wiki"
subdomain = "wiki"
pool = "files"
[pools.files]
[environments.staging]
domain = "staging.example.org"
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, write: Write, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Be in the folder of a good site."""
    write("yard_portal", WSGI)
    write("yard_wiki", WSGI)
    (tmp_path / "site.toml").write_text(SITE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path / "state"))
    return tmp_path


@pytest.fixture
def taken() -> Iterator[int]:
    """Return a port that something listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def dispatcher(*words: str, **environ: str) -> Result:
    return CliRunner().invoke(main, words, env=environ)


def commands() -> dict[str, click.Command]:
    """Return every command by its name, imported."""
    context = click.Context(main)
    found = {name: main.get_command(context, name) for name in main.list_commands(context)}
    return {name: command for name, command in found.items() if command is not None}


def test_every_command_is_listed_with_its_own_first_line() -> None:
    files = {path.stem for path in Path(cli.__file__).parent.glob("commands/[a-z]*.py")}
    own = {name: command.get_short_help_str(99) for name, command in commands().items()}
    assert set(cli.COMMANDS) == set(own) == files
    assert own == cli.COMMANDS
    assert all(f"{name}  " in dispatcher("--help").output for name in own)


def test_help_imports_no_command_and_nothing_heavy() -> None:
    code = (
        "import sys; from dispatcher.cli import main; main(['--help'], standalone_mode=False);"
        "print(*{'flask', 'werkzeug', 'pydantic', 'dispatcher.commands'} & set(sys.modules))"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.splitlines()[-1] == ""


def test_a_command_that_is_not_there_is_a_mistake_of_use() -> None:
    result = dispatcher("rnu")
    assert result.exit_code == 2
    assert "No such command 'rnu'" in result.output


def test_check_is_content_with_a_site_that_works() -> None:
    result = dispatcher("check")
    assert result.exit_code == 0
    assert result.output == (
        "ok     portal: yard_portal:application\nok     wiki: yard_wiki:application\n"
    )


def test_check_names_every_app_that_cannot_be_loaded_and_fails(write: Write) -> None:
    write("yard_portal", "import nothing_of_the_sort")
    write("yard_wiki", "applicatoin = 1")

    result = dispatcher("check")

    assert result.exit_code == 1
    first, second, last = result.output.splitlines()
    assert first.startswith("fault  portal: yard_portal:application cannot be loaded: ModuleNot")
    assert second.endswith("yard_wiki has no 'application'; did you mean 'applicatoin'?")
    assert last == "Error: 2 of 2 apps cannot be loaded"


def test_check_lets_apps_find_a_place_for_their_data_beside_the_registry(
    write: Write, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("STATE_DIRECTORY")
    write("yard_wiki", "import os\nraise RuntimeError(os.environ['STATE_DIRECTORY'])")

    result = dispatcher("check")

    assert f"RuntimeError: {folder / 'instance'}" in result.output


@pytest.mark.parametrize("command", ["check", "routes", "run"])
@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--site", "nix.toml"], "Error: nix.toml: 1 fault\n  there is no such file"),
        (["--env", "nix"], "environments.nix: is not there; the file's environments: staging"),
    ],
)
def test_a_mistake_ends_in_a_message_and_no_traceback(
    command: str, words: list[str], message: str
) -> None:
    result = dispatcher(command, *words)
    assert result.exit_code == 1
    assert message in result.output
    assert isinstance(result.exception, SystemExit)


def test_all_faults_of_a_registry_are_told_at_once(folder: Path) -> None:
    (folder / "site.toml").write_text(SITE.replace('"/wiki"', '"wiki/"').replace("files", "f_"))
    result = dispatcher("check")
    assert result.exit_code == 1
    assert "site.toml: 2 faults" in result.output


def test_the_environment_can_be_named_by_a_variable() -> None:
    result = dispatcher("routes", DISPATCHER_ENV="staging")
    assert "wiki.staging.example.org/" in result.output


def test_routes_lists_each_address_with_its_app() -> None:
    assert dispatcher("routes").output == (
        "address             app      pool      target\n"
        "example.org/        portal   default   yard_portal:application\n"
        "example.org/wiki/   wiki     files     yard_wiki:application\n"
        "wiki.example.org/   wiki     files     yard_wiki:application\n"
    )


def test_routes_are_whole_in_a_narrow_terminal() -> None:
    assert dispatcher("routes", COLUMNS="20").output == dispatcher("routes").output


def test_routes_can_be_read_by_programs() -> None:
    rows = json.loads(dispatcher("routes", "--json", "--env", "staging").output)
    assert rows[1] == {
        "address": "staging.example.org/wiki/",
        "app": "wiki",
        "pool": "files",
        "target": "yard_wiki:application",
        "host": "staging.example.org",
        "path": "/wiki",
        "tenants": False,
    }


def test_routes_reads_a_site_whose_apps_are_not_installed(write: Write) -> None:
    write("yard_wiki", "1 / 0")
    assert dispatcher("routes").exit_code == 0


@pytest.mark.parametrize("server", ["werkzeug", "gunicorn"])
def test_a_port_in_use_is_said_to_be(taken: int, server: str) -> None:
    result = dispatcher("run", "--port", str(taken), "--server", server)
    assert result.exit_code == 1
    assert result.output == (
        f"Error: cannot listen on 127.0.0.1 port {taken}: it is in use; "
        "stop what uses it, or take another with --port\n"
    )


@pytest.mark.parametrize(
    ("host", "reason"),
    [
        ("no.such.host.invalid", "there is no such address; take another with --host"),
        ("::zz", "there is no such address; take another with --host"),
        ("192.0.2.1", "cannot assign requested address; take another with --host"),
    ],
)
def test_a_host_that_is_not_this_machine_is_refused(host: str, reason: str) -> None:
    result = dispatcher("run", "--host", host)
    assert result.exit_code == 1
    assert result.output.endswith(f"{reason}\n")


def test_help_shows_examples_that_exist() -> None:
    text = dispatcher("--help").output
    examples = [line.split() for line in text.splitlines() if line.startswith("    dispatcher")]
    assert len(examples) == 8
    assert {words[1] for words in examples} <= set(commands())
    options = {
        option for command in commands().values() for p in command.params for option in p.opts
    }
    assert {word for words in examples for word in words if word.startswith("--")} <= options
