"""What is wrong with an inventory is said before a host is contacted."""

from pathlib import Path

import pytest
import yaml

from fleet import vault
from fleet.exits import UsageError
from fleet.inventory import chosen, clients_of, find_clients, groups_of, read

DATA = Path(__file__).parent / "data" / "fleet" / "inventory"
EXAMPLE = Path(__file__).resolve().parents[2] / "inventory.example"
GOOD = "---\nv4: {hosts: {a: {ansible_host: a.test, ansible_user: ops, ansible_port: 2222}}}\nv5: {hosts: {b: {}}}\n"
CLIENT = "client1: {hosts: {a: {}, b: {}}}\n"


def select(inventory, patterns):
    return chosen(read(inventory), inventory, patterns)


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


MANY = """---
v4: {hosts: {a4: {}, b4: {}, c4: {}}}
v5: {hosts: {a5: {}, b5: {}, c5: {}}}
acme_1: {hosts: {a4: {}, a5: {}}}
acme_2: {hosts: {b4: {}, b5: {}}}
zeta: {hosts: {c4: {}, c5: {}}}
monday: {children: {acme_2: {}, zeta: {}}}
"""


@pytest.fixture
def many(tmp_path):
    """A function that writes MANY with more lines of YAML, and variables: host → name → value."""

    def write(more: str = "", **variables: dict) -> Path:
        folder = tmp_path / "many"
        (folder / "host_vars").mkdir(parents=True, exist_ok=True)
        (folder / "hosts.yml").write_text(MANY + more)
        for host, values in variables.items():
            (folder / "host_vars" / f"{host}.yml").write_text(yaml.safe_dump(values))
        return folder

    return write


@pytest.mark.parametrize(
    ("patterns", "names"),
    [
        ("", ["acme_1", "acme_2", "zeta"]),
        ("*", ["acme_1", "acme_2", "zeta"]),
        ("acme*", ["acme_1", "acme_2"]),
        ("zeta,*", ["zeta", "acme_1", "acme_2"]),
        ("!acme_1", ["acme_2", "zeta"]),
        ("monday", ["acme_2", "zeta"]),
        ("acme_?,!monday", ["acme_1"]),
    ],
)
def test_patterns_choose_clients(many, patterns, names):
    assert [each.name for each in select(many(), patterns)] == names


def not_selected(inventory, patterns="*"):
    with pytest.raises(UsageError) as caught:
        select(inventory, patterns)
    assert caught.value.remedy
    return caught.value.message


def test_a_pattern_that_names_nobody(many):
    assert "is called 'nobody*' (clients: acme_1, acme_2, zeta)" in not_selected(many(), "acme*,nobody*")
    assert "No client" in not_selected(many(), "zeta,!monday")


def test_everything_that_is_wrong_is_told_at_once(many):
    inventory = many("half: {hosts: {d5: {}}}\ntwice: {hosts: {a4: {}, c5: {}}}\n")
    text = (inventory / "hosts.yml").read_text().replace("c5: {}}}", "c5: {}, d5: {}}}", 1)
    (inventory / "hosts.yml").write_text(text)
    said = not_selected(inventory)
    assert "(3 troubles)" in said
    assert "The host d5 belongs to no client: half has no host in the group v4" in said
    assert "The host a4 belongs to several clients (acme_1, twice)" in said
    assert [each.name for each in select(inventory, "acme_2")] == ["acme_2"], "what is wrong elsewhere stops nobody"
    assert "d5" in not_selected(inventory, "half")


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        (
            {"a5": {"v5_url": "https://V5.example.com/"}, "b5": {"v5_url": "https://v5.example.com:443"}},
            "acme_1 and acme_2 have the same V5: v5.example.com",
        ),
        (
            {"a5": {"ansible_host": "192.0.2.7"}, "c5": {"ansible_host": "192.0.2.7", "ansible_port": 22}},
            "acme_1 and zeta have the same V5: 192.0.2.7:22",
        ),
        (
            {"a4": {"v4_account_key": "k1"}, "b4": {"v4_account_key": "k1"}},
            "acme_1 and acme_2 move the company with the same key: v4_account_key",
        ),
        (
            {
                "a4": {"v4_url": "https://v4.example.com", "v4_owner_email": "o@example.com"},
                "b4": {"v4_url": "https://v4.example.com", "v4_owner_email": "O@example.com"},
            },
            "acme_1 and acme_2 move the same company of the same V4: v4.example.com",
        ),
    ],
)
def test_clients_that_would_get_into_each_other_s_way(many, variables, said):
    assert said in not_selected(many(**variables))
    assert [each.name for each in select(many(**variables), "acme_1")] == ["acme_1"]


@pytest.mark.parametrize(
    "variables",
    [
        {"a5": {"v5_url": "https://{{ name }}.test"}, "b5": {"v5_url": "https://{{ name }}.test"}},
        {"a5": {"v5_url": "https://x.test/a"}, "b5": {"v5_url": "https://x.test/b"}},
        {"a5": {"ansible_host": "192.0.2.7", "v5_root": "/a"}, "b5": {"ansible_host": "192.0.2.7", "v5_root": "/b"}},
        {"a5": {"ansible_host": "localhost"}, "b5": {"ansible_host": "localhost"}},
        {
            "a4": {"v4_url": "https://v4.test", "v4_owner_email": "o@x.test", "v4_account_key": "k1"},
            "b4": {"v4_url": "https://v4.test", "v4_owner_email": "o@x.test", "v4_account_key": "k2"},
        },
    ],
)
def test_clients_that_only_look_alike(many, variables):
    assert len(select(many(**variables), "*")) == 3
