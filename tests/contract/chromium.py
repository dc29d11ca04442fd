"""A real Chromium without a window, steered by its own protocol over a pair of pipes."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import select
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import Any, Iterator

import pytest

FLAGS = "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"
FLAGS += " --disable-component-update --disable-sync --hide-scrollbars --remote-debugging-pipe"
DEADLINE = 60.0  # seconds until an answer that does not come is a failure


class Browser:
    """One page of a running Chromium. events: what the page did since it was opened, as the protocol calls it."""

    def __init__(self, to: int, from_: int) -> None:
        self.to, self.from_ = to, from_
        self.buffer = b""
        self.number = 0
        self.events: list[dict] = []
        self.session = ""
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Network", "Log", "Runtime"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **parameters: Any) -> dict:
        """Send a command of the protocol and return its result."""
        self.number += 1
        message: dict = {"id": self.number, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.to, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._read()
            if answer.get("id") == self.number:
                assert "error" not in answer, f"{method}: {answer}"
                return answer["result"]
            self.events.append(answer)

    def open(self, file: Path, width: int, height: int = 900) -> None:
        """Show a file in a viewport of this size, and wait until it is there."""
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500}
        self.call("Emulation.setDeviceMetricsOverride", **size)
        self.events.clear()
        self.call("Page.navigate", url=file.as_uri())
        while not any(each.get("method") == "Page.loadEventFired" for each in self.events):
            self.events.append(self._read())

    def value(self, expression: str) -> Any:
        """What a JavaScript expression is worth in the page."""
        found = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in found, found
        return found["result"].get("value")

    def click(self, x: float, y: float) -> None:
        """Press and let go of the mouse there."""
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def _read(self) -> dict:
        deadline = time.monotonic() + DEADLINE
        while b"\0" not in self.buffer:
            ready, _, _ = select.select([self.from_], [], [], max(0.0, deadline - time.monotonic()))
            part = os.read(self.from_, 1 << 16) if ready else b""
            assert part, "Chromium ended, or does not answer"
            self.buffer += part
        message, _, self.buffer = self.buffer.partition(b"\0")
        return json.loads(message)


@contextlib.contextmanager
def running(profile: Path) -> Iterator[Browser]:
    """Start Chromium with a new profile in an empty directory; it ends with the block."""
    program = shutil.which("chromium")
    if not program:
        pytest.fail("chromium is not installed. Mend it with: `apt-get install -y chromium`")
    its_in, to = os.pipe()
    from_, its_out = os.pipe()

    def speak_on_3_and_4() -> None:
        high = fcntl.fcntl(its_out, fcntl.F_DUPFD, 10)  # it may be 3 itself
        os.dup2(its_in, 3)
        os.dup2(high, 4)

    with subprocess.Popen(
        [program, *FLAGS.split(), f"--user-data-dir={profile}", "about:blank"],
        preexec_fn=speak_on_3_and_4,
        pass_fds=(3, 4),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as process:
        os.close(its_in)
        os.close(its_out)
        try:
            yield Browser(to, from_)
        finally:
            os.close(to)
            os.close(from_)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
