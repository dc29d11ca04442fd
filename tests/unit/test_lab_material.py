"""What the lab makes without a machine: certificates, release archives, V4's .env, the inventory."""

from __future__ import annotations

import datetime
import gzip
import io
import stat
import tarfile
import zipfile

import pytest
import yaml
from ansible.parsing.vault import VaultLib, VaultSecret
from cryptography import x509
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from lab import ca, inventory, layout, releases, sites, state


@pytest.fixture
def one_lab(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    return state.claim(state.open_lab("unit"), clients=2, debian="12")


def trusted(folder, pair: ca.Pair, name: str) -> None:
    """Verify as a browser does; raises VerificationError."""
    root = x509.load_pem_x509_certificate((folder / "ca.crt").read_bytes())
    verifier = PolicyBuilder().store(Store([root])).build_server_verifier(x509.DNSName(name))
    verifier.verify(x509.load_pem_x509_certificate(pair.certificate), [])


def test_a_signed_certificate_is_trusted_for_its_name_only(tmp_path):
    authority = ca.authority(tmp_path)
    pair = ca.certificate(authority, "v5.client1.test")
    trusted(tmp_path, pair, "v5.client1.test")
    with pytest.raises(VerificationError):
        trusted(tmp_path, pair, "v5.client2.test")


@pytest.mark.parametrize("kind", [kind for kind in ca.KINDS if kind != "signed"])
def test_the_other_kinds_are_not_trusted(tmp_path, kind):
    pair = ca.certificate(ca.authority(tmp_path), "v5.client1.test", kind)
    with pytest.raises(VerificationError):
        trusted(tmp_path, pair, "v5.client1.test")


def test_each_kind_is_wrong_in_one_way(tmp_path):
    authority = ca.authority(tmp_path)
    read = {
        kind: x509.load_pem_x509_certificate(ca.certificate(authority, "a.test", kind).certificate) for kind in ca.KINDS
    }
    now = datetime.datetime.now(datetime.timezone.utc)
    names = {
        kind: made.extensions.get_extension_for_class(x509.SubjectAlternativeName).value.get_values_for_type(
            x509.DNSName
        )
        for kind, made in read.items()
    }
    assert {kind for kind, made in read.items() if made.not_valid_after_utc < now} == {"expired"}
    assert {kind for kind, made in read.items() if made.issuer == made.subject} == {"self-signed"}
    assert {kind for kind, found in names.items() if found != ["a.test"]} == {"wrong-name"}


def test_certificates_are_made_once_and_their_keys_are_private(tmp_path):
    assert ca.authority(tmp_path) == ca.authority(tmp_path)
    assert ca.site(tmp_path, "a.test") == ca.site(tmp_path, "a.test")
    for key in tmp_path.glob("*.key"):
        assert stat.S_IMODE(key.stat().st_mode) == 0o600


def test_archives_are_the_same_bytes_for_the_same_sources(tmp_path):
    sums = releases.write(tmp_path / "a")
    assert releases.write(tmp_path / "b") == sums
    assert sorted(sums) == ["invoiceninja.tar", "ninja-v4.5.49.zip", "ninja-v4.5.50.zip"]
    lines = (tmp_path / "a" / "SHA256SUMS").read_text().splitlines()
    assert {line.split()[1]: line.split()[0] for line in lines} == sums


def test_v4_s_archives_differ_in_number_and_newest_migration():
    names, constants = {}, {}
    for version in (releases.V4_VERSION, releases.V4_OLD_VERSION):
        with zipfile.ZipFile(io.BytesIO(releases.v4_zip(version))) as archive:
            names[version] = set(archive.namelist())
            constants[version] = archive.read("ninja/app/Constants.php").decode()
    assert {name.split("/")[0] for name in names["4.5.50"]} == {"ninja"}
    assert {"ninja/artisan", "ninja/.env.example", "ninja/public/index.php"} <= names["4.5.50"]
    (only_new,) = names["4.5.50"] ^ names["4.5.49"]
    assert only_new.startswith("ninja/database/migrations/")
    assert "4.5.50" in constants["4.5.50"]
    assert "4.5.50" not in constants["4.5.49"]
    assert "4.5.49" in constants["4.5.49"]


def test_v5_s_archive_has_the_shape_of_upstream_s():
    packed = releases.v5_tar()
    assert packed[:2] == b"\x1f\x8b", "compressed, whatever its name says"
    with tarfile.open(fileobj=io.BytesIO(gzip.decompress(packed))) as archive:
        entries = archive.getmembers()
    names = [entry.name for entry in entries]
    assert {"artisan", ".env.example", "public/index.php", "VERSION.txt", "bootstrap/cache/.gitignore"} <= set(names)
    assert ".env" not in names
    assert not [name for name in names if name.startswith("public/storage")]
    assert {entry.uname for entry in entries} == {"runner"}
    assert all(entry.isdir() or entry.isfile() for entry in entries)
    assert names.index("app") < next(index for index, name in enumerate(names) if name.startswith("app/"))


def test_what_a_run_left_in_the_sources_is_not_packed(tmp_path, monkeypatch):
    source = tmp_path / "v5"
    for name in (".env", ".env.example", "storage/logs/laravel.log", "storage/logs/.gitignore", "public/storage/a.png"):
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_text("x")
    assert [name for name, _, _ in releases._files(source)] == [".env.example", "storage/logs/.gitignore"]


def test_v4_s_env_is_the_example_with_what_an_installer_fills_in():
    made = sites.environment("v4.client1.test", "secret")
    lines = dict(line.split("=", 1) for line in made.splitlines() if "=" in line and line[0] != "#")
    assert lines["APP_URL"] == "https://v4.client1.test"
    assert lines["DB_PASSWORD"] == "secret"
    assert len(lines["APP_KEY"]) == 32
    assert lines["APP_CIPHER"] == "AES-256-CBC"
    assert made.count("DB_DATABASE=") == 1


def test_the_inventory_pairs_hosts_and_encrypts_secrets(one_lab):
    clients = layout.clients(one_lab, 2)
    sums = dict.fromkeys(("invoiceninja.tar", "ninja-v4.5.50.zip"), "0" * 64)
    inventory.write(one_lab, clients, [], sums)
    hosts = yaml.safe_load((one_lab.inventory / "hosts.yml").read_text())["all"]
    assert hosts["children"]["v4"]["hosts"]["client2-v4"]["ansible_host"] == clients[1].v4.address
    assert set(hosts["children"]["client2"]["hosts"]) == {"client2-v4", "client2-v5"}
    assert "StrictHostKeyChecking=yes" in hosts["vars"]["ansible_ssh_common_args"]
    assert hosts["vars"]["ansible_user"] == "ops"
    assert "workers" not in hosts["children"]

    variables = yaml.safe_load((one_lab.inventory / "group_vars/client1/vars.yml").read_text())
    assert variables["v5_archive_checksum"] == "sha256:" + "0" * 64
    assert variables["v4_owner_email"] == "owner@client1.test"
    assert variables["v4_url"] == "https://v4.client1.test"
    assert variables["v5_address"] == clients[0].v5.address
    assert not [name for name in variables if "password" in name or "secret" in name]

    text = (one_lab.inventory / "group_vars/client1/vault.yml").read_text()
    vault = VaultLib([("default", VaultSecret(one_lab.vault_password.read_bytes().strip()))])
    secrets = yaml.safe_load(vault.decrypt(text))
    assert secrets == inventory.passwords(one_lab, clients[0])
    assert set(secrets) == {"v4_owner_password", "v5_owner_password"}
    assert secrets != inventory.passwords(one_lab, clients[1])
    for file in [one_lab.vault_password, *(each for each in one_lab.inventory.rglob("*") if each.is_file())]:
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_writing_the_inventory_again_keeps_the_passwords(one_lab):
    clients = layout.clients(one_lab, 1)
    sums = dict.fromkeys(("invoiceninja.tar", "ninja-v4.5.50.zip"), "0" * 64)
    inventory.write(one_lab, clients, [], sums)
    before = inventory.passwords(one_lab, clients[0])
    inventory.write(one_lab, clients, [], dict.fromkeys(sums, "1" * 64))
    assert inventory.passwords(one_lab, clients[0]) == before
    variables = yaml.safe_load((one_lab.inventory / "group_vars/client1/vars.yml").read_text())
    assert variables["v5_archive_checksum"] == "sha256:" + "1" * 64


def test_workers_stand_in_the_inventory_where_there_are_some(one_lab):
    sums = dict.fromkeys(("invoiceninja.tar", "ninja-v4.5.50.zip"), "0" * 64)
    workers = layout.workers(one_lab, 2)
    inventory.write(one_lab, layout.clients(one_lab, 1), workers, sums)
    hosts = yaml.safe_load((one_lab.inventory / "hosts.yml").read_text())["all"]
    wanted = {each.name: {"ansible_host": each.address} for each in workers}
    assert hosts["children"]["workers"]["hosts"] == wanted
    every = [*layout.clients(one_lab, layout.CLIENTS_MOST), *layout.workers(one_lab, layout.WORKERS_MOST)]
    machines = [each for one in every for each in ((one.v4, one.v5) if hasattr(one, "v4") else (one,))]
    addresses = [each.address for each in [*machines, layout.download(one_lab)]]
    assert len(set(addresses)) == len(addresses)
