"""The .env editor against a parser of its own, written after phpdotenv 5.6's lexer and states."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from migration import env_file
from migration.errors import MigrationError

TOKEN = re.compile(r"""[\r\n]{1,1000}|[^\S\r\n]{1,1000}|\\|'|"|\#|\$|[^\s\\'"\#\$]{1,1000}""", re.ASCII)


def phpdotenv(content: str) -> dict[str, str | None]:
    """Parse as phpdotenv 5.6 does: Lines, then EntryParser over the Lexer's tokens, then the Resolver."""
    lines, buffer = [], []
    for line in re.split(r"\r\n|\n|\r", content):
        marks = len(re.findall(r'(?=[^\\]")', line.replace("\\\\", "")))
        starts = not buffer and '="' in line and not (line == '"' or marks > 1)
        if starts or buffer:
            buffer.append(line)
            if line == '"' or marks > (1 if starts else 0):
                line, buffer = "\n".join(buffer), []
        if not buffer and line.strip() and not line.strip().startswith("#"):
            lines.append(line)
    found: dict[str, str | None] = {}
    for line in lines:
        name, equals, text = line.partition("=")
        name = re.sub(r"^export\s+", "", name.strip(" \n\r\t\0\x0b"))
        found[name] = value_of(text.strip(" \n\r\t\0\x0b"), found) if equals else None
    return found


def value_of(text: str, known: dict[str, str | None]) -> str:
    value, references, state = "", [], "initial"
    for token in TOKEN.findall(text):
        if state in ("initial", "unquoted") and token == "#":
            break
        if state == "initial" and token in "'\"":
            state = "single" if token == "'" else "double"
        elif (
            (state in ("initial", "unquoted") and token.isspace())
            or (state == "single" and token == "'")
            or (state == "double" and token == '"')
        ):
            state = "space"
        elif state == "double" and token == "\\":
            state = "escape"
        elif state == "escape":
            escapes = {"f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
            assert token in ('"', "\\", "$") or token[0] in escapes, f"unexpected escape before {token!r}"
            value += escapes[token[0]] + token[1:] if token[0] in escapes else token
            state = "double"
        elif state == "space":
            if token == "#":
                break
            assert token.isspace(), "unexpected white space"
        else:
            if token == "$" and state != "single":
                references.append(len(value))
            value += token
            state = "unquoted" if state == "initial" else state
    assert state not in ("single", "double", "escape"), "missing closing quote"
    for index in reversed(references):
        match = re.match(r"\$\{([a-zA-Z0-9_.]+)\}", value[index:])
        if match and known.get(match.group(1)) is not None:
            value = value[:index] + str(known[match.group(1)]) + value[index + match.end() :]
    return value


texts = st.one_of(
    st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",)), max_size=20),
    st.text(" ab#'\"$\\{}=\n\r\tAé🚀_.()!%", max_size=12),
)
names = st.sampled_from(["APP_KEY", "DB_PASSWORD", "A", "APP_URL", "NEW.NAME"])
FILE = """# V5's settings
APP_NAME="Invoice Ninja"
export APP_URL=https://v5.client1.test # what customers see
A=first
REACT_URL="${APP_URL}/#/"

MULTI="one
A=inside a value
three" # a comment
A=second
EMPTY=
DB_PASSWORD='it costs $5'
COMPOSER_AUTH='{"github-oauth": {"github.com": "${{ secrets.GITHUB_TOKEN }}"}}'"""


@given(texts)
@example("${APP_URL}")
@example('a="b')
@example("ends with \\")
@example('"')
@example("'\"${A}\n")
def test_a_quoted_value_is_read_back_unchanged(value):
    line = f"A=1\nAPP_URL=x\nKEY={env_file.quote(value)}\nZ=2\n"
    wanted = {"A": "1", "APP_URL": "x", "KEY": value, "Z": "2"}
    assert phpdotenv(line) == wanted
    assert env_file.parse(line) == wanted


@given(st.dictionaries(names, texts), st.lists(names, max_size=2), st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_an_edit_sets_these_values_and_nothing_else(values, absent, newline, final):
    absent = [name for name in absent if name not in values]
    content = (FILE + ("\n" if final else "")).replace("\n", newline)
    before = phpdotenv(content)
    result, changed = env_file.edit(content, values, absent)
    after = phpdotenv(result)
    assert {name: after[name] for name in values} == values
    assert not set(absent) & set(after)
    kept = [name for name in before if name not in values and name not in absent and name != "REACT_URL"]
    assert {name: after[name] for name in kept} == {name: before[name] for name in kept}
    assert changed == sorted(name for name in {*values, *absent} if before.get(name) != after.get(name))
    assert env_file.edit(result, values, absent) == (result, [])


@given(st.text("ABé='\"#$\\{} \n\rn", max_size=30))
def test_the_entries_of_a_file_are_the_file(content):
    try:
        found = env_file.entries(content)
    except MigrationError as error:
        assert error.id == "env-invalid"
    else:
        assert "".join(entry.raw for entry in found) == content


def test_it_reads_what_phpdotenv_reads():
    assert env_file.parse(FILE) == phpdotenv(FILE)
    assert env_file.parse(FILE)["A"] == "second"
    assert env_file.parse(FILE)["REACT_URL"] == "https://v5.client1.test/#/"
    assert env_file.parse(FILE)["MULTI"] == "one\nA=inside a value\nthree"


def test_comments_order_and_unknown_lines_stay():
    result, changed = env_file.edit(FILE, {"APP_URL": "https://new.test", "A": "x y", "NEW": "1"}, ["EMPTY"])
    assert changed == ["A", "APP_URL", "EMPTY", "NEW"]
    expected = FILE.replace("https://v5.client1.test #", "https://new.test #").replace("A=second", 'A="x y"')
    assert result == expected.replace("EMPTY=\n", "") + "\nNEW=1\n"


def test_a_right_value_keeps_its_writing():
    assert env_file.edit(FILE, {"APP_NAME": "Invoice Ninja", "DB_PASSWORD": "it costs $5", "A": "second"}) == (FILE, [])


def test_windows_line_endings_stay():
    result, _ = env_file.edit("A=1\r\nB=2", {"A": "3", "C": "4"})
    assert result == "A=3\r\nB=2\r\nC=4\r\n"


def test_a_name_without_a_value_can_be_set_and_removed():
    assert env_file.edit("MAIL_HOST\n", {"MAIL_HOST": "smtp.test"})[0] == "MAIL_HOST=smtp.test\n"
    assert env_file.edit("MAIL_HOST\n", {}, ["MAIL_HOST"]) == ("", ["MAIL_HOST"])


def test_the_rest_of_an_unquoted_password_is_no_comment_to_keep():
    assert env_file.edit("DB_PASSWORD=a#b\n", {"DB_PASSWORD": "a#b"})[0] == 'DB_PASSWORD="a#b"\n'


def test_v4_reads_escapes_and_references_in_single_quotes():
    content = "A=1\nB='it\\'s ${A}'\n"
    assert env_file.parse(content, old=True)["B"] == "it's 1"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("A=1\nB=two words\n", "Line 2"),
        ('A="never closed\nB=1\n', "Line 1"),
        ("A='never closed\n", "Line 1"),
        ('A="a \\q"\n', "Line 1"),
        ("A=1\n\nnot a name=2\n", "Line 3"),
    ],
)
def test_a_file_that_phpdotenv_refuses_is_named_with_its_line(content, words):
    with pytest.raises(MigrationError, match=words) as caught:
        env_file.parse(content, where="/srv/.env")
    assert caught.value.id == "env-invalid"
    assert "/srv/.env" in caught.value.message


def test_a_missing_file_and_a_value_that_cannot_be_are_said(tmp_path: Path):
    with pytest.raises(MigrationError) as caught:
        env_file.read(tmp_path / ".env")
    assert caught.value.id == "env-missing"
    with pytest.raises(MigrationError):
        env_file.quote("a\0b")
    with pytest.raises(MigrationError):
        env_file.edit("", {"A B": "1"})


def test_bytes_that_are_no_text_stay(tmp_path: Path):
    target = tmp_path / ".env"
    target.write_bytes(b"# caf\xe9\nA=1\n")
    assert env_file.read(target) == {"A": "1"}
