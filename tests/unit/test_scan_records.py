"""Where records begin, what their heads say, and what belongs to them."""

import pytest

from diagnostics.scan.records import ERROR_MARKS, ERRORS, format_of, header, is_mail, readable

HEADS = [
    (b"[2026-11-23 17:40:42] production.ERROR: It broke", "2026-11-23 17:40:42", "production", "ERROR", b"It broke"),
    (b"[2026-11-23T17:35:31.367030+00:00] local.INFO: x", "2026-11-23 17:35:31", "local", "INFO", b"x"),
    (b"[2026-11-23 17:40:42] production.INFO:  [] []", "2026-11-23 17:40:42", "production", "INFO", b" [] []"),
    (b"[2026-11-23 17:40:42] a-b.c.CRITICAL: x", "2026-11-23 17:40:42", "a-b.c", "CRITICAL", b"x"),
    (b"2026/11/23 17:40:42 [error] 12#12: *7 upstream", "2026-11-23 17:40:42", "", "ERROR", b"12#12: *7 upstream"),
    (b"2026/11/23 17:40:42 [emerg] 12#12: bind()", "2026-11-23 17:40:42", "", "EMERGENCY", b"12#12: bind()"),
    (b"2026/11/23 17:40:42 [warn] 12#12: x", "2026-11-23 17:40:42", "", "WARN", b"12#12: x"),
    (b"[Mon Nov 23 17:40:42.123456 2026] [php:error] [pid 9] x", "2026-11-23 17:40:42", "", "ERROR", b"[pid 9] x"),
    (b"[Mon Nov 02 07:40:42 2026] [core:crit] [pid 9] x", "2026-11-02 07:40:42", "", "CRITICAL", b"[pid 9] x"),
    (b"[23-Nov-2026 17:40:42 UTC] PHP Fatal error:  Boo", "2026-11-23 17:40:42", "", "ERROR", b"Boo"),
    (b"[23-Nov-2026 17:40:42 Europe/Berlin] PHP Parse error:  Boo", "2026-11-23 17:40:42", "", "ERROR", b"Boo"),
    (b"[23-Nov-2026 17:40:42 UTC] PHP Warning:  Boo", "2026-11-23 17:40:42", "", "", b"PHP Warning:  Boo"),
    (b"[23-Nov-2026 17:40:42] ERROR: unable to bind", "2026-11-23 17:40:42", "", "ERROR", b"unable to bind"),
    (
        b'[23-Nov-2026 17:40:42] WARNING: [pool www] child 7 said into stderr: "PHP message: PHP Fatal error:  Boo"',
        "2026-11-23 17:40:42",
        "",
        "ERROR",
        b'Boo"',
    ),
    (
        b"[23-Nov-2026 17:40:42 UTC] [2026-11-23 17:40:42] production.ERROR: x",
        "2026-11-23 17:40:42",
        "production",
        "ERROR",
        b"x",
    ),
    (b"app-1  | [2026-11-23 17:40:42] production.ALERT: x", "2026-11-23 17:40:42", "production", "ALERT", b"x"),
    (
        b"2026-11-23T17:40:42.123456Z [2026-11-23 17:40:42] production.ERROR: x",
        "2026-11-23 17:40:42",
        "production",
        "ERROR",
        b"x",
    ),
    (
        b"2026-11-23T17:40:42.123456+00:00 web1 laravel[77]: production.ERROR: x",
        "2026-11-23 17:40:42",
        "production",
        "ERROR",
        b"x",
    ),
    (b"2026-11-23 05:35:33 Done: FAILURE", "2026-11-23 05:35:33", "", "", b"FAILURE"),
    (b"production.ERROR: x", "", "", "ERROR", b"production.ERROR: x"),
    (b"PHP Fatal error:  Boo", "", "", "ERROR", b"PHP Fatal error:  Boo"),
    (b"just words", "", "", "", b"just words"),
]


@pytest.mark.parametrize(("line", "at", "env", "level", "text"), HEADS)
def test_heads(line, at, env, level, text):
    found = header(line)
    assert (found.at, found.env, found.level, line[found.text :]) == (at, env, level, text)


def test_syslog_has_no_year():
    found = header(b"Nov 23 17:40:42 web1 laravel[77]: production.ERROR: x")
    assert (found.at[4:], found.env, found.level) == ("-11-23 17:40:42", "production", "ERROR")
    nested = header(b"Nov  3 17:40:42 web1 php[77]: [2026-11-03 17:40:40] production.ERROR: x")
    assert (nested.at[4:], nested.level) == ("-11-03 17:40:42", "ERROR")


@pytest.mark.parametrize("line", [line for line, _, _, level, _ in HEADS if level in ERRORS])
def test_every_error_has_a_mark(line):
    """What the gate lets through holds all errors."""
    assert any(mark in line for mark in ERROR_MARKS)


def cut(data):
    return [data[start:stop] for start, stop in format_of(data).records(data, 0, len(data))]


def test_a_trace_belongs_to_its_error():
    records = [
        b'[2026-11-23 17:40:42] production.ERROR: x {"exception":"[object] (E(code: 0)\n[stacktrace]\n#0 /a\n"} \n',
        b"[2026-11-23 17:40:43] production.INFO: y  \n",
    ]
    assert cut(b"".join(records)) == records


def test_nginx_writes_what_php_said_on_several_lines():
    records = [
        b'2026/11/23 17:40:42 [error] 1#1: *1 FastCGI sent in stderr: "PHP message: PHP Fatal error:  Uncaught E\n'
        b'Stack trace:\n#0 {main}\n  thrown in /a.php on line 3" while reading\n',
        b"2026/11/23 17:40:43 [error] 1#1: *2 open() failed\n",
    ]
    assert cut(b"".join(records)) == records


def test_lines_without_heads_are_records():
    assert cut(b"one\ntwo\nthree") == [b"one\n", b"two\n", b"three"]


def test_dated_lines_in_a_laravel_log_are_no_records():
    log = b"[2026-11-23 17:40:42] production.INFO: check\n2026-11-23 05:35:33 Done: SUCCESS\n"
    assert cut(log) == [log]


QUOTING = (
    b"[2026-11-23 17:41:04] production.DEBUG: From: Example <hello@example.com>\n"
    b"Subject: Error report\n\n"
    b"[2026-11-23 17:40:00] production.ERROR: quoted\n#0 {main}\n"
    b"[2026-11-23 17:40:01] production.INFO: Importing account\n"
)
AFTER = b"[2026-11-23 17:41:04] production.ERROR: real\n"


def test_what_a_mail_quotes_belongs_to_the_mail():
    assert cut(QUOTING + AFTER) == [QUOTING, AFTER]
    assert cut(QUOTING) == [QUOTING]
    assert is_mail(QUOTING, 0) and not is_mail(AFTER, 0)


def test_a_mail_is_read_as_it_was_written():
    mail = (
        b"[2026-11-23 17:41:04] production.DEBUG: From: a@example.com\nContent-Transfer-Encoding: quoted-printable\n\n"
        b"SQLSTATE[23000]: Integrity constraint violation: 1062 Duplicate entry '=\n2-C1' for key =3D 'x'\n"
    )
    assert "Duplicate entry '2-C1' for key = 'x'" in readable(mail)


def test_broken_bytes_are_read():
    assert readable(b"a\xff\0b\r\nc\r\n") == "a�b\nc"
