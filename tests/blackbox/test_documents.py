"""What the documents say is what the binary does."""

import re

from harness.client import Client
from harness.server import ROOT, Server, command, command_json, free_port


def test_every_key_of_the_configuration_is_documented(tmp_path):
    shown = command("config", "show", data=tmp_path / "data").stdout
    text = (ROOT / "docs" / "configure.md").read_text()
    documented = set(re.findall(r"^\| `([a-z0-9_.]+)` \|", text, flags=re.MULTILINE))
    section, keys = "", set()
    for line in shown.splitlines():
        if header := re.match(r"\[(\w+)\]", line):
            section = header.group(1) + "."
        elif key := re.match(r"([a-z0-9_]+) = |# ([a-z0-9_]+) is not set", line):
            keys.add(section + (key.group(1) or key.group(2)))
    assert len(keys) > 10 and documented == keys


def test_a_wrong_key_is_named_and_nothing_starts(tmp_path):
    config = tmp_path / "petrel.toml"
    config.write_text("[http]\nconections_max = 5\n")
    for arguments in (("config", "check"), ("serve", "--dev", "--listen", f"127.0.0.1:{free_port()}")):
        done = command(*arguments, "--config", config, data=tmp_path / "data", check=False, timeout_s=20)
        assert done.returncode != 0
        assert "conections_max" in done.stderr + done.stdout
    assert not (tmp_path / "data").exists()


def test_accounts_by_the_command_line_with_and_without_a_server(tmp_path):
    data = tmp_path / "data"
    with Server(data) as server:
        command_json(
            "account", "create", "ada", "--email", "ada@example.com", "--password", "a long password",
            "--token", "ada-token", "--scopes", "read write follow push", data=data,
        )
        ada = Client(server.url, "ada-token")
        assert ada.get("/api/v1/accounts/verify_credentials")["username"] == "ada"
        assert ada.say("by a literal token")["id"]
    command("account", "create", "bob", "--email", "bob@example.com", data=data)
    command("account", "suspend", "ada", data=data)
    listed = command_json("account", "list", data=data)
    assert {"ada", "bob"} <= {account["username"] for account in (listed if isinstance(listed, list) else listed["accounts"])}
    with Server(data, server.port):
        assert Client(server.url, "ada-token").call("GET", "/api/v1/accounts/verify_credentials").status_code in (401, 403)
        command("account", "unsuspend", "ada", data=data)
        assert ada.get("/api/v1/accounts/verify_credentials")["username"] == "ada"


def test_a_dev_folder_is_not_served_for_real(tmp_path):
    data = tmp_path / "data"
    with Server(data):
        pass
    done = command(
        "serve", "--listen", f"127.0.0.1:{free_port()}", "--url", "https://petrel.example", data=data,
        check=False, timeout_s=20,
    )
    assert done.returncode != 0 and "dev" in done.stderr + done.stdout
