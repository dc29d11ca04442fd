"""One client's playbook on a worker: ``ansible-runner transmit | ssh WORKER ansible-runner worker``, and here what
``ansible-runner process`` makes of it, event by event.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import tempfile
import threading
from pathlib import Path
from typing import IO, Any, Callable, Iterator

from . import parcel
from .inventory import Client, ansible_environment
from .runner import FORKS, STOP, Stopping
from .workers import Lost, Worker, with_agent

BEAT = 5.0  # seconds between two signs of life to the worker
LOOK = 0.5  # seconds between two looks at who asked to stop


class Stream:
    """What comes from the worker, as ansible-runner's Processor reads it: events, without files and environments."""

    def __init__(self, source: IO[bytes]) -> None:
        self.source = source
        self.ended = False  # whether the worker itself said that this is the end

    def readline(self) -> bytes:
        """The next line of JSON, b"" at the end."""
        while line := self.source.readline():
            # A folder of artifacts is packed behind its size, without a line's end; what it holds was told by events.
            line = line[line.find(b"{") :] if b"{" in line else b""
            try:
                said = json.loads(line)
            except ValueError:
                continue
            if "zipfile" in said:
                continue
            if "status" in said:
                return json.dumps({"status": said["status"]}).encode()
            self.ended = self.ended or "eof" in said
            return line
        return b""


class Link:
    """The ssh to the worker: it carries the parcel, then signs of life, and the wish to stop."""

    def __init__(self, process: subprocess.Popen, stop: Path, stopping: Stopping) -> None:
        self.process, self.stop, self.stopping = process, stop, stopping
        self.over = threading.Event()
        self.why = ""  # what ssh said last, when it has ended

    def keep(self) -> None:
        """Tell the worker that this controller is there, until the run is over, or has to be at once."""
        quiet, told = BEAT, False
        with contextlib.suppress(OSError, ValueError):  # ssh has ended, and the stream says so
            while not self.over.wait(LOOK) and not self.stopping.now.is_set():
                quiet += LOOK
                if not told and self.stop.exists():
                    told = True
                    self._say(b"stop\n")
                elif quiet >= BEAT:
                    quiet = 0.0
                    self._say(b"alive\n")
        with contextlib.suppress(OSError):
            self.process.stdin.close()

    def _say(self, line: bytes) -> None:
        self.process.stdin.write(line)
        self.process.stdin.flush()


def ansible(
    worker: Worker,
    playbook: Path,
    client: Client,
    hosts: dict,
    tree: dict,
    folder: Path,
    handle: Callable[[dict], Any],
    stopping: Stopping,
    *,
    variables: dict,
    vault_password_file: str | None = None,
    verbose: bool = False,
) -> str:
    """As ``runner.ansible``, on a worker. hosts, tree: as ``parcel.packed`` takes them.

    Raises Lost where the connection ended before the run did, and UsageError where the parcel cannot be made.
    """
    import ansible_runner

    name, memory, disk = worker.room()
    artifacts = folder / "artifacts" / "run"
    artifacts.mkdir(mode=0o700, parents=True, exist_ok=True)
    output = os.open(artifacts / "stdout", os.O_CREAT | os.O_APPEND | os.O_WRONLY | os.O_CLOEXEC, 0o600)

    def each(event: dict) -> bool:
        handle(event)
        if event.get("stdout"):
            with contextlib.suppress(OSError):  # a full disk here is no reason to break what runs on a server
                os.write(output, f"{event['stdout']}\n".encode("utf-8", "backslashreplace"))
        return False

    try:
        with _linked(worker, name, parcel.keys_of(hosts), folder / STOP, stopping) as link:
            with parcel.packed(client, hosts, tree, memory, disk, variables, vault_password_file) as packed:
                _transmit(packed, playbook, client, link.process.stdin, verbose)
            keeper = threading.Thread(target=link.keep, name=f"link {client.name}", daemon=True)
            keeper.start()
            stream = Stream(link.process.stdout)
            try:
                processed = ansible_runner.run(
                    streamer="process",
                    private_data_dir=str(folder),
                    ident="run",
                    _input=stream,
                    event_handler=each,
                    cancel_callback=lambda: False,  # it would take the signals otherwise
                    quiet=True,
                )
            finally:
                link.over.set()
                keeper.join()
    finally:
        os.close(output)
    if stream.ended:
        return processed.status
    if stopping.now.is_set():
        return "canceled"
    raise Lost(link.why)


def _transmit(folder: Path, playbook: Path, client: Client, to: IO[bytes], verbose: bool) -> None:
    """Pack the folder and write it to ssh. Raises Lost where ssh has ended, RuntimeError where it cannot be packed."""
    forks = min(len({client.v4, client.v5}), FORKS)
    words = ["-p", f"playbooks/{playbook.name}", "--ident", "run", "--limit", client.name, "--forks", str(forks)]
    done = subprocess.run(
        ["ansible-runner", "transmit", str(folder), *words, "--omit-env-files", *(["-vv"] if verbose else [])],
        stdin=subprocess.DEVNULL,
        stdout=to,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        env={**ansible_environment(), "TMPDIR": str(folder.parent / "tmp")},
        check=False,
    )
    if done.returncode:
        if "BrokenPipeError" in done.stderr:
            raise Lost("it took nothing")
        raise RuntimeError((done.stderr.strip().splitlines() or ["ansible-runner transmit failed"])[-1])


@contextlib.contextmanager
def _linked(worker: Worker, name: str, keys: list, stop: Path, stopping: Stopping) -> Iterator[Link]:
    """ssh to the worker with an agent for the client's hosts; both have ended afterwards."""
    with tempfile.TemporaryDirectory(prefix="ninjalift-agent-") as place, tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(
            with_agent(place, keys, worker.command(name)),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            start_new_session=True,  # Ctrl-C is for this program, which passes it on in its own words
            env={**os.environ, "LC_ALL": "C", "SSH_ASKPASS": "/bin/false", "SSH_ASKPASS_REQUIRE": "force"},
        )
        link = Link(process, stop, stopping)
        try:
            yield link
        finally:
            with contextlib.suppress(OSError):
                process.stdin.close()
            try:
                process.wait(60)  # the worker removes what it was given
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
            process.stdout.close()
            errors.seek(0)
            said = errors.read().decode(errors="replace").strip().splitlines()
            link.why = said[-1][:200].rstrip(".") if said else "the connection ended"
