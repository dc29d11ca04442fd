"""A process that a shell started in the background ignores Ctrl-C, and so does all that it starts; tests send it."""

from __future__ import annotations

import signal

if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
