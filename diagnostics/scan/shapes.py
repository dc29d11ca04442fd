"""The shape of an error: its message without what differs from one time to the next."""

from __future__ import annotations

import re

LENGTH = 300
_WORKER = re.compile(r"\A\d+#\d+: (?:\*\d+ )?|\A\[pid \d+(?::tid \d+)?\] ")  # which nginx and Apache name
_CONTEXT = re.compile(r' (?:\{"(?:userId|exception|context|view|url|message|trace)":|\[\] \[\]$|\[object\] \()')
_CLASS = re.compile(r'"exception":"\[object\] \(([\w\\]+)\(')
_QUOTED = re.compile(r"""(["`])[^"`\n]*\1|(?<!\w)(')[^'\n]*'(?!\w)""")
_ODD = re.compile(r"[\d@/<]")  # in a word that may differ from one time to the next
_VARIABLE = re.compile(
    r"""(?P<placeholder><(?:email|name|ip|key|secret|token|text)(?::[0-9a-f]+)?>)
    |(?P<email>(?<![\w.+-])[\w.+-]+@[\w.-]*\w)
    |(?P<url>https?://[^\s"'`<>)]+)
    |(?P<path>(?:/[\w.@+-]+){2,})
    |(?P<id>\b(?:[0-9a-fA-F]{4,}-){2,}[0-9a-fA-F-]{4,}|\b(?=[a-zA-Z_-]*\d)[\w-]{16,}|\b(?=\d*[a-fA-F])(?=[a-fA-F]*\d)[0-9a-fA-F]{7,}\b)
    |(?P<number>\d+(?:[.,:/-]\d+)*)""",
    re.VERBOSE,
)
_PATH_PART = re.compile(r"/(?=[^/]*\d[^/]*)(?:[\d_-]+|[\w.@+-]{16,}|php\w{6}|[0-9a-f]+)(?=/|$|\.)")


def shape(message: str) -> str:
    """The message's first line without its context, and with numbers, ids, mails and quotes replaced."""
    message = _WORKER.sub("", message)
    first = next((line for line in message.split("\n", 3) if line.strip()), "")[: 4 * LENGTH]
    context = _CONTEXT.search(first)
    words = first[: context.start()] if context else first
    quiet = _QUOTED.sub(lambda found: "{0}…{0}".format(found.group(1) or "'"), words.strip())
    made = " ".join(_VARIABLE.sub(_replace, word) if _ODD.search(word) else word for word in quiet.split(" "))
    kind = _CLASS.search(first)
    return (f"{kind.group(1)}: {made}" if kind else made)[:LENGTH]


def _replace(found: re.Match) -> str:
    kind = found.lastgroup
    if kind == "path":
        return re.sub(r"\d+", "N", _PATH_PART.sub("/<id>", found.group()))
    if kind == "placeholder":
        return found.group().partition(":")[0].rstrip(">") + ">"
    return "N" if kind == "number" else f"<{kind}>"
