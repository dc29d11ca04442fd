"""Clients and hosts of an inventory become targets by Ansible's own settings."""

from pathlib import Path

import pytest
import yaml

from diagnostics.targets import LOCAL, SSH, parse
from fleet import vault
from fleet.exits import UsageError
from fleet.targets import explained


@pytest.fixture(autouse=True)
def nothing_from_outside(monkeypatch):
    for name in ("ANSIBLE_VAULT_PASSWORD_FILE", "ANSIBLE_REMOTE_USER", "ANSIBLE_PRIVATE_KEY_FILE"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def inventory(tmp_path):
    """Returns a function that writes an inventory: variables of all, of the host a (V4) and of the host b (V5)."""

    def write(everybody: dict | None = None, a: dict | None = None, b: dict | None = None) -> Path:
        tree = {
            "all": {
                "vars": everybody or {},
                "children": {
                    "v4": {"hosts": {"a": a or {}, "both": {}}},
                    "v5": {"hosts": {"b": b or {}, "both": {}}},
                    "client1": {"hosts": {"a": {}, "b": {}}},
                    "client2": {"hosts": {"both": {}}},
                    "batch": {"children": {"client1": {}, "client2": {}}},
                    "others": {"hosts": {"bastion": {}}},
                },
            }
        }
        file = tmp_path / "hosts.yml"
        file.write_text(yaml.safe_dump(tree))
        return file

    return write


def one(inventory: Path, word: str = "a", password: str | None = None):
    (target,) = explained([parse(word)], inventory, password)
    return target


def refused(inventory: Path, word: str = "a") -> UsageError:
    with pytest.raises(UsageError) as caught:
        explained([parse(word)], inventory)
    assert caught.value.remedy
    assert "sesame" not in str(caught.value)
    return caught.value


def test_a_client_is_its_v4_and_its_v5(inventory):
    urls = {"v4_url": "https://v4.client1.test", "v5_url": "https://v5.client1.test", "v4_root": "/srv/in voice"}
    v4, v5 = explained([parse("client1")], inventory(urls))
    assert [(each.name, each.path, each.peer_url) for each in (v4, v5)] == [
        ("a", "/srv/in voice", "https://v5.client1.test"),
        ("b", "/var/www/invoiceninja", "https://v4.client1.test"),
    ]
    assert {each.client for each in (v4, v5)} == {"client1"}
    assert {each.word for each in (v4, v5)} == {"client1"}
    assert v4.kind == v5.kind == SSH
    assert not v4.sudo


def test_a_client_on_one_machine_with_two_roots(inventory):
    v4, v5 = explained([parse("client2")], inventory({"v4_root": "/srv/v4", "v5_root": "/srv/v5"}))
    assert [(each.name, each.path) for each in (v4, v5)] == [("both (V4)", "/srv/v4"), ("both (V5)", "/srv/v5")]
    assert explained([parse("both")], inventory())[0].client == "client2"
    assert len(explained([parse("both")], inventory())) == 2


def test_a_host_is_what_it_is_for_its_client_and_another_one_is_only_a_host(inventory):
    assert (one(inventory(), "b").client, one(inventory(), "b").path) == ("client1", "/var/www/invoiceninja")
    bastion = one(inventory(), "bastion")
    assert (bastion.client, bastion.path, bastion.peer_url) == ("", "", "")


def test_other_targets_stay_as_they_are_and_need_no_inventory(tmp_path):
    targets = [parse("local"), parse("ssh://a.test/srv")]
    assert explained(targets, tmp_path / "none") == targets


def test_the_order_is_kept_and_the_inventory_is_read_once(inventory, monkeypatch):
    import fleet.targets

    reads = []
    read = fleet.targets.read
    monkeypatch.setattr(fleet.targets, "read", lambda *given: reads.append(given) or read(*given))
    found = explained([parse("client2"), parse("local"), parse("client1")], inventory())
    assert [each.name for each in found] == ["both (V4)", "both (V5)", "local", "a", "b"]
    assert len(reads) == 1


def test_how_ansible_connects(inventory, tmp_path):
    key = tmp_path / "a key"
    key.touch()
    target = one(
        inventory(
            {"ansible_ssh_common_args": "-o 'ProxyJump=gate.test' -o UserKnownHostsFile='/a b/known'"},
            {
                "ansible_host": "10.0.0.9",
                "ansible_user": "ops",
                "ansible_port": 2222,
                "ansible_ssh_private_key_file": str(key),
                "ansible_ssh_extra_args": "-4",
                "ansible_become": "yes",
            },
        )
    )
    assert (target.ssh.host, target.ssh.user, target.ssh.port) == ("10.0.0.9", "ops", 2222)
    wanted = ("-o", "ProxyJump=gate.test", "-o", "UserKnownHostsFile=/a b/known", "-4", "-i", str(key))
    assert target.ssh.options == wanted
    assert target.sudo
    assert not target.ssh.password


def test_ansibles_environment_counts_where_the_inventory_says_nothing(inventory, monkeypatch):
    monkeypatch.setenv("ANSIBLE_REMOTE_USER", "outside")
    assert one(inventory()).ssh.user == "outside"
    assert one(inventory({"ansible_user": "ops"})).ssh.user == "ops"


def test_this_machine(inventory):
    target = one(inventory(a={"ansible_connection": "local", "ansible_become": True}))
    assert (target.kind, target.ssh, target.sudo, target.name) == (LOCAL, None, True, "a")


def test_passwords_from_a_vault_are_used_and_not_shown(inventory, tmp_path):
    password = tmp_path / "password"
    password.write_text("open\n")
    lines = "".join(f"  {line}\n" for line in vault.encrypt("sesame", "open").splitlines())
    (tmp_path / "host_vars").mkdir()
    (tmp_path / "host_vars" / "a.yml").write_text(
        f"---\nansible_password: !vault |\n{lines}ansible_become_password: '{{{{ ansible_password }}}}'\n"
    )
    file = inventory()
    target = one(file, "a", str(password))
    assert (target.ssh.password, target.become_password) == ("sesame", "sesame")
    assert "sesame" not in repr(target)


def test_templates_are_filled_in(inventory):
    target = one(
        inventory(
            {
                "domain": "client1.test",
                "name": "{{ inventory_hostname }}.{{ domain }}",
                "ansible_host": "{{ name }}",
                "ansible_port": "{{ 2000 + 222 }}",
                "ansible_become": "{{ domain == 'client1.test' }}",
                "v4_root": "/srv/{{ group_names | first }}",
                "v5_url": "https://{{ hostvars[groups['v5'][0]].shown }}",
            },
            b={"shown": "v5.client1.test"},
        )
    )
    assert (target.ssh.host, target.ssh.port, target.sudo) == ("a.client1.test", 2222, True)
    assert (target.path, target.peer_url) == ("/srv/batch", "https://v5.client1.test")


@pytest.mark.parametrize(
    "variables, said",
    [
        ({"ansible_host": "{{ nowhere }}"}, "ansible_host of a cannot be worked out: "),
        ({"ansible_host": "{{ broken"}, "ansible_host of a cannot be worked out: "),
        ({"ansible_connection": "winrm"}, "ansible_connection of a is winrm"),
        ({"ansible_become": True, "ansible_become_method": "doas"}, "ansible_become_method of a is doas"),
        ({"ansible_port": "many"}, "ansible_port of a is many"),
        ({"ansible_ssh_private_key_file": "/none/key"}, "there is no such file"),
        ({"ansible_ssh_common_args": "-o 'ProxyJump"}, "ansible_ssh_common_args of a cannot be read"),
    ],
)
def test_what_cannot_be_used_is_named_with_the_file_to_edit(inventory, variables, said):
    error = refused(inventory(a={**variables, "ansible_password": "sesame"}))
    assert said in error.message
    assert "inventory/group_vars/client1/vars.yml" in error.remedy


def test_names_that_are_none(inventory):
    assert "There is no client and no host 'nobody'" in refused(inventory(), "nobody").message
    assert "(clients: client1, client2)" in refused(inventory(), "nobody").message
    assert "its hosts belong to client1, client2" in refused(inventory(), "batch").message
    assert "belongs to no client" in refused(inventory(), "others").message
    assert "There is no client and no host 'v4'" in refused(inventory(), "v4").message
    assert "There is no inventory" in refused(Path("/none"), "client1").message
