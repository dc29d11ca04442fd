"""From an export to the prediction: walks the JSON, feeds the importer's rules, and says what it ends with."""

from __future__ import annotations

from collections import Counter

from ..json_stream import JsonStream, JsonStreamError
from .importer import TOKENS, Importer
from .problems import FAIL, WARN, Place, Problem
from .remedies import Remedies
from .report import SCHEMA
from .rules import RULES
from .source import NOT_JSON, Unreadable, opened, rewindable

# Characters; what is cut by a block's end is decoded twice.
BLOCK = 256 * 1024
KNOWN = frozenset((*RULES, "account", "company", TOKENS))  # what V5 reads
NONE = Place(-1, -1, 0)


def lint_file(path) -> dict:
    """The prediction for a file, zip or JSON. Raises OSError where the file cannot be read."""
    with open(path, "rb") as stream:
        return lint(stream, str(path))


def lint(stream, name: str = "") -> dict:
    """The prediction for a binary stream, zip or JSON; ``name`` decides where its first bytes do not."""
    with rewindable(stream) as source:
        importer = Importer()
        result = _read(source, name, importer, Counter())
        if importer.repeated:  # of two with one name PHP takes the last: read again, and pass over the others
            importer, times = Importer(), importer.repeated
            result = _read(source, name, importer, times)
        return result


def _read(stream, name: str, importer: Importer, repeated: Counter) -> dict:
    try:
        with opened(stream, name) as source:
            if source.extras:
                importer.warn(
                    None,
                    "archive-extra-files",
                    f"The zip holds {len(source.extras)} more: {', '.join(source.extras[:5])}; V5 reads migration.json"
                    " alone, and unpacks the others where everybody can read them",
                    ("export",),
                )
            broken = _walk(source.text, importer, repeated)
            if not broken and source.damaged():
                importer.warn(
                    None,
                    "archive-damaged",
                    "The zip's checksum does not match its data, which somebody or something changed;"
                    " V5 does not look at it",
                    ("export",),
                )
    except Unreadable as error:
        return _unreadable(error.id, error.detail, error.message, importer)
    if broken:
        return broken
    importer.finish()
    return _document(importer)


def _walk(text, importer: Importer, repeated: Counter):
    """Feed the export to the importer; returns a document where V5 cannot read it as one, else None."""
    stream = JsonStream(text, BLOCK, float)
    try:
        wrong = _top(stream, importer, repeated)
        stream.finish()
    except UnicodeDecodeError as error:
        return _unreadable("export-not-utf8", f"migration.json is not UTF-8 at byte {error.start}", NOT_JSON, importer)
    except JsonStreamError as error:
        id = "export-truncated" if error.truncated else "export-not-json"
        id = "export-too-deep" if "deep" in str(error) else id
        reason = {
            "export-too-deep": "is nested deeper than PHP reads",
            "export-truncated": "is cut short",
            "export-not-json": "is not JSON",
        }[id]
        return _unreadable(id, f"migration.json {reason}: {error}", NOT_JSON, importer)
    return _unreadable(*wrong, importer) if wrong else None


def _top(stream: JsonStream, importer: Importer, repeated: Counter):
    """``$array['data']``: returns (id, detail, message) where there is none, else None."""
    start = stream.peek()
    if start != "{":
        return _no_object(stream)
    found, times = None, Counter()
    for key in stream.members():
        times[key] += key == "data"
        if key != "data" or times[key] < repeated[key]:
            stream.value()
            continue
        found = stream.peek()
        if found == "{":
            _resources(stream, importer, repeated)
        elif found == "[":
            for _ in stream.items():
                pass
        else:
            value = stream.value()
            kind = "null" if value is None else "bool" if isinstance(value, bool) else "string"
            kind = "int" if type(value) is int else kind
            found = ("", kind)
    if not repeated:
        importer.repeated.update({key: count for key, count in times.items() if count > 1})
    elif repeated["data"] > 1:
        importer.warn(None, "duplicate-key", "The export has data twice; V5 takes the last one")
    if found is None:
        return "export-no-data", "migration.json has no data", 'Undefined array key "data"'
    if isinstance(found, tuple):
        return (
            "export-no-data",
            f"data is {found[1]} in migration.json, where V5 needs an object",
            f"array_key_exists(): Argument #2 ($array) must be of type array, {found[1]} given",
        )
    return None


def _no_object(stream: JsonStream):
    if not stream.peek():
        return "export-empty", "migration.json is empty: V4 could not write its data as JSON", NOT_JSON
    value = stream.value()
    if isinstance(value, list):
        return "export-wrong-shape", "migration.json is a list, where V5 needs an object", 'Undefined array key "data"'
    if isinstance(value, str):
        return "export-wrong-shape", "migration.json is one text", "Cannot access offset of type string on string"
    kind = "null" if value is None else "bool" if isinstance(value, bool) else "int" if type(value) is int else "float"
    message = f"Trying to access array offset on value of type {kind}"
    return "export-wrong-shape", f"migration.json is {kind}, where V5 needs an object", message


def _resources(stream: JsonStream, importer: Importer, repeated: Counter) -> None:
    times: Counter = Counter()
    for resource in stream.members():
        times[resource] += 1
        if times[resource] < repeated[resource] or resource not in KNOWN:
            _skip(stream)
            continue
        if repeated[resource]:
            importer.warn(resource, "duplicate-key", f"The export has {resource} twice; V5 takes the last one")
        if stream.peek() != "[" or resource not in RULES:
            importer.value(resource, stream.value())
            continue
        importer.begin(resource)
        passes, record = importer.passes, importer.record
        for data in stream.items(checked=False):
            if not passes(resource, data):
                stream.check_depth(data)
                record(resource, data)
        importer.end(resource)
    if not repeated:
        importer.repeated.update({name: count for name, count in times.items() if count > 1})


def _skip(stream: JsonStream) -> None:
    """Read over a value that V5 does not look at."""
    if stream.peek() == "[":
        for _ in stream.items():
            pass
    else:
        stream.value()


def _unreadable(id: str, detail: str, message: str, importer: Importer) -> dict:
    """An export that V5 cannot read at all, or not as one."""
    importer.problems = [each for each in importer.problems if each.resource is None]
    importer.add(Problem(NONE, id, FAIL, None, None, detail, ("export",), message))
    return _document(importer)


def _document(importer: Importer) -> dict:
    problems = sorted(importer.problems, key=lambda problem: (problem.place, problem.severity == WARN))
    first = next((problem for problem in problems if problem.severity == FAIL), None)
    remedies = Remedies(importer.account_id, importer.owner_id)
    fails_at = None
    if first is not None:
        fails_at = importer.last_stage() if first.resource == TOKENS else first.resource
    return {
        "schema": SCHEMA,
        "verdict": "completes" if first is None else "fails",
        "fails_at": fails_at,
        "message": "" if first is None else first.message,
        "problems": [
            {
                "id": problem.id,
                "severity": problem.severity,
                "resource": problem.resource,
                "v4_id": problem.v4_id,
                "detail": problem.detail,
                "remedy": remedies.text(problem.resource, problem.v4_id, problem.remedy),
            }
            for problem in problems
        ],
    }
