"""Bundles: what is written can be read; what is damaged, forged or too large is refused with a sentence."""

import gzip
import hashlib
import json
import os
import stat
import subprocess
import tarfile
import threading
import tracemalloc

import pytest
from bundles import TOP, facts_document, forged, manifest, member, packed
from hypothesis import given, settings
from hypothesis import strategies as st

from diagnostics import bundle
from diagnostics.bundle import BundleError, Host

ESCAPES = "\x1b[2J\x1b]0;owned\x07\u202e"


@pytest.fixture
def file(tmp_path):
    """Writes bytes to a file and returns its path."""

    def write(data):
        path = tmp_path / "given.tar.gz"
        path.write_bytes(data)
        return path

    return write


def refused(path):
    """The message of the refusal; it must be harmless on a terminal, and short."""
    with pytest.raises(BundleError) as caught:
        bundle.read(path)
    said = caught.value.message
    assert said.isprintable(), said
    assert len(said) < 700
    assert caught.value.remedy
    return said


def two_hosts():
    return [Host("client1-v4", "v4", facts_document("old", "v4")), Host("client1-v5", "v5", facts_document("new"))]


# Writing


def test_what_was_written_is_read(tmp_path):
    path = tmp_path / "b.tar.gz"
    written = bundle.write(path, [*two_hosts(), Host("gone", "v5", None, "no route to host", "ping gone")], "client1")
    assert written["redacted"] == {"email": 4}
    read = bundle.read(path)
    assert read.client == "client1"
    assert read.created == written["created"]
    assert list(read.hosts) == [*two_hosts(), Host("gone", "v5", None, "no route to host", "ping gone")]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [each.name for each in tmp_path.iterdir()] == ["b.tar.gz"]


def test_the_customer_can_look_into_it(tmp_path):
    path = tmp_path / "b.tar.gz"
    bundle.write(path, [*two_hosts(), Host("gone", "v5", None, "no route to host")])
    with tarfile.open(path) as archive:
        names = archive.getnames()
        readme = archive.extractfile(f"{TOP}/README.txt").read().decode()
        text = json.load(archive.extractfile(f"{TOP}/manifest.json"))
        for entry in text["hosts"][:2]:
            data = archive.extractfile(f"{TOP}/{entry['file']}").read()
            assert entry["sha256"] == hashlib.sha256(data).hexdigest()
            assert entry["bytes"] == len(data)
    assert names == [f"{TOP}/{each}" for each in text_names(text)]
    assert "  email: 4\n" in readme
    assert "gone could not be reached: no route to host" in readme
    assert {"schema", "created", "client", "hosts", "redacted", "tool"} == set(text)


def text_names(text):
    return ["README.txt", "manifest.json", *(each["file"] for each in text["hosts"] if "file" in each)]


def test_names_that_are_no_file_names_are_kept_in_the_manifest(tmp_path):
    path = tmp_path / "b.tar.gz"
    names = ["../../etc/passwd", "fe80::1", "ü", "..", "a b", "a-b", "a/b"]
    bundle.write(path, [Host(name, "v5", facts_document()) for name in names])
    assert [each.name for each in bundle.read(path).hosts] == names


def test_an_existing_file_is_left_alone(tmp_path):
    path = tmp_path / "b.tar.gz"
    path.write_text("mine")
    with pytest.raises(BundleError, match="there already"):
        bundle.write(path, two_hosts())
    assert path.read_text() == "mine"
    bundle.write(path, two_hosts(), force=True)
    assert len(bundle.read(path).hosts) == 2
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [each.name for each in tmp_path.iterdir()] == ["b.tar.gz"]


def test_a_link_is_not_followed(tmp_path):
    target = tmp_path / "target"
    target.write_text("mine")
    path = tmp_path / "b.tar.gz"
    path.symlink_to(target)
    with pytest.raises(BundleError, match="there already"):
        bundle.write(path, two_hosts())
    bundle.write(path, two_hosts(), force=True)
    assert target.read_text() == "mine"
    path.unlink()
    path.symlink_to(tmp_path / "nowhere")
    with pytest.raises(BundleError, match="there already"):
        bundle.write(path, two_hosts())


@pytest.mark.parametrize("where", ["no/such/folder/b.tar.gz", "file/b.tar.gz", "."])
def test_where_nothing_can_be_written(tmp_path, where):
    (tmp_path / "file").write_text("")
    for force in (False, True):
        with pytest.raises(BundleError) as caught:
            bundle.write(tmp_path / where, two_hosts(), force=force)
        assert caught.value.remedy
    assert [each.name for each in tmp_path.iterdir()] == ["file"]


# Reading what is well


def test_plain_facts_are_read_as_well(file):
    data = json.dumps(facts_document("here", "v4")).encode()
    for given_data in (data, b"\xef\xbb\xbf" + data, b"\r\n" + data + b"\n", gzip.compress(data)):
        (host,) = bundle.read(file(given_data)).hosts
        assert (host.name, host.role) == ("here", "v4")
        assert host.document == facts_document("here", "v4")


def test_a_bundle_that_a_browser_unpacked_is_read(file):
    assert bundle.read(file(gzip.decompress(forged()))).hosts[0].document == facts_document()


def test_folders_in_the_archive_are_no_harm(file):
    folders = [member(f"{TOP}/", type=tarfile.DIRTYPE), member(f"{TOP}/hosts/", type=tarfile.DIRTYPE)]
    files = {"hosts/v5.json": json.dumps(facts_document()).encode()}
    members = [member(f"{TOP}/manifest.json", manifest(files))]
    members += [member(f"{TOP}/{name}", data) for name, data in files.items()]
    assert bundle.read(file(packed([*folders, *members]))).hosts[0].name == "v5"


def test_a_pipe_is_read(tmp_path):
    (tmp_path / "good").write_bytes(forged())
    with subprocess.Popen(["cat", tmp_path / "good"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as writer:
        read = bundle.read(f"/dev/fd/{writer.stdout.fileno()}")
    assert read.hosts[0].document == facts_document()


def test_a_host_that_was_taken_out_is_named(file):
    files = {"hosts/a.json": json.dumps(facts_document()).encode(), "hosts/b.json": b"{}"}
    members = [member(f"{TOP}/manifest.json", manifest(files))]
    members.append(member(f"{TOP}/hosts/a.json", files["hosts/a.json"]))
    first, second = bundle.read(file(packed(members))).hosts
    assert first.document == facts_document()
    assert second.document is None
    assert "not in" in second.unreachable


def test_a_checksum_may_be_left_out(file):
    data = json.dumps(facts_document()).encode()
    hosts = [{"name": "x", "role": "", "file": "hosts/v5.json", "sha256": None, "bytes": len(data)}]
    (host,) = bundle.read(file(forged({"hosts/v5.json": data}, hosts=hosts))).hosts
    assert (host.name, host.role) == ("x", "v5")


# Reading what is not


def bad_json(text):
    return forged({"hosts/v5.json": text})


def host_with(**changed):
    entry = {"name": "a", "role": "v5", "file": "hosts/v5.json", "sha256": None, "bytes": 1}
    return forged(hosts=[{**entry, **changed}])


GOOD = json.dumps(facts_document()).encode()
BAD = {
    "empty": (b"", "is empty"),
    "no bundle": (b"\x7fELF" + bytes(2000), "no bundle"),
    "text": (b"Dear support,\n\nit does not work.\n", "no bundle"),
    "a picture": (b"\x89PNG\r\n\x1a\n" * 300, "no bundle"),
    "zip": (b"PK\x03\x04" + b"x" * 2000, "no bundle"),
    "gzip of text": (gzip.compress(b"hello"), "no bundle"),
    "gzip of nothing": (gzip.compress(b""), "no bundle"),
    "gzip cut short": (forged()[:-9], "cut short"),
    "gzip cut in its head": (forged()[:7], "cut short"),
    "gzip with a wrong checksum": (forged()[:-8] + b"\0\0\0\0" + forged()[-4:], "damaged"),
    "garbage after gzip": (forged() + b"garbage", "damaged"),
    "tar cut within a file": (gzip.compress(gzip.decompress(forged())[:700]), "cut short"),
    "tar cut between files": (gzip.compress(gzip.decompress(forged())[:1024]), "cut short"),
    "tar with a changed header": (
        gzip.compress(gzip.decompress(forged()).replace(b"manifest", b"manifesT", 1)),
        "dama",
    ),
    "nothing in the archive": (packed([]), "no ninjalift-bundle/manifest.json"),
    "no manifest": (packed([member(f"{TOP}/hosts/a.json", GOOD)]), "manifest.json"),
    "other top folder": (packed([member("other/manifest.json", b"{}")]), "no bundle has"),
    "no top folder": (packed([member("manifest.json", b"{}")]), "no bundle has"),
    "traversal": (forged(None, member(f"{TOP}/hosts/../../x.json", b"{}")), "no bundle has"),
    "traversal at the top": (forged(None, member("../manifest.json", b"{}")), "no bundle has"),
    "absolute": (forged(None, member("/etc/passwd", b"x")), "no bundle has"),
    "absolute below": (forged(None, member(f"/{TOP}/hosts/x.json", b"x")), "no bundle has"),
    "dotted": (forged(None, member(f"{TOP}/./hosts/x.json", b"x")), "no bundle has"),
    "hidden": (forged(None, member(f"{TOP}/hosts/.x.json", b"x")), "no bundle has"),
    "deeper": (forged(None, member(f"{TOP}/hosts/x/y.json", b"x")), "no bundle has"),
    "escapes in a name": (forged(None, member(f"{TOP}/hosts/{ESCAPES}.json", b"x")), "no bundle has"),
    "a line end in a name": (forged(None, member(f"{TOP}/hosts/x.json\n", b"x")), "no bundle has"),
    "symlink": (forged(None, member(f"{TOP}/hosts/x.json", type=tarfile.SYMTYPE, linkname="/etc/passwd")), "no plain"),
    "hard link": (
        forged(None, member(f"{TOP}/hosts/x.json", type=tarfile.LNKTYPE, linkname="/etc/passwd")),
        "no plain",
    ),
    "device": (forged(None, member(f"{TOP}/hosts/x.json", type=tarfile.CHRTYPE, devmajor=1, devminor=5)), "no plain"),
    "pipe": (forged(None, member(f"{TOP}/hosts/x.json", type=tarfile.FIFOTYPE)), "no plain"),
    "other folder": (forged(None, member(f"{TOP}/more/", type=tarfile.DIRTYPE)), "no plain"),
    "sparse": (forged(None, member(f"{TOP}/hosts/x.json", b"x", tarfile.GNUTYPE_SPARSE)), "no plain"),
    "long name": (forged(None, member("././@LongLink", b"x" * 200, tarfile.GNUTYPE_LONGNAME)), "no plain"),
    "extended header": (
        forged(None, member("./PaxHeaders/x", b"30 GNU.sparse.realsize=99999999\n", tarfile.XHDTYPE)),
        "no plain",
    ),
    "duplicate": (forged(None, member(f"{TOP}/hosts/v5.json", GOOD)), "twice"),
    "duplicate manifest": (forged(None, member(f"{TOP}/manifest.json", b"{}")), "twice"),
    "unnamed file": (forged(None, member(f"{TOP}/hosts/more.json", GOOD)), "does not name"),
    "large size": (packed([member(f"{TOP}/manifest.json", size=2**33)]), "claims"),
    "negative size": (packed([member(f"{TOP}/manifest.json", size=-1024)]), "claims"),
    "newer bundle": (forged(schema=2), "newer Ninjalift"),
    "no schema": (forged(schema="1"), "schema"),
    "schema true": (forged(schema=True), "schema"),
    "schema null": (forged(schema=None), "schema"),
    "newer facts": (bad_json(json.dumps(facts_document(schema=2)).encode()), "newer Ninjalift"),
    "facts without a schema": (bad_json(b'{"probe": {}}'), "not the facts"),
    "manifest is a list": (packed([member(f"{TOP}/manifest.json", b"[]")]), "not the facts"),
    "no hosts": (forged(hosts=[]), "names no hosts"),
    "hosts are a number": (forged(hosts=5), "names no hosts"),
    "hosts are too many": (forged(hosts=[{}] * 1000), "names no hosts"),
    "a host is a text": (forged(hosts=["a"]), "wrong"),
    "a host without a name": (host_with(name=""), "wrong"),
    "a host with a list for a name": (host_with(name=["a"]), "wrong"),
    "a host with another role": (host_with(role="v6"), "wrong"),
    "a host whose role is a list": (host_with(role=[]), "wrong"),
    "a host whose file is a list": (host_with(file=[]), "wrong"),
    "a host whose checksum is a number": (host_with(sha256=5), "wrong"),
    "a host with escapes in its name": (host_with(name=ESCAPES), "wrong"),
    "a reason with escapes": (forged({}, hosts=[{"name": "a", "role": "", "unreachable": ESCAPES}]), "wrong"),
    "a remedy of two lines": (
        forged({}, hosts=[{"name": "a", "role": "", "unreachable": "x", "remedy": "a\nb"}]),
        "wrong",
    ),
    "a client with escapes": (forged(client=ESCAPES), "wrong"),
    "two hosts of a name": (forged(hosts=[{"name": "a", "role": "", "unreachable": "x"}] * 2), "twice"),
    "client is a list": (forged(client=[]), "wrong"),
    "created is a text": (forged(created="now"), "wrong"),
    "wrong checksum": (host_with(sha256="0" * 64), "checksum"),
    "not JSON": (bad_json(b"<html>"), "no JSON"),
    "JSON cut short": (bad_json(GOOD[:-20]), "cut short"),
    "plain JSON cut short": (GOOD[:-20], "cut short"),
    "two JSON documents": (GOOD + GOOD, "no JSON"),
    "a list": (bad_json(b"[1]"), "not the facts"),
    "another JSON object": (b'{"name": "left-pad"}', "not the facts"),
    "not UTF-8": (bad_json(GOOD.replace(b"root", b"r\xff\xfet")), "UTF-8"),
    "half a character": (bad_json(GOOD.replace(b"root", b"\\ud800")), "UTF-8"),
    "NaN": (bad_json(GOOD.replace(b"0.5", b"NaN")), "NaN"),
    "infinite": (bad_json(GOOD.replace(b"0.5", b"-Infinity")), "Infinity"),
    "too large a number": (bad_json(GOOD.replace(b"0.5", b"1e999")), "too large"),
    "digits without end": (bad_json(GOOD.replace(b"0.5", b"9" * 50000)), "no JSON"),
    "too deep": (bad_json(GOOD.replace(b"0.5", b"[" * 40 + b"]" * 40)), "deeper"),
    "far too deep": (bad_json(GOOD.replace(b"0.5", b"[" * 100000 + b"]" * 100000)), "deeper"),
    "deep and open": (b'{"a":' * 100000, "deeper"),
    "too many values": (bad_json(GOOD.replace(b"0.5", b"[" + b"{}," * 500000 + b"0]")), "more values"),
    "wrong type": (bad_json(json.dumps(facts_document(probe=[])).encode()), "does not hold the facts"),
    "wrong type within": (
        bad_json(json.dumps(facts_document(host={"name": {"a": ESCAPES}})).encode()),
        "does not hold the facts",
    ),
    "wrong type of redacted": (
        bad_json(json.dumps({**facts_document(), "probe": {**facts_document()["probe"], "redacted": 5}}).encode()),
        "does not hold the facts",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_good_bundle_is_refused(file, name):
    data, said = BAD[name]
    assert said in refused(file(data))


def test_an_upgrade_is_the_remedy_for_a_newer_schema(file):
    with pytest.raises(BundleError) as caught:
        bundle.read(file(forged(schema=7)))
    assert "git pull" in caught.value.remedy


def test_what_is_no_file_is_refused_at_once(tmp_path):
    assert "There is no file" in refused(tmp_path / "nothing")
    assert "directory" in refused(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    ended = []
    reader = threading.Thread(target=lambda: ended.append(refused(tmp_path / "pipe")), daemon=True)
    reader.start()
    reader.join(60)  # it must not wait for a writer
    assert "is empty" in ended[0]
    assert "no regular file" in refused("/dev/zero")


def test_a_bomb_takes_neither_memory_nor_time(file):
    """A gibibyte of zeros, in a member, after the end, as JSON, and as very many members."""
    zeros = gzip.compress(bytes(64 * 2**20))
    bombs = [
        gzip.compress(gzip.decompress(forged())[:-1024] + bytes(1024)) + zeros * 16,
        gzip.compress(packed_head(f"{TOP}/hosts/x.json", bundle.MAX_MEMBER)) + zeros * 16,
        gzip.compress(b"{" + b" " * 600) + zeros * 16,
        packed([member(f"{TOP}/hosts/{number}.json") for number in range(5000)]),
        gzip.compress(b"") * 100000,
    ]
    for bomb in bombs:
        path = file(bomb)
        tracemalloc.start()
        try:
            refused(path)
            assert tracemalloc.get_traced_memory()[1] < 8 * bundle.MAX_MEMBER
        finally:
            tracemalloc.stop()


def packed_head(name, size):
    info, _ = member(name, size=size)
    return info.tobuf(tarfile.GNU_FORMAT)


def test_markup_in_a_manifest_is_data(file):
    """The reports escape it: test_hostile_bundle.py."""
    hosts = [{"name": "<script>alert(1)</script>", "role": "v5", "unreachable": "<b>", "remedy": "`rm -rf /`"}]
    (host,) = bundle.read(file(forged({}, hosts=hosts))).hosts
    assert host == Host("<script>alert(1)</script>", "v5", None, "<b>", "`rm -rf /`")


def test_what_steers_a_terminal_is_not_written(tmp_path):
    path = tmp_path / "b.tar.gz"
    bundle.write(path, [Host(f"a{ESCAPES}", "", None, f"no\nroute{ESCAPES}", f"ping{ESCAPES}")], f"c{ESCAPES}")
    read = bundle.read(path)
    for text in (read.client, read.hosts[0].name, read.hosts[0].unreachable, read.hosts[0].remedy):
        assert text.isprintable()
    assert read.hosts[0].unreachable.startswith("no route")


# Whatever comes

BUNDLE = forged()
RAW = gzip.decompress(BUNDLE)


def survives(path):
    """Read it: a valid result or a BundleError; anything else is a failure."""
    try:
        read = bundle.read(path)
    except BundleError as error:
        assert error.message.isprintable()
        return
    assert read.hosts
    for host in read.hosts:
        assert host.document is not None or host.unreachable


@settings(max_examples=300, deadline=None)
@given(data=st.binary(max_size=3000))
def test_arbitrary_bytes(tmp_path_factory, data):
    path = tmp_path_factory.getbasetemp() / "arbitrary"
    for each in (data, b"\x1f\x8b\x08" + data, gzip.compress(data), b"{" + data):
        path.write_bytes(each)
        survives(path)


@st.composite
def mutated(draw, good):
    """good with some bytes replaced, removed, doubled or exchanged for others."""
    data = bytearray(good)
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, max(0, len(data) - 1)))
        length = draw(st.sampled_from([1, 1, 8, 12, 512]))
        kind = draw(st.sampled_from(["set", "cut", "double", "end", "zero"]))
        if kind == "set":
            data[at : at + 1] = draw(st.binary(min_size=1, max_size=3))
        elif kind == "cut":
            del data[at : at + length]
        elif kind == "double":
            data[at:at] = data[at : at + length]
        elif kind == "zero":
            data[at : at + length] = bytes(len(data[at : at + length]))
        else:
            del data[at:]
    return bytes(data)


def checksummed(raw):
    """The archive with the checksums of its headers made right, so that mutations get further than to these."""
    data = bytearray(raw)
    for at in range(0, len(data) - 511, 512):
        block = data[at : at + 512]
        if block[:4] == b"ninj" or block[257:262] == b"ustar":
            data[at + 148 : at + 156] = b"        "
            data[at + 148 : at + 156] = b"%06o\0 " % sum(data[at : at + 512])
    return bytes(data)


@settings(max_examples=300, deadline=None)
@given(packed_data=mutated(BUNDLE), raw=mutated(RAW), text=mutated(GOOD))
def test_mutated_bundles(tmp_path_factory, packed_data, raw, text):
    path = tmp_path_factory.getbasetemp() / "mutated"
    for each in (packed_data, raw, gzip.compress(raw), checksummed(raw), text, bad_json(text)):
        path.write_bytes(each)
        survives(path)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=300, deadline=None)
@given(field=st.sampled_from(["schema", "hosts", "client", "created", "tool", "redacted"]), value=JSON, entry=JSON)
def test_manifests_of_any_shape(tmp_path_factory, field, value, entry):
    path = tmp_path_factory.getbasetemp() / "manifest"
    host = {"name": "a", "role": "v5", "file": "hosts/v5.json", "sha256": None, "bytes": 1}
    for changed in ({field: value}, *({"hosts": [{**host, key: entry}]} for key in host)):
        path.write_bytes(forged(**changed))
        survives(path)


@settings(max_examples=300, deadline=None)
@given(section=st.sampled_from(list(facts_document())), value=JSON)
def test_facts_of_any_shape(tmp_path_factory, section, value):
    path = tmp_path_factory.getbasetemp() / "facts"
    path.write_bytes(json.dumps(facts_document(**{section: value})).encode())
    survives(path)
