"""What is wrong with an inventory is said before a host is contacted."""

from pathlib import Path

import pytest

from fleet import vault
from fleet.exits import UsageError
from fleet.inventory import clients_of, find_clients, groups_of, read

DATA = Path(__file__).parent / "data" / "fleet" / "inventory"
EXAMPLE = Path(__file__).resolve().parents[2] / "inventory.example"
GOOD = "---\nv4: {hosts: {a: {ansible_host: a.test, ansible_user: ops, ansible_port: 2222}}}\nv5: {hosts: {b: {}}}\n"
CLIENT = "client1: {hosts: {a: {}, b: {}}}\n"


@pytest.fixture(autouse=True)
def no_password(monkeypatch):
    monkeypatch.delenv("ANSIBLE_VAULT_PASSWORD_FILE", raising=False)


@pytest.fixture
def inventory(tmp_path):
    folder = tmp_path / "inventory"
    (folder / "group_vars" / "client1").mkdir(parents=True)
    (folder / "hosts.yml").write_text(GOOD + CLIENT)
    return folder


def refused(*arguments):
    with pytest.raises(UsageError) as caught:
        find_clients(*arguments)
    assert caught.value.message.endswith(".")
    assert caught.value.remedy
    return str(caught.value)


def test_clients_in_the_order_asked_for():
    found = find_clients(DATA, ("fails", "fine", "fails"))
    assert [(each.name, each.v4, each.v5) for each in found] == [
        ("fails", "v4.fails.test", "v5.fails.test"),
        ("fine", "v4.fine.test", "v5.fine.test"),
    ]


def test_how_to_ssh_by_hand(inventory):
    assert find_clients(inventory, ("client1",))[0].ssh == {"a": "-p 2222 ops@a.test", "b": "b"}


def test_unknown_client():
    message = refused(DATA, ("fine", "nobody"))
    assert "There is no client 'nobody'" in message
    assert "changes, fails, fine" in message


def test_groups_that_are_no_client():
    assert "no host in the group v4" in refused(DATA, ("alone",)).replace("no hosts", "no host")
    assert "its hosts belong to fails, fine" in refused(DATA, ("batch",))
    assert "There is no client 'v4'" in refused(DATA, ("v4",))


def test_a_host_in_two_clients(inventory):
    (inventory / "hosts.yml").write_text(GOOD + "c: {hosts: {x: {}}}\n" + CLIENT)
    (inventory / "more.yml").write_text("---\nv5: {hosts: {z: {}}}\nclient2: {hosts: {a: {}, z: {}}}\n")
    assert "belongs to several clients (client1, client2)" in refused(inventory, ("client1",))


def test_missing_inventory(tmp_path):
    assert "./cli.py init" in refused(tmp_path / "none", ("client1",))


@pytest.mark.parametrize("name", ["hosts.yml", "group_vars/client1/vars.yml"])
def test_wrong_yaml_names_file_and_line_and_quotes_nothing(inventory, name):
    (inventory / name).write_text("---\nv5_owner_password: [sesame\n")
    message = refused(inventory, ("client1",))
    assert f"{inventory / name} is not valid YAML" in message
    assert f"${{EDITOR:-nano}} +3 {inventory / name}" in message
    assert "sesame" not in message


def test_no_inventory_at_all_in_the_folder(tmp_path):
    refused(tmp_path, ("client1",))


@pytest.mark.parametrize("inline", [False, True])
def test_missing_and_wrong_vault_password(inventory, tmp_path, inline):
    text = vault.encrypt("v5_owner_password: sesame\n", "right")
    if inline:
        text = "---\nv5_owner_password: !vault |\n" + "".join(f"  {line}\n" for line in text.splitlines())
    (inventory / "group_vars" / "client1" / "vault.yml").write_text(text)
    assert "no vault password was given" in refused(inventory, ("client1",))
    assert "There is no vault password file" in refused(inventory, ("client1",), str(tmp_path / "none"))
    (tmp_path / "wrong").write_text("wrong\n")
    (tmp_path / "right").write_text("right\n")
    assert "the vault password is wrong" in refused(inventory, ("client1",), str(tmp_path / "wrong"))
    (tmp_path / "empty").touch()
    (tmp_path / "latin1").write_bytes(b"\xe9\n")
    for name in ("empty", "latin1"):
        assert f"password cannot be read from {tmp_path / name}" in refused(
            inventory, ("client1",), str(tmp_path / name)
        )
    assert find_clients(inventory, ("client1",), str(tmp_path / "right"))[0].v5 == "b"


def test_a_typed_password_lies_in_a_private_file_for_as_long_as_it_is_needed():
    with vault.password_file(None, "sesame") as path:
        assert Path(path).stat().st_mode & 0o777 == 0o600
        assert Path(path).read_text() == "sesame\n"
    assert not Path(path).exists()


def test_the_example_loads_without_a_password_and_holds_no_secret():
    tree = read(EXAMPLE)
    assert clients_of(groups_of(tree)) == ["client1", "client2"]
    variables = tree["_meta"]["hostvars"]
    assert set(variables) == {"client1-v4", "client1-v5", "client2-server"}
    for host in variables.values():
        assert {"v4_url", "v4_owner_email", "v5_url", "v5_archive_url", "v5_archive_checksum"} <= set(host)
        assert not any("password" in name for name in host)
