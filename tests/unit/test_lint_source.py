"""Exports that are none, or broken: each has a message of its own, and V5's own words."""

from __future__ import annotations

import io
import json
import os
import struct
import zipfile

import pytest
from lint_exports import BASE, CASES, fails, packed, predicted, warns

from migration.lint import lint, lint_file

JSON = json.dumps(BASE).encode()
NOT_JSON = "Trying to access array offset on value of type null"
BROKEN = "Invalid or uninitialized Zip object"
NO_MEMBER = "Migration file does not exist, or it is corrupted."


def deep(levels: int) -> bytes:
    """An export whose first client has lists in lists, ``levels`` of them in the document altogether."""
    nested = "[" * (levels - 4) + "]" * (levels - 4)
    return JSON.replace(b'"private_notes": null', f'"private_notes": {nested}'.encode(), 1)


@pytest.mark.parametrize(
    "text, id, message",
    [
        (b"", "export-empty", NOT_JSON),
        (b"  \n ", "export-empty", NOT_JSON),
        (JSON[:20_000], "export-truncated", NOT_JSON),
        (JSON[:-1], "export-truncated", NOT_JSON),
        (JSON + b" x", "export-not-json", NOT_JSON),
        (b"\xef\xbb\xbf" + JSON, "export-not-json", NOT_JSON),
        (JSON.replace(b'"2.01"', b"NaN", 1), "export-not-json", NOT_JSON),
        (JSON.replace(b'"2.01"', b"01", 1), "export-not-json", NOT_JSON),
        (JSON.replace(b"RET", b"\\ud83d", 1), "export-not-json", NOT_JSON),
        (JSON.replace(b"RET", b"\xff", 1), "export-not-utf8", NOT_JSON),
        (JSON.decode().encode("utf-16"), "export-not-utf8", NOT_JSON),
        (deep(512), "export-too-deep", NOT_JSON),
        (deep(200_000), "export-too-deep", NOT_JSON),
        (b"[]", "export-wrong-shape", 'Undefined array key "data"'),
        (b"[" + JSON + b"," + JSON + b"]", "export-wrong-shape", 'Undefined array key "data"'),
        (b'"abc"', "export-wrong-shape", "Cannot access offset of type string on string"),
        (b"5", "export-wrong-shape", "Trying to access array offset on value of type int"),
        (b"null", "export-wrong-shape", NOT_JSON),
        (b"{}", "export-no-data", 'Undefined array key "data"'),
        (
            b'{"data": null}',
            "export-no-data",
            "array_key_exists(): Argument #2 ($array) must be of type array, null given",
        ),
    ],
)
def test_json_that_v5_cannot_read(text, id, message):
    """Observed on a real V5 with each of these."""
    for prediction in (predicted(text), lint(packed(("migration.json", text)), "export.zip")):
        assert (prediction["verdict"], prediction["fails_at"], prediction["message"]) == ("fails", None, message)
        (problem,) = fails(prediction)
        assert problem["id"] == id
        assert problem["remedy"].startswith("php artisan migrations:export")


def test_what_php_reads_is_read():
    pair = JSON.replace(b"RET", b"\\ud83d\\ude00 \\\\ud83d", 1)
    for text in (JSON + b"\n", pair, deep(500), JSON.replace(b"RET", "한국 \ud7a3".encode(), 1), b"\r\n" + JSON):
        assert not [each for each in fails(predicted(text)) if each["resource"] is None]


@pytest.mark.parametrize(
    "make, id, message",
    [
        (lambda zipped: b"", "archive-empty", NO_MEMBER),
        (lambda zipped: b"garbage, not a zip", "archive-broken", BROKEN),
        (lambda zipped: zipped[: len(zipped) // 2], "archive-broken", BROKEN),
        (lambda zipped: b"MZ before it" + zipped, "archive-broken", BROKEN),
        (lambda zipped: zipped[:200] + b"\0" * 300 + zipped[500:], "archive-damaged", NOT_JSON),
        (lambda zipped: JSON, "archive-broken", BROKEN),
    ],
)
def test_a_broken_archive(make, id, message):
    prediction = lint(io.BytesIO(make(packed(("migration.json", JSON)).read())), "export.zip")
    assert (prediction["verdict"], prediction["fails_at"], prediction["message"]) == ("fails", None, message)
    assert [each["id"] for each in fails(prediction)] == [id]


@pytest.mark.parametrize(
    "members, said",
    [
        ([], "nothing"),
        ([("Migration.json", JSON)], "Migration.json"),
        ([("x/migration.json", JSON)], "x/migration.json"),
        ([("a/migration.json", JSON), ("b/migration.json", JSON)], "V5 takes one company a zip"),
    ],
)
def test_a_zip_without_the_one_file(members, said):
    prediction = lint(packed(*members), "export.zip")
    assert prediction["message"] == NO_MEMBER
    (problem,) = fails(prediction)
    assert problem["id"] == "archive-no-member" and said in problem["detail"]


def test_a_folder_in_its_place():
    prediction = lint(packed(("migration.json/x", b"")), "export.zip")
    assert prediction["message"].startswith("file_get_contents(): Read of")


def test_methods_of_packing():
    for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2):
        assert lint(packed(("migration.json", JSON), method=method))["verdict"] == "completes"
    assert lint(packed(("migration.json", JSON), method=zipfile.ZIP_LZMA))["message"] == NO_MEMBER


def test_an_encrypted_member():
    zipped = bytearray(packed(("migration.json", JSON)).read())
    for place in (zipped.find(b"PK\3\4") + 6, zipped.find(b"PK\1\2") + 8):
        zipped[place] |= 1
    prediction = lint(io.BytesIO(bytes(zipped)))
    assert prediction["message"] == NO_MEMBER
    assert "encrypted" in fails(prediction)[0]["detail"]


def test_a_wrong_checksum_is_a_warning_because_v5_does_not_look():
    zipped = packed(("migration.json", JSON), method=zipfile.ZIP_STORED).read()
    changed = zipped.replace(b"Kale", b"Kate")
    assert changed != zipped
    prediction = lint(io.BytesIO(changed), "export.zip")
    assert prediction["verdict"] == "completes"
    assert [each["id"] for each in warns(prediction)].count("archive-damaged") == 1


def test_more_files_than_one_are_named():
    prediction = lint(packed(("migration.json", JSON), ("../evil.txt", b"x")), "export.zip")
    assert prediction["verdict"] == "completes"
    assert "../evil.txt" in warns(prediction, "archive-extra-files")[0]["detail"]


def test_of_two_with_one_name_php_takes_the_first(recwarn):
    zipped = packed(("migration.json", JSON), ("migration.json", b"[]"))
    assert lint(zipped, "export.zip")["verdict"] == "completes"


def test_a_bomb_is_not_unpacked():
    zipped = packed(("migration.json", b" " * (100 << 20))).read()
    prediction = lint(io.BytesIO(zipped), "export.zip")
    assert [each["id"] for each in fails(prediction)] == ["archive-bomb"]


def test_a_zip_that_lies_about_its_size():
    zipped = bytearray(packed(("migration.json", JSON)).read())
    place = zipped.find(b"PK\1\2") + 24
    zipped[place : place + 4] = struct.pack("<I", 10)
    assert lint(io.BytesIO(bytes(zipped)))["verdict"] == "fails"


def test_repeated_keys_are_read_as_php_reads_them():
    clients = json.dumps(BASE["data"]["clients"]).encode()
    last_is_empty = JSON[:-2] + b', "clients": []}}'
    prediction = predicted(last_is_empty)
    assert (prediction["fails_at"], prediction["message"]) == (
        "client_gateway_tokens",
        "Resource clients not available.",
    )
    assert [each["resource"] for each in warns(prediction, "duplicate-key")] == ["clients"]
    first_is_empty = b'{"data": {"clients": [], ' + JSON[len(b'{"data": {') :]
    assert predicted(first_is_empty)["verdict"] == "completes"
    assert predicted(JSON[:-2] + b', "clients": ' + clients + b"}}")["verdict"] == "completes"
    twice = predicted(JSON[:-1] + b', "data": []}')
    assert (twice["fails_at"], twice["message"]) == (None, 'Undefined array key "ninja_tokens"')


def test_through_a_pipe(tmp_path):
    """A stream that cannot be wound back."""
    for text in (JSON, (CASES / "baseline.zip").read_bytes()):
        reading, writing = os.pipe()
        if os.fork() == 0:
            os.close(reading)
            with os.fdopen(writing, "wb") as out:
                out.write(text)
            os._exit(0)
        os.close(writing)
        with os.fdopen(reading, "rb") as stream:
            assert lint(stream)["verdict"] == "completes"
        os.wait()


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(FileNotFoundError):
        lint_file(tmp_path / "nothing.zip")


def test_very_many_problems_of_a_kind_are_counted(monkeypatch):
    monkeypatch.setattr("migration.lint.importer.MAX_OF_A_KIND", 5)
    export = {"data": {**BASE["data"], "products": [{**BASE["data"]["products"][0], "user_id": 9} for _ in range(8)]}}
    prediction = predicted(export)
    assert len(fails(prediction, "reference-missing")) == 5
    assert "3 more of reference-missing in products" in warns(prediction, "more-of-a-kind")[0]["detail"]
