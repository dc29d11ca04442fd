"""The lab's pure parts: names and addresses, recipes of images, what is missing to run it."""

from __future__ import annotations

import fcntl
import json
import os
import subprocess

import pytest
from click.testing import CliRunner

from lab import commands, images, layout, lifecycle, network, prepare, state


@pytest.fixture(autouse=True)
def own_folders(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("NINJALIFT_LAB", raising=False)


def test_the_default_lab_is_ninjalift_and_the_environment_names_another(monkeypatch):
    assert state.open_lab().name == "ninjalift"
    monkeypatch.setenv("NINJALIFT_LAB", "mine")
    assert state.open_lab().name == "mine"


@pytest.mark.parametrize("name", ["", "x" * 13, "Large", "1st", "a_b", "../up", "a b"])
def test_a_name_that_is_no_lab_s_is_refused(name, monkeypatch):
    monkeypatch.setenv("NINJALIFT_LAB", name or "Ä")
    with pytest.raises(state.LabError) as refused:
        state.open_lab(name)
    assert refused.value.status == 2


@pytest.mark.parametrize("name", ["a", "twelve-chars", "t-v5-13"])
def test_names_fit_what_the_kernel_takes(name):
    lab = state.open_lab(name)
    assert len(lab.bridge) <= 15
    assert "-" not in lab.table


def test_labs_keep_their_networks_and_take_different_ones():
    first = state.claim(state.open_lab("first"), clients=1, debian="12")
    second = state.claim(state.open_lab("second"), clients=3, debian="13")
    assert first.network != second.network
    assert state.open_lab("first") == first
    assert json.loads((second.dir / "lab.json").read_text())["clients"] == 3


def test_two_labs_that_begin_at_once_take_different_networks():
    first, second = state.open_lab("first"), state.open_lab("second")
    assert first.network == second.network, "neither has taken it yet"
    first, second = state.claim(first, clients=1), state.claim(second, clients=1)
    assert first.network != second.network


def test_a_network_with_a_route_is_left_alone(monkeypatch):
    monkeypatch.setattr(state, "_in_use", lambda network: network in state.NETWORKS[:3])
    assert state.open_lab().network == state.NETWORKS[3]


def test_without_a_free_network_the_sentence_names_the_remedy(monkeypatch):
    monkeypatch.setattr(state, "_in_use", lambda network: True)
    with pytest.raises(state.LabError, match=r"lab down --name"):
        state.open_lab()


def test_machines_have_names_addresses_and_sites_of_their_own():
    lab = state.claim(state.open_lab(), clients=layout.CLIENTS_MOST, debian="12")
    everybody = lifecycle.machines(lab)
    assert len(everybody) == 1 + 2 * layout.CLIENTS_MOST
    for values in ([e.name for e in everybody], [e.address for e in everybody], [e.site for e in everybody]):
        assert len(set(values)) == len(everybody)
    assert all(2 <= each.number < 255 for each in everybody)
    assert lifecycle.find(lab, "client2-v4").site == "v4.client2.test"
    with pytest.raises(state.LabError, match="no machine 'client41-v4'"):
        lifecycle.find(lab, "client41-v4")


def test_every_client_has_a_v4_company_of_its_own():
    some = layout.clients(state.open_lab(), 12)
    keys = [client.account_key for client in some]
    assert len(set(keys)) == 12
    assert {len(key) for key in keys} == {32}
    assert all(key.isalnum() and key == key.lower() for key in keys)


def test_the_debian_release_chooses_the_bare_image():
    lab = state.open_lab()
    assert [client.v5.image for client in layout.clients(lab, 2, "13")] == ["bare13", "bare13"]
    assert {client.v4.image for client in layout.clients(lab, 2, "13")} == {"v4"}


def test_an_image_s_folder_changes_with_its_recipe(tmp_path):
    recipe = images.RECIPES["bare12"]
    assert recipe.path == images.RECIPES["bare12"].path
    assert recipe.path.parent == tmp_path / "cache" / "ninjalift" / "images"
    more = images.Recipe(recipe.name, recipe.suite, recipe.install, (*recipe.prefetch, "sl"))
    assert more.path != recipe.path
    assert images.Recipe(recipe.name, "trixie", recipe.install, recipe.prefetch).path != recipe.path


def test_prefetched_packages_are_those_of_the_release():
    assert "php8.2-fpm" in images.RECIPES["bare12"].prefetch
    assert "php8.4-fpm" in images.RECIPES["bare13"].prefetch
    assert not [name for name in images.RECIPES["bare12"].prefetch if "PHP" in name or "#" in name]
    assert images.RECIPES["bare12"].install == ()


def test_images_that_machines_stand_on_are_kept(tmp_path):
    recipe = images.RECIPES["bare12"]
    used, unused = (recipe.path.with_name(f"bare12-{digest}") for digest in ("a" * 12, "b" * 12))
    for folder in (recipe.path, used, unused):
        folder.mkdir(parents=True)
    machine = state.labs_dir() / "other" / "machines" / "client1-v5"
    machine.mkdir(parents=True)
    (machine / "image").write_text(str(used))
    images._remove_old(recipe)
    assert (recipe.path.is_dir(), used.is_dir(), unused.is_dir()) == (True, True, False)


def test_missing_programs_are_named_with_their_packages(monkeypatch, tmp_path):
    monkeypatch.setattr(lifecycle.shutil, "which", lambda tool: None if tool in ("nft", "debootstrap") else tool)
    monkeypatch.setenv("PATH", os.environ["PATH"])
    with pytest.raises(state.LabError, match=r"`apt-get install debootstrap nftables`$") as missing:
        lifecycle.require()
    assert missing.value.status == 2


@pytest.mark.parametrize(
    ("arguments", "mended"),
    [
        ("up --clients 2 --name x", "lab up --clients 2 --debian 12 --name x"),
        ("down", "lab down --name ninjalift"),
        ("reset client1-v5", "lab reset client1-v5 --name ninjalift"),
    ],
)
def test_without_root_the_sentence_repeats_the_command(monkeypatch, arguments, mended):
    monkeypatch.setattr(lifecycle.shutil, "which", lambda tool: tool)
    monkeypatch.setattr(lifecycle.os, "geteuid", lambda: 1000)
    monkeypatch.setenv("PATH", os.environ["PATH"])
    done = CliRunner().invoke(commands.lab, arguments.split())
    assert done.exit_code == 2
    assert "needs root" in done.stderr
    assert f"`sudo ./cli.py {mended}`" in done.stderr


def test_ctrl_c_says_that_something_was_begun(monkeypatch):
    def stopped(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(lifecycle, "up", stopped)
    done = CliRunner().invoke(commands.lab, ["up", "--name", "x"])
    assert done.exit_code == 1
    assert done.stderr == (
        "Stopped in the middle. Mend it with: `./cli.py lab up --name x`, or `./cli.py lab down --name x`\n"
    )


def test_a_lab_that_is_not_there_is_no_shell_s_inventory():
    done = CliRunner().invoke(commands.lab, ["status", "--shell", "--name", "nobody"])
    assert (done.exit_code, done.stdout) == (2, "")
    assert "There is no lab 'nobody'" in done.stderr
    assert "`./cli.py lab up --name nobody`" in done.stderr


def test_a_second_command_on_the_same_lab_is_told_to_wait():
    lab = state.open_lab()
    with state.locked(lab), pytest.raises(state.LabError, match="Another command"), state.locked(lab):
        pytest.fail("both hold the lock")
    with state.locked(lab):
        lab.write_settings(clients=1)


def test_a_lab_that_was_never_up_has_no_machines():
    lab = state.open_lab("nobody")
    assert lifecycle.machines(lab) == []
    found = lifecycle.status(lab)
    assert (found["up"], found["machines"]) == (False, [])


@pytest.mark.parametrize(
    ("own", "uplink", "taken"),
    [
        ("search x.test\nnameserver 192.0.2.1\n", "nameserver 192.0.2.2\n", "own"),
        ("nameserver fe80::1%eth0\n", None, "own"),
        ("nameserver 127.0.0.53\noptions edns0\n", "nameserver 192.0.2.2\n", "uplink"),
        ("nameserver 127.0.0.53\nnameserver ::1\n", None, None),
        ("# nothing\n", "nameserver 127.0.0.1\n", None),
    ],
)
def test_machines_get_a_name_server_that_they_can_reach(monkeypatch, tmp_path, own, uplink, taken):
    """Debian's cloud images have systemd-resolved's stub in /etc/resolv.conf."""
    files = {"own": tmp_path / "resolv.conf", "uplink": tmp_path / "uplink.conf"}
    files["own"].write_text(own)
    if uplink:
        files["uplink"].write_text(uplink)
    monkeypatch.setattr(prepare, "RESOLV_CONF", files["own"])
    monkeypatch.setattr(prepare, "UPLINK_RESOLV_CONF", files["uplink"])
    if taken:
        assert prepare.name_servers() == files[taken]
    else:
        with pytest.raises(state.LabError, match="Mend it with: `echo 'nameserver"):
            prepare.name_servers()


class Kernel:
    """The kernel's settings and nft's tables in the place of this machine's; ``told``: what was done, in its order."""

    def __init__(self, folder, monkeypatch):
        self.folder, self.tables, self.told = folder, set(), []
        for name in network.NEEDS:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text("0\n")
        monkeypatch.setattr(network, "KERNEL", folder)
        monkeypatch.setattr(network, "is_up", lambda lab: True)
        monkeypatch.setattr(network.subprocess, "run", self.run)

    def run(self, command, input="", **_):
        if command[:2] == ["nft", "-f"]:
            self.tables.add(input.split()[2])
            self.told.append(f"table while ip_forward is {self.forward()} and the lock is {self.lock()}")
        elif command[:2] == ["nft", "delete"]:
            self.tables.discard(command[4])
        return subprocess.CompletedProcess(command, 0, "".join(f"table ip {name}\n" for name in self.tables), "")

    def forward(self):
        return int((self.folder / "net/ipv4/ip_forward").read_text())

    @staticmethod
    def lock():
        with (state.labs_dir() / ".shared.lock").open("w") as handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return "held"
        return "free"


def test_only_the_last_lab_s_down_puts_the_kernel_s_settings_back(monkeypatch, tmp_path):
    kernel = Kernel(tmp_path / "kernel", monkeypatch)
    first, second = (state.claim(state.open_lab(name), clients=1) for name in ("first", "second"))
    network.up(first)
    network.up(second)
    network.down(first)
    assert kernel.forward() == 1
    first.remove()
    network.down(second)
    assert kernel.forward() == 0


def test_a_lab_s_table_is_there_before_another_lab_can_look(monkeypatch, tmp_path):
    """Else the other one's `down`, between the two, would take the settings away that this lab has just raised."""
    kernel = Kernel(tmp_path / "kernel", monkeypatch)
    network.up(state.claim(state.open_lab("first"), clients=1))
    assert kernel.told == ["table while ip_forward is 1 and the lock is held"]
