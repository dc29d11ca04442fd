"""What is in an export, and what is wrong with one that V5 could not import."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import zipfile
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from migration.errors import MigrationError
from migration.export import manifest

ROOT = Path(__file__).parents[2]
EXPORTS = Path(__file__).parent / "data" / "exports"
REAL = EXPORTS / "9nrwevhjtlxoochx5kk1b533cebkjblj-2026-11-23-invoiceninja.zip"


def archive(path: Path, content, member: str = "migration.json") -> Path:
    raw = content if isinstance(content, (bytes, str)) else json.dumps(content, indent=4)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as stream:
        stream.writestr(member, raw)
    return path


def fails(path: Path) -> MigrationError:
    with pytest.raises(MigrationError) as caught:
        manifest(path)
    assert "Mend it with: `" in str(caught.value)
    return caught.value


def test_the_real_export():
    found = manifest(REAL)
    assert found["company_key"] == "9nrwevhjtlxoochx5kk1b533cebkjblj"
    assert found["company_name"] == "Untitled"
    assert found["owner_email"] == "owner@client1.test"
    assert found["v4_version"] == "4.5.50"
    data = json.loads(zipfile.ZipFile(REAL).read("migration.json"))["data"]
    lists = {name: len(rows) for name, rows in data.items() if isinstance(rows, list)}
    assert {name: found["counts"][name] for name in lists} == lists
    assert found["counts"]["client_contacts"] == sum(len(client["contacts"]) for client in data["clients"])
    assert Decimal(found["sums"]["invoices"]["amount"]) == sum(Decimal(row["amount"]) for row in data["invoices"])
    assert found["sums"]["credits"] == {"amount": "-195.50", "balance": "-145.50"}
    assert found["documents"] == {"invoices": 2, "expenses": 1, "other": 0, "bytes": 225}
    assert found["deleted"] == {"clients": 1}
    assert found["archived"] == {"invoices": 1}
    assert found["bytes"] == REAL.stat().st_size


def test_what_the_wizard_adds_is_passed_over(tmp_path):
    content = {"force": True, "data": {"company": {"company_key": "abc"}, "users": []}, "more": [1, {"a": None}]}
    found = manifest(archive(tmp_path / "w.zip", content))
    assert (found["company_key"], found["owner_email"], found["counts"]) == ("abc", "", {"users": 0})


def test_the_owner_is_the_first_user_whatever_the_order(tmp_path):
    users = [{"id": 7, "email": "late@x.test"}, {"id": 3, "email": "owner@x.test"}]
    found = manifest(archive(tmp_path / "u.zip", {"data": {"company": {"company_key": "abc"}, "users": users}}))
    assert found["owner_email"] == "owner@x.test"


@pytest.mark.parametrize(
    ("case", "id"),
    [
        ("zip-corrupt", "zip-truncated"),
        ("zip-no-member", "migration-json-missing"),
        ("json-empty", "v4-json-encode-false"),
    ],
)
def test_recorded_broken_exports(case, id):
    assert fails(EXPORTS / f"{case}.zip").id == id


@pytest.mark.parametrize("part", [0.1, 0.5, 0.999])
def test_an_export_that_was_cut_short(tmp_path, part):
    whole = REAL.read_bytes()
    short = tmp_path / "short.zip"
    short.write_bytes(whole[: int(len(whole) * part)])
    assert fails(short).id == "zip-truncated"


def test_a_flipped_byte_is_found(tmp_path):
    raw = bytearray(REAL.read_bytes())
    raw[20_000] ^= 0xFF
    damaged = tmp_path / "damaged.zip"
    damaged.write_bytes(raw)
    assert fails(damaged).id in ("zip-corrupt", "export-not-json")


def test_a_wrong_checksum_alone_is_found(tmp_path):
    content = json.dumps({"data": {"company": {"company_key": "abc"}}})
    path = tmp_path / "stored.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as stream:
        stream.writestr("migration.json", content)
    path.write_bytes(path.read_bytes().replace(b'"abc"', b'"abd"'))
    error = fails(path)
    assert (error.id, "checksum" in str(error)) == ("zip-corrupt", True)


@pytest.mark.parametrize(
    ("content", "id"),
    [
        ('{"data": {"invoices": [{"id": 1}, {"id"', "export-truncated"),
        ('{"data": {"invoices": [1 2]}}', "export-not-json"),
        ("[]", "export-not-json"),
        ('{"data": {}} more', "export-not-json"),
        ("{}", "export-incomplete"),
        ('{"data": []}', "export-incomplete"),
        ('{"data": {"company": {}}}', "export-incomplete"),
        ('{"data": {"company": null}}', "export-incomplete"),
        (b'{"data": {"company": {"company_key": "\xff"}}}', "export-not-json"),
    ],
)
def test_broken_json(tmp_path, content, id):
    assert fails(archive(tmp_path / "broken.zip", content)).id == id


def test_more_than_one_member_and_other_files(tmp_path):
    path = archive(tmp_path / "two.zip", "{}")
    with zipfile.ZipFile(path, "a") as stream:
        stream.writestr("../evil.php", "x")
    assert fails(path).id == "migration-json-missing"
    text = tmp_path / "page.zip"
    text.write_text("<html>not a zip</html>")
    assert fails(text).id == "zip-corrupt"
    assert fails(tmp_path / "none.zip").id == "export-missing"
    assert fails(tmp_path).id == "archive-unreadable"


amounts = st.one_of(st.none(), st.decimals(-9999, 9999, places=2).map(str), st.floats(-999, 999), st.integers(-99, 99))
rows = st.lists(
    st.fixed_dictionaries({"amount": amounts, "is_deleted": st.sampled_from([0, 1, True, False, None])}), max_size=8
)


@given(invoices=rows, quotes=rows)
@settings(max_examples=60, deadline=None)
def test_counts_and_sums_are_those_of_the_records(tmp_path_factory, invoices, quotes):
    data = {"company": {"company_key": "abc"}, "invoices": invoices, "quotes": quotes}
    buffer = tmp_path_factory.mktemp("export") / "e.zip"
    found = manifest(archive(buffer, {"data": data}))
    for name, records in (("invoices", invoices), ("quotes", quotes)):
        assert found["counts"][name] == len(records)
        exact = sum((Decimal(str(record["amount"] or 0)) for record in records), Decimal(0))
        assert abs(Decimal(found["sums"][name]["amount"]) - exact) < Decimal("0.01")
        assert found["deleted"].get(name, 0) == sum(bool(record["is_deleted"]) for record in records)


READER = """
import resource, sys
from migration.export import manifest
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
found = manifest(sys.argv[1])
print(found["counts"]["invoices"], resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def test_a_large_export_needs_the_memory_of_one_record(tmp_path):
    record = json.dumps({"id": 1, "amount": "1.00", "line_items": [{"notes": "x" * 900}] * 10}, indent=4)
    count = 6000
    path = tmp_path / "large.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as stream:
        writer = io.TextIOWrapper(stream.open("migration.json", "w"), "utf-8")
        writer.write('{"data": {"company": {"company_key": "abc"}, "invoices": [')
        for number in range(count):
            writer.write((", " if number else "") + record)
        writer.write("]}}")
        writer.close()
    done = subprocess.run(
        [sys.executable, "-c", READER, str(path)], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    found, kib = map(int, done.stdout.split())
    assert found == count
    assert kib < 8 * 1024
