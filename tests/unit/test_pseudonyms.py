"""The secret behind pseudonyms: made once, private, another one for each client."""

import hashlib
import stat
import threading

import pytest

from diagnostics import pseudonyms
from diagnostics.targets import TargetError


@pytest.fixture(autouse=True)
def state(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path / "state" / "ninjalift" / "pseudonyms.key"


def test_made_once_for_its_owner_alone(state):
    first = pseudonyms.salt("client1")
    text = state.read_text()
    assert stat.S_IMODE(state.stat().st_mode) == 0o600
    assert stat.S_IMODE(state.parent.stat().st_mode) == 0o700
    assert pseudonyms.salt("client1") == first
    assert state.read_text() == text
    assert text.strip() not in first
    assert [path.name for path in state.parent.iterdir()] == [state.name]


def test_no_two_clients_and_no_two_installations_share_one(state):
    one, two = pseudonyms.salt("client1"), pseudonyms.salt("client2")
    assert one != two
    assert len(one) == 64
    state.unlink()
    assert pseudonyms.salt("client1") != one


def test_without_a_client_there_is_none(state):
    assert pseudonyms.salt("") == ""
    assert not state.exists()


def test_many_that_begin_at_once_agree():
    made, start = [], threading.Barrier(8)

    def make():
        start.wait(30)
        made.append(pseudonyms.salt("client1"))

    threads = [threading.Thread(target=make) for _ in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(60)
    assert len(made) == 8
    assert len(set(made)) == 1


@pytest.mark.parametrize(
    "spoil, said, remedy",
    [
        (lambda file: file.chmod(0o644), "Others may read", "chmod 600"),
        (lambda file: file.write_text("short\n"), "does not hold the secret", "rm "),
        (lambda file: (file.unlink(), file.mkdir(mode=0o700)), "cannot be kept", "ls -ld"),
    ],
)
def test_a_file_that_is_of_no_use(state, spoil, said, remedy):
    pseudonyms.salt("client1")
    spoil(state)
    with pytest.raises(TargetError) as caught:
        pseudonyms.salt("client1")
    assert said in caught.value.message
    assert remedy in caught.value.remedy


def test_a_pseudonym_is_the_probe_s():
    """The command of diagnostics/probe/redact.awk: sha256 of salt, kind and value in small letters, a line each."""
    digest = hashlib.sha256(b"salt\nemail\nowner@example.com").hexdigest()[:6]
    assert pseudonyms.pseudonym("salt", "email", "Owner@Example.com") == f"<email:{digest}>"
    assert pseudonyms.pseudonym("salt", "email", "") == ""
