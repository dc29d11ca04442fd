"""Workers: what they are given, what comes back, what is left. An ``ssh`` that runs commands here stands for theirs."""

import importlib.util
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
import yaml

from diagnostics.targets import Ssh
from fleet import batch, inventory, parcel, records, remote, run, runner, vault, workers
from fleet.exits import UsageError
from fleet.remedies import Situation
from fleet.targets import Host, of_hosts
from fleet.workers import Crew, Lost, Worker
from tests.unit import fleet_events

PROJECT = Path(__file__).resolve().parents[2]
SUPERVISOR = PROJECT / "roles" / "worker" / "files" / "ninjalift_worker.py"
PASSWORD = "the vault's own word"
# Whatever is asked of a host happens on this machine; settings are the real client's business.
FAKE_SSH = """\
#!/bin/sh
case " $* " in *" -G "*) exec /usr/bin/ssh "$@";; esac
while :; do
    case $1 in
        --) shift; break;;
        -o) case $2 in ForwardAgent=*) SSH_AUTH_SOCK=${2#*=}; export SSH_AUTH_SOCK;; esac; shift 2;;
        -[piFSlWJb]) shift 2;;
        -*) shift;;
        *) break;;
    esac
done
case $1 in *.down.test) echo "ssh: connect to host $1 port 22: No route to host" >&2; exit 255;; esac
shift
exec sh -c "$*"
"""
SITE = """\
- name: Migrate
  hosts: v5
  gather_facts: false
  tasks:
    - name: Look at what came
      ansible.builtin.assert:
        that:
          - lookup('ansible.builtin.file', v4_ca_file) == 'the CA'
          - lookup('ansible.builtin.file', v5_web_tls_key_src) == 'the key'
          - migration_v4_ca_file == first_ca_file
          - v5_web_ca_file == '/what/is no file'
          - v5_owner_password == 'opened-by-the-controller'
          - literal == '{' ~ '{ no template }}'
          - template == inventory_hostname
          - site_repair
          - lookup('ansible.builtin.env', 'TMPDIR').startswith('/var/tmp/ninjalift-')
          - groups['v4'] | sort == ['client1-v4', 'client2-v4']
    - name: Tell that it has begun
      ansible.builtin.copy:
        content: "{{ ansible_ssh_args }}"
        dest: "{{ begun }}"
        mode: "0600"
    - name: Wait until it may go on
      ansible.builtin.wait_for:
        path: "{{ go_on }}"
        timeout: 60
    - name: Come to the end
      ansible.builtin.debug:
        msg: done
"""


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A small project, an inventory with two clients on one V4 machine, a worker, and the fake ssh."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "ssh").write_text(FAKE_SSH)
    (tmp_path / "bin" / "ssh").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    project = tmp_path / "project"
    for part in ("playbooks", "roles", "migration", "diagnostics"):
        (project / part).mkdir(parents=True)
    shutil.copy(PROJECT / "ansible.cfg", project)
    shutil.copytree(PROJECT / "plugins" / "callback", project / "plugins" / "callback")
    (project / "playbooks" / "site.yml").write_text(SITE)
    monkeypatch.setattr(parcel, "PROJECT", project)
    (tmp_path / "worker").mkdir()
    (tmp_path / "worker" / "venv").symlink_to(sys.prefix)
    (tmp_path / "worker" / SUPERVISOR.name).symlink_to(SUPERVISOR)
    (tmp_path / "ca.crt").write_text("the CA")
    (tmp_path / "key").write_text(vault.encrypt("the key", PASSWORD))
    (tmp_path / "password").write_text(PASSWORD)
    return _Place(tmp_path)


class _Place:
    def __init__(self, folder):
        self.folder = folder
        secret = vault.encrypt("opened-by-the-controller", PASSWORD)
        variables = {
            "v4_ca_file": str(folder / "ca.crt"),
            "v5_web_tls_key_src": str(folder / "key"),
            "v5_web_ca_file": "/what/is no file",
            "migration_v4_ca_file": str(
                folder / "ca.crt"
            ),  # a path on V4's host, which this machine happens to have too
            "first_ca_file": str(folder / "ca.crt"),
            "v5_owner_password": _Vaulted(secret),
            "literal": parcel.Unsafe("{{ no template }}"),
            "template": "{{ inventory_hostname }}",
            "begun": str(folder / "begun"),
            "go_on": str(folder / "go-on"),
            "ansible_ssh_private_key_file": str(folder / "id"),
            "ansible_python_interpreter": sys.executable,
        }
        v4 = {"ansible_host": "v4.example.test"}
        tree = {
            "v4": {"hosts": {"client1-v4": v4, "client2-v4": v4, "client3-v4": {"ansible_host": "elsewhere.test"}}},
            "v5": {"hosts": {f"client{each}-v5": {"ansible_host": f"v5.client{each}.test"} for each in (1, 2, 3)}},
            "workers": {
                "hosts": {
                    each: {"ansible_host": f"{each}.test", "worker_root": str(folder / "worker")} for each in "ab"
                }
            },
            **{f"client{each}": {"hosts": {f"client{each}-v4": {}, f"client{each}-v5": {}}} for each in (1, 2, 3)},
        }
        tree["client1"]["vars"] = variables
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / "id"], check=True)
        self.inventory = folder / "hosts.yml"
        self.password = str(folder / "password")
        self.write(tree)

    def write(self, tree):
        text = yaml.dump({"all": {"children": tree}}, Dumper=parcel._Dumper)
        self.inventory.write_text(text)
        self.tree = inventory.read(self.inventory, self.password)
        (self.client,) = inventory.named(self.tree, self.inventory, ("client1",))
        self.situation = Situation("run", (), self.inventory, self.password)

    def groups(self):
        """What stands in the inventory."""
        return yaml.load(self.inventory.read_text(), Loader=_Loader)["all"]["children"]  # noqa: S506 - a safe one

    def crew(self, said=None):
        tell = (said if said is not None else []).append
        return workers.crew(self.tree, [self.client], self.situation, self.password, tell)

    def hosts(self):
        names = (self.client.v4, self.client.v5)
        return of_hosts(names, "client1", self.inventory, self.tree, self.password)

    def begin(self, worker, stopping=None):
        """Play the client on a worker in a thread; returns what will hold its status, or what was raised."""
        folder = self.folder / "record"
        folder.mkdir()
        ended = {"events": [], "folder": folder, "stopping": stopping or runner.Stopping(folder / runner.STOP)}

        def go():
            try:
                ended["status"] = remote.ansible(
                    worker,
                    Path("site.yml"),
                    self.client,
                    self.hosts(),
                    self.tree,
                    folder,
                    ended["events"].append,
                    ended["stopping"],
                    variables={"site_repair": True},
                    vault_password_file=self.password,
                )
            except Exception as error:
                ended["raised"] = error

        ended["thread"] = threading.Thread(target=go, daemon=True)
        ended["thread"].start()
        return ended

    def wait_for(self, met, ended=None, seconds=60):
        until = time.monotonic() + seconds
        while not met():
            assert ended is None or ended["thread"].is_alive(), _said(ended)
            assert time.monotonic() < until
            time.sleep(0.05)

    def finish(self, ended):
        ended["thread"].join(60)
        assert not ended["thread"].is_alive()
        return ended


class _Vaulted(str):
    __slots__ = ()


parcel._Dumper.add_representer(_Vaulted, lambda dumper, text: dumper.represent_scalar("!vault", str(text), style="|"))


def _said(ended):
    file = ended["folder"] / "artifacts" / "run" / "stdout"
    return f"{ended.get('raised')!r} {file.read_text()[-2000:] if file.exists() else ''}"


def left(place):
    """What runs have left on this machine: folders, and processes of the worker's program."""
    uid = os.getuid()
    folders = [*Path("/dev/shm").glob(f"{parcel.PREFIX}*"), *Path(f"/dev/shm/ninjalift-{uid}").glob("*")]  # noqa: S108
    folders += Path(f"/var/tmp/ninjalift-{uid}").glob("*")  # noqa: S108
    return [each for each in folders if each.name != "guard"] + programs(place)


def programs(place):
    """The ids of what runs of this worker's program, and of what leads to it."""
    words = ["pgrep", "-f", str(place.folder / "worker" / SUPERVISOR.name)]
    return subprocess.run(words, capture_output=True, text=True, check=False).stdout.split()


def test_a_worker_plays_a_client_with_what_it_needs_and_keeps_nothing(place):
    worker = place.crew().take(place.client)
    ended = place.begin(worker)
    place.wait_for((place.folder / "begun").exists, ended)
    assert [each for each in ended["events"] if each["event"] == "runner_on_ok"], "events come while it goes on"
    assert not list(Path("/dev/shm").glob(f"{parcel.PREFIX}*")), "the parcel is gone once it was sent"  # noqa: S108
    assert f"-F {worker.memory}/" in (place.folder / "begun").read_text()
    (place.folder / "go-on").touch()
    place.finish(ended)
    assert ended.get("status") == "successful", _said(ended)
    output = ended["folder"] / "artifacts" / "run" / "stdout"
    assert "Come to the end" in output.read_text()
    assert output.stat().st_mode & 0o777 == 0o600
    assert not any((output.parent / "job_events").iterdir())
    assert left(place) == []


def test_no_more_than_the_client_s_part_travels(place):
    with parcel.packed(place.client, place.hosts(), place.tree, "/memory", "/disk", {"a": 1}, place.password) as folder:
        text = (folder / "inventory" / "hosts.yml").read_text()
        assert "elsewhere.test" not in text
        assert "client3" not in text
        assert "ansible_ssh_private_key_file" not in text
        assert text.count(str(place.folder / "ca.crt")) == 2 * len(place.hosts()), "only those on V4's host are left"
        assert all(each.stat().st_mode & 0o077 == 0 for each in (folder, *(folder / "files").iterdir()))
        for each in ("hosts.yml", "../env/extravars", "../ssh_config", "../known_hosts"):
            assert (folder / "inventory" / each).stat().st_mode & 0o777 == 0o600
        assert not list(folder.rglob("*.pyc"))
    assert not folder.exists()


def test_the_vault_s_password_may_come_from_the_environment(place, monkeypatch):
    """As in a lab's shell, where ANSIBLE_VAULT_PASSWORD_FILE is set and no option is given."""
    monkeypatch.setenv("ANSIBLE_VAULT_PASSWORD_FILE", place.password)
    with parcel.packed(place.client, place.hosts(), place.tree, "/m", "/d", {}, None) as folder:
        assert b"the key" in [each.read_bytes() for each in (folder / "files").iterdir()]


def test_every_file_of_this_machine_that_a_role_reads_travels():
    """Role defaults say which variables there are; those of V4's host are not this machine's."""
    found = set()
    for file in (PROJECT / "roles").glob("*/defaults/main.yml"):
        found |= {name for name in yaml.safe_load(file.read_text()) or {} if name.endswith(("_ca_file", "_src"))}
    assert found - set(parcel.FILES) == {"migration_v4_ca_file", "repair_v4_ca_file", "worker_wheels_src"}
    assert set(parcel.FILES) <= found


def test_a_killed_controller_s_parcel_is_removed_by_the_next_one(place):
    old = Path("/dev/shm") / f"{parcel.PREFIX}killed"  # noqa: S108
    old.mkdir(exist_ok=True)
    with parcel.packed(place.client, place.hosts(), place.tree, "/m", "/d", {}, place.password) as mine:
        assert not old.exists()
        parcel.sweep()
        assert mine.exists(), "one that is in use stays"


def test_the_wish_to_stop_is_passed_on(place):
    worker = place.crew().take(place.client)
    ended = place.begin(worker)
    place.wait_for((place.folder / "begun").exists, ended)
    ended["stopping"].ask()
    place.wait_for(lambda: list(Path(worker.memory).glob("*/stop")), ended)
    (place.folder / "go-on").touch()
    place.finish(ended)
    assert ended["status"] == "failed"
    text = (ended["folder"] / "artifacts" / "run" / "stdout").read_text()
    assert "Stopped by hand before this step" in text
    assert left(place) == []


def test_stopping_now_ends_everything_there(place):
    ended = place.begin(place.crew().take(place.client))
    place.wait_for((place.folder / "begun").exists, ended)
    ended["stopping"].ask()
    ended["stopping"].ask()
    place.finish(ended)
    assert ended.get("status") == "canceled", _said(ended)
    assert left(place) == []


def test_a_connection_that_breaks_is_a_lost_worker_that_cleans_up(place):
    worker = place.crew().take(place.client)
    ended = place.begin(worker)
    place.wait_for((place.folder / "begun").exists, ended)
    # What stands for ssh is the worker's program itself here, which sshd would tell like this.
    for each in programs(place):
        os.kill(int(each), signal.SIGHUP)
    place.finish(ended)
    assert isinstance(ended.get("raised"), Lost), _said(ended)
    assert left(place) == []


def test_a_killed_program_of_the_worker_takes_its_run_along(place):
    """The worker's own memory may run out; the next one removes what it left."""
    worker = place.crew().take(place.client)
    ended = place.begin(worker)
    place.wait_for((place.folder / "begun").exists, ended)
    runs = ["pgrep", "-f", f"{worker.memory}/"]
    assert subprocess.run(runs, capture_output=True, check=False).stdout
    for each in subprocess.run(
        ["pgrep", "-f", "-n", f"^{place.folder}/worker/venv/bin/python"], capture_output=True, text=True, check=True
    ).stdout.split():
        os.kill(int(each), signal.SIGKILL)
    place.finish(ended)
    assert isinstance(ended.get("raised"), Lost), _said(ended)
    place.wait_for(lambda: not subprocess.run(runs, capture_output=True, check=False).stdout)
    place.crew()
    assert left(place) == []


def supervisor():
    spec = importlib.util.spec_from_file_location("ninjalift_worker", SUPERVISOR)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("ends", ["silence", "end of input"])
def test_a_worker_that_hears_nothing_ends_its_run(ends, tmp_path, monkeypatch):
    program = supervisor()
    monkeypatch.setattr(program, "SILENCE", 0.3)
    monkeypatch.setattr(program, "TICK", 0.05)
    reading, writing = os.pipe()
    stdin = os.dup(0)
    os.dup2(reading, 0)
    sleeper = subprocess.Popen(["sh", "-c", "cat; sleep 600"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        os.write(writing, b'{"kwargs": {}}\n{"zipfile": 3}\nAAAA{"eof": true}\nalive\nsto')
        if ends == "end of input":
            os.close(writing)
        with pytest.raises(program.Lost):
            program.listen(sleeper, tmp_path / "stop")
        assert not (tmp_path / "stop").exists(), "half a word is none"
        assert sleeper.stdin.closed
        assert sleeper.stdout.readline() == b'{"kwargs": {}}\n'
        assert sleeper.stdout.readline() == b'{"zipfile": 3}\n'
        assert sleeper.stdout.readline() == b'AAAA{"eof": true}\n', "and nothing of what follows"
    finally:
        os.dup2(stdin, 0)
        for each in (stdin, reading):
            os.close(each)
        if ends == "silence":
            os.close(writing)
        sleeper.kill()
        sleeper.wait()
        sleeper.stdout.close()


@pytest.mark.parametrize("size", [1, 7, 20, 4096])
def test_the_parcel_is_told_from_what_follows_wherever_it_is_cut(size, tmp_path):
    program = supervisor()
    reading, writing = os.pipe()
    stdin = os.dup(0)
    os.dup2(reading, 0)
    copied = tmp_path / "copied"
    with copied.open("wb") as out:
        cat = subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=out)
        try:
            sent = b'{"kwargs": {"a": 1}}\n{"zipfile": 6}\nQUJDREVG{"eof": true}\nalive\nstop\n'

            def write():
                for begin in range(0, len(sent), size):
                    os.write(writing, sent[begin : begin + size])

            threading.Thread(target=write, daemon=True).start()
            program.listen(cat, tmp_path / "stop")
        except program.Lost:  # cat ends at the end of its input, which may be seen late
            pass
        finally:
            os.dup2(stdin, 0)
            for each in (stdin, reading, writing):
                os.close(each)
            cat.wait()
    assert copied.read_bytes() == sent.partition(b"alive")[0]


def test_what_killed_runs_left_on_a_worker_goes_when_the_next_begins(tmp_path, monkeypatch):
    program = supervisor()
    for name in ("MEMORY", "DISK"):
        (tmp_path / name).mkdir()
        monkeypatch.setattr(program, name, tmp_path / name)
    with program.room("0123456789abcdef") as memory:
        left_behind = [program._own(tmp_path / name) / "fedcba9876543210" for name in ("MEMORY", "DISK")]
        for each in left_behind:
            each.mkdir()
            (each / "secret").write_text("x")
        program.check()
        assert memory.is_dir(), "one that is in use stays"
        assert not any(each.exists() for each in left_behind)
    assert [each.name for each in program._own(tmp_path / "MEMORY").iterdir()] == ["guard"]
    assert list(program._own(tmp_path / "DISK").iterdir()) == []


def test_another_user_s_folder_is_not_taken(tmp_path, monkeypatch):
    program = supervisor()
    monkeypatch.setattr(program, "MEMORY", tmp_path)
    (tmp_path / f"ninjalift-{os.getuid()}").mkdir(mode=0o777)
    (tmp_path / f"ninjalift-{os.getuid()}").chmod(0o777)
    with pytest.raises(SystemExit, match="Mend it with: `sudo rm -r"):
        program._own(tmp_path)


# Who is taken, and who is not.


def test_workers_that_cannot_be_used_are_told_and_left_out(place):
    tree = place.groups()
    tree["workers"]["hosts"]["b"]["ansible_host"] = "b.down.test"
    place.write(tree)
    said = []
    crew = place.crew(said)
    assert [each.name for each in crew.busy] == ["a"]
    assert len(said) == 1
    assert said[0].startswith("The worker b cannot be used: ")
    assert "No route to host" in said[0]
    assert "Mend it with: `ssh " in said[0]


@pytest.mark.parametrize(
    ("program", "message"),
    [
        ("import sys; sys.exit('no such thing')", "is not set up (no such thing)"),
        (
            'print(\'{"memory": "/m", "disk": "/d", "agent": true, "versions": {"ansible-core": "2.9.0"}}\')',
            "has ansible-core 2.9.0, not ",
        ),
    ],
)
def test_a_worker_that_is_not_ready_names_the_playbook(place, program, message):
    file = place.folder / "worker" / SUPERVISOR.name
    file.unlink()
    file.write_text(program)
    with pytest.raises(UsageError) as caught:
        place.crew()
    assert message in caught.value.message
    assert "(nor any of the other 1)" in caught.value.message
    assert caught.value.remedy.startswith(".venv/bin/ansible-playbook -i ")
    assert caught.value.remedy.endswith("playbooks/workers.yml --limit a")


def test_a_worker_whose_sshd_forwards_no_agent_is_told(place):
    ssh = place.folder / "bin" / "ssh"
    ssh.write_text(ssh.read_text().replace("SSH_AUTH_SOCK=${2#*=}", "unset SSH_AUTH_SOCK"))
    with pytest.raises(UsageError, match="forwards no agent"):
        place.crew()


def test_a_worker_that_asks_for_a_password_is_none(place):
    tree = place.groups()
    tree["workers"]["hosts"] = {"a": {"ansible_host": "a.test", "ansible_password": "secret"}}
    place.write(tree)
    with pytest.raises(UsageError, match="The worker a is reached by a password"):
        place.crew()


def test_without_workers_everything_happens_here(place):
    tree = place.groups()
    del tree["workers"]
    place.write(tree)
    crew = place.crew()
    assert crew.take(place.client) is None
    assert not crew.all_lost


class _Loader(yaml.SafeLoader):
    pass


_Loader.add_constructor("!vault", lambda loader, node: _Vaulted(node.value))
_Loader.add_constructor("!unsafe", lambda loader, node: parcel.Unsafe(node.value))


def clients(count=3):
    return [inventory.Client(f"client{each}", f"client{each}-v4", f"client{each}-v5") for each in range(count)]


def test_each_client_takes_the_worker_with_the_fewest():
    a, b = Worker("a", Ssh("a.test")), Worker("b", Ssh("b.test"))
    crew = Crew([a, b])
    (client,) = clients(1)
    assert [crew.take(client) for _ in range(3)] == [a, b, a]
    crew.give_back(a)
    crew.give_back(a)
    assert crew.take(client) == a
    assert crew.lose(a) is True
    assert crew.lose(a) is False, "it is told once"
    crew.give_back(a)
    assert crew.take(client) == b
    assert not crew.all_lost
    crew.lose(b)
    assert crew.take(client) is None
    assert crew.all_lost


def test_a_client_on_this_machine_stays_here():
    (client,) = clients(1)
    here = Host(None, str, {})
    crew = Crew([Worker("a", Ssh("a.test"))], {client.name: {client.v4: here, client.v5: Host(Ssh("x.test"), str, {})}})
    assert crew.take(client) is None
    assert not crew.all_lost


# What becomes of a client whose worker is lost.


class Quiet:
    """A watcher that keeps what is said."""

    def __init__(self):
        self.said = []

    def __getattr__(self, name):
        return lambda *args, **kwargs: self.said.append(args[0]) if name == "say" else None

    def __call__(self, *args):
        pass


@pytest.fixture
def whole(tmp_path, monkeypatch):
    """A run of three clients on two workers; ``plays`` says what becomes of each try."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setattr(workers, "SURELY_ENDED", 0.2)
    (tmp_path / "hosts.yml").write_text("v4: {hosts: {}}\n")
    crew = Crew([Worker("a", Ssh("a.test")), Worker("b", Ssh("b.test"))])
    made = run.Whole(
        clients(),
        Situation("run", (), tmp_path / "hosts.yml"),
        Path("site.yml"),
        batch.Rules(parallel=1),
        again="./cli.py run",
        crew=crew,
    )
    crew.hosts.update({each.name: {} for each in made.clients})
    tries = []

    def play(worker, playbook, client, hosts, tree, folder, handle, stopping, **said):
        tries.append((client.name, worker.name))
        what = made.plays(client.name, worker.name, made)
        if isinstance(what, Exception):
            raise what
        for event in json.loads(json.dumps(fleet_events.recorded()).replace("v4.fine.test", client.v4)):
            if event["event_data"].get("host", client.v4) == client.v4:
                handle(event)
        return "successful"

    monkeypatch.setattr(remote, "ansible", play)
    monkeypatch.setattr(runner, "ansible", lambda *args, **said: pytest.fail("nothing is played here"))
    made.tries, made.watcher_said = tries, Quiet()
    return made


def events(whole, name):
    lines = (whole.recorder.folder / records.EVENTS).read_text().splitlines()
    return [each for each in map(json.loads, lines) if each["event"] == name]


def test_a_lost_worker_s_client_goes_on_at_another(whole):
    whole.plays = lambda client, worker, _: Lost("the cable was pulled") if worker == "a" else None
    results = whole.go(whole.watcher_said)
    assert [(each.client, each.status) for each in results] == [(each.name, "ok") for each in whole.clients]
    assert whole.tries == [("client0", "a"), ("client0", "b"), ("client1", "b"), ("client2", "b")]
    (lost,), (taken,) = events(whole, "worker_lost"), events(whole, "worker_taken")
    assert (lost["client"], lost["worker"], lost["why"]) == ("client0", "a", "the cable was pulled")
    assert (taken["client"], taken["worker"]) == ("client0", "b")
    assert [each["worker"] for each in events(whole, "client_started")] == ["a", "b", "b"]
    assert [each for each in whole.watcher_said.said if "The worker a is lost (the cable was pulled)" in each]


def test_what_cannot_be_given_to_a_worker_is_said_with_its_remedy(whole):
    whole.plays = lambda client, worker, _: UsageError("The vault cannot be opened.", "./cli.py status client0")
    results = whole.go(whole.watcher_said)
    assert [each.status for each in results] == ["usage"] * 3
    assert results[0].message == "The vault cannot be opened."
    assert results[0].remedy.startswith("./cli.py status client0")
    assert set(whole.crew.busy.values()) == {0}


def test_a_client_that_was_aborted_before_its_turn_gives_its_worker_back(whole):
    """The record is made when the run begins; what stands in it then is as ./cli.py abort leaves it."""
    folder = whole._folder
    whole._folder = lambda name: _stopped(folder(name)) if name == "client0" else folder(name)
    whole.plays = lambda client, worker, _: None
    results = whole.go(whole.watcher_said)
    assert [each.status for each in results] == ["stopped", "ok", "ok"]
    assert set(whole.crew.busy.values()) == {0}


def _stopped(folder):
    (folder / runner.STOP).touch()
    return folder


def test_when_all_are_lost_nobody_begins_any_more(whole):
    whole.plays = lambda client, worker, _: Lost("gone")
    results = whole.go(whole.watcher_said)
    assert [each.status for each in results] == ["unreachable", "held", "held"]
    assert (
        "The worker b was lost while it was at work for client0 (gone); no other worker is left." in results[0].message
    )
    assert results[0].remedy == f"./cli.py run client0 -i {whole.situation.inventory}"
    assert "every worker was lost" in results[1].message


def test_who_wants_a_stop_gets_no_takeover(whole):
    def asked(client, worker, made):
        made.stopping.ask()
        return Lost("gone")

    whole.plays = asked
    results = whole.go(whole.watcher_said)
    assert [each.status for each in results] == ["stopped"] * 3
    assert whole.tries == [("client0", "a")]


# How a worker reaches the client's hosts.


def test_the_controller_s_way_to_a_host_is_the_worker_s(tmp_path):
    settings = tmp_path / "config"
    known = tmp_path / "known_hosts"
    key = "AAAAC3NzaC1lZDI1NTE5AAAAIJ3pJqJbU0Tz6NfC4nq8Zb6oJr3Yy1b2GZr1zq7x5y9K"
    known.write_text(
        f"[inner.test]:2222 ssh-ed25519 {key}\njump.test ssh-ed25519 {key}\nother.test ssh-ed25519 {key}\n"
    )
    settings.write_text(
        f"Host alias\n  HostName inner.test\n  Port 2222\n  User deploy\n  ProxyJump jump.test\n"
        f"Host *\n  UserKnownHostsFile {known}\n  IdentityFile {tmp_path}/id\n  IdentityFile {tmp_path}/missing\n"
    )
    (tmp_path / "id").write_text("key")
    hosts = {"v5": Host(Ssh("alias", config=str(settings)), str, {})}
    config = parcel.config_of(hosts, "/memory")
    blocks = config.split("Host ")
    assert "hostname inner.test" in blocks[1]
    assert "port 2222" in blocks[1]
    assert "user deploy" in blocks[1]
    assert "proxyjump jump.test" in blocks[1]
    assert blocks[2].startswith("jump.test\n")
    assert blocks[3].splitlines()[:2] == ["*", "  UserKnownHostsFile /memory/known_hosts"]
    assert str(tmp_path) not in config
    lines = parcel.keys_known(hosts)
    assert [each.split()[0] for each in lines] == ["[inner.test]:2222", "jump.test"]
    assert parcel.keys_of(hosts) == [str(tmp_path / "id")]
    file = tmp_path / "sent"
    file.write_text(config)
    said = subprocess.run(["ssh", "-F", file, "-G", "alias"], capture_output=True, text=True, check=True).stdout
    for line in ("hostname inner.test", "port 2222", "user deploy", "stricthostkeychecking true"):
        assert line in said.splitlines()


def test_a_password_protected_key_leaves_the_user_s_agent(tmp_path):
    """ssh itself is a shell here that says which agent it would forward."""
    for name, word in (("open", ""), ("shut", "a passphrase")):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", word, "-f", tmp_path / name], check=True)
    fake = tmp_path / "fake"
    fake.write_text('#!/bin/sh\nprintf "%s\\n" "$@"; ssh-add -l\n')
    fake.chmod(0o755)
    environment = {**os.environ, "SSH_ASKPASS": "/bin/false", "SSH_ASKPASS_REQUIRE": "force"}
    for keys, users, forwarded in (
        (["open", "shut"], "/users/agent", f"{tmp_path}/agent"),
        (["shut"], "/users/agent", "/users/agent"),
        (["shut"], "", f"{tmp_path}/agent"),
    ):
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("SSH_AUTH_SOCK", users)
            command = workers.with_agent(str(tmp_path), [str(tmp_path / each) for each in keys], [str(fake), "-T", "w"])
        done = subprocess.run(
            command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
        )
        assert f"ForwardAgent={forwarded}" in done.stdout.splitlines(), done
        assert f"IdentityAgent={users or forwarded}" in done.stdout.splitlines()
        (tmp_path / "agent").unlink(missing_ok=True)


def test_only_events_come_in(tmp_path):
    lines = [
        b'{"status": "starting", "command": ["x"], "env": {"SECRET": "1"}}\n',
        b"a warning of some library\n",
        b'{"event": "verbose", "uuid": "u", "counter": 1}\n',
        b'{"zipfile": 12}\n',
        b'UEsDBBQAAAAI{"eof": true}\n',
    ]
    stream = remote.Stream(io.BytesIO(b"".join(lines)))
    assert stream.readline() == b'{"status": "starting"}'
    assert stream.readline() == lines[2]
    assert not stream.ended
    assert stream.readline() == b'{"eof": true}\n'
    assert stream.ended
    assert stream.readline() == b""
