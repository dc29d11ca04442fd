"""Runs the probe on many targets at once."""

from __future__ import annotations

import contextlib
import queue
import threading
import time
from dataclasses import dataclass, replace
from typing import Iterable, Iterator

from . import probe, pseudonyms
from .targets import BROKEN, REFUSED, Target, TargetError
from .transport import AUTO, transport

WORKERS = 50  # hosts at a time; each costs a thread, and with the OpenSSH client a process
CONNECT_SECONDS = 30.0  # what connecting may take beside the probe's own limit


@dataclass(frozen=True)
class Collected:
    """What came of one target: its facts (docs/facts.md), or the error; and the seconds that it took."""

    target: Target
    facts: dict | None
    error: TargetError | None
    seconds: float


def collect(
    targets: Iterable[Target],
    options: probe.Options,
    backend: str | None = AUTO,
    workers: int = WORKERS,
    ssh_config: str = "",
) -> Iterator[Collected]:
    """The facts of each target, in the order in which they come; no host waits for another one beyond ``workers``.

    The hosts are asked from now on, whether anybody takes the answers or not.

    options: for all targets; root, peer_url and salt are each target's own where it has them. backend and ssh_config:
    as transport.transport says. What goes wrong with a target is in its Collected. A bundle is no target for this.
    Raises TargetError where the secret of the pseudonyms cannot be used.
    """
    targets = list(targets)
    scripts = _scripts(targets, options)
    waiting: queue.SimpleQueue = queue.SimpleQueue()
    ready: queue.SimpleQueue = queue.SimpleQueue()
    for target in targets:
        waiting.put(target)

    def work() -> None:
        with contextlib.suppress(queue.Empty):
            while True:
                target = waiting.get_nowait()
                ready.put(_ask(target, scripts[target], options.limit_seconds, backend, ssh_config, len(targets)))

    # Daemons, so that a program which is told to stop does not wait for a host.
    for _ in range(min(max(1, workers), len(targets))):
        threading.Thread(target=work, daemon=True).start()
    return (ready.get() for _ in targets)


def _scripts(targets: list, options: probe.Options) -> dict:
    """Target → the probe's text, made once for all that ask the same."""
    texts: dict = {}
    scripts = {}
    for target in targets:
        own = replace(
            options,
            root=target.path or options.root,
            peer_url=target.peer_url or options.peer_url,
            salt=pseudonyms.salt(target.client) or options.salt,
        )
        if repr(own) not in texts:
            texts[repr(own)] = probe.script(own)
        scripts[target] = texts[repr(own)]
    return scripts


def _ask(target: Target, script: str, limit: float, backend: str | None, ssh_config: str, hosts: int) -> Collected:
    began = time.monotonic()
    facts, error = None, None
    try:
        facts = probe.parse(transport(target, backend, ssh_config, hosts).run(script, limit + CONNECT_SECONDS))
    except TargetError as trouble:
        error = trouble
    except probe.ProbeError as trouble:
        error = TargetError(f"{target.name}: {trouble.message.rstrip('.')}.", trouble.remedy, REFUSED)
    except Exception as trouble:
        # One host's surprise must not take the others' answers away.
        message = f"Ninjalift itself failed at {target.name}: {type(trouble).__name__}: {trouble}."
        error = TargetError(message, kind=BROKEN)
    return Collected(target, facts, error, time.monotonic() - began)
