"""The probe's writer: one document of many lines, and what must not travel taken out of all of them."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from diagnostics.probe import Options
from tests.probe_host import AWKS, awk, commands, facts, owned, run, there, v5, written


@pytest.fixture(params=AWKS)
def command(request: pytest.FixtureRequest) -> str:
    if not there(request.param):
        pytest.skip(f"{request.param} is not installed")
    return request.param


def test_every_kind_of_line(command: str) -> None:
    document = written(
        "S\tapp/root\t/var/www/a\tb\nN\tapp/artisan\ttrue\nN\tqueue/retry_after\tnonsense\nL\tcron/entries\n"
        "A\tenv/keys\tA\nA\tenv/keys\tB\nO\tphp/versions\nS\tphp/versions/-/path\t/usr/bin/php\n"
        "O\tphp/versions\nS\tphp/versions/-/path\t/usr/sbin/php-fpm\nS\tphp/versions/-/sapi\tfpm\n"
        'J\tdatabase/jobs\t{"count":2,"by_kind":{"App\\\\Jobs\\\\X":2},"queues":{}}\n'
        'P\tdatabase/companies\t{"id":1}\nP\tdatabase/companies\t{"id":2}\n'
        'F\tqueue/driver\t"sync"\nF\tqueue/internal\tfalse\nJ\tqueue/driver\t"database"\n'
        "M\tweb\tno server\nM\tqueue/driver\tnot known\nC\ttext\t3\nD\tphp\n",
        command,
    )
    assert document["app"] == {"root": "/var/www/a b", "artisan": True}
    assert document["queue"] == {"retry_after": None, "driver": "database", "internal": False}
    assert document["cron"] == {"entries": []}
    assert document["env"] == {"keys": ["A", "B"]}
    assert document["php"]["versions"] == [{"path": "/usr/bin/php"}, {"path": "/usr/sbin/php-fpm", "sapi": "fpm"}]
    assert document["database"]["jobs"]["by_kind"] == {"App\\Jobs\\X": 2}
    assert document["database"]["companies"] == [{"id": 1}, {"id": 2}]
    # A value that came after all needs no reason.
    assert document["probe"]["missing"] == {"web": "no server"}
    assert document["probe"]["redacted"] == {"text": 3}
    assert document["probe"]["complete"] is True


def test_long_lines_come_in_pieces(command: str) -> None:
    long = json.dumps({"type": "x y " * 2500 + "é"}, ensure_ascii=False, separators=(",", ":"))
    line = f"J\tdatabase/v4\t{long}"
    pieces = [line[at : at + 3900] for at in range(0, len(line), 3900)]
    text = "".join(f"+\tphp\t{each}\nS\tapp/root\t/x\n" for each in pieces[:-1]) + f"=\tphp\t{pieces[-1]}\n"
    assert written(text, command)["database"]["v4"]["type"] == "x y " * 2500 + "é"


@pytest.mark.parametrize(
    "value", ['{"a":1', '{"a":}', "[1,]x", '"open', "{'a':1}", "nan", '{"a":1}{"b":2}', "[1 2]", "[1,2"]
)
def test_a_cut_value_does_not_break_the_document(command: str, value: str) -> None:
    document = written(f"J\tdatabase/jobs\t{value}\nS\tapp/root\t/x\n", command)
    assert "database" not in document and document["app"]["root"] == "/x"
    assert "cut off" in document["probe"]["missing"]["database/jobs"]


@pytest.mark.parametrize(
    "value", ["[]", "{}", "null", "-1.5e3", '[{"a":[[],{}]},"x",true]', '{"a":{"b":{"c":"\\u0001d\\n\\"e\\""}}}']
)
def test_any_json_is_taken(command: str, value: str) -> None:
    document = written(f"J\tmore/it\t{value}\n", command)
    assert document["more"]["it"] == json.loads(value.replace("\\u0001d\\n", " d "))


def test_without_an_end_it_is_not_complete(command: str) -> None:
    document = written("S\tapp/root\t/x\nL\tlogs/hits\nD\tfiles\nS\tapp/kin", command, ended=False)
    assert document["probe"]["complete"] is False
    missing = document["probe"]["missing"]
    assert missing["logs/hits"] == missing["database"] == "There was no answer before the time limit"
    assert "permissions/paths" not in missing
    assert document["logs"]["hits"] is None


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"a\xffb", "a\ufffdb"),
        (b"\xc3", "\ufffd"),
        ("ü€🚀".encode(), "ü€🚀"),
        (b"\xed\xa0\x80", "\ufffd\ufffd\ufffd"),
        (b"\xf0\x9f\x9a", "\ufffd\ufffd\ufffd"),
        (b"a\x1b[31mb\x7f", "a [31mb "),
        ("a\u0085b\u2028c".encode(), "a b c"),
        (b'a"b\\c', 'a"b\\c'),
    ],
)
def test_any_bytes_become_a_valid_text(command: str, raw: bytes, text: str) -> None:
    assert written(b"S\tapp/root\t" + raw + b"\n", command)["app"]["root"] == text


def redacted(text: str, before: str = "", command: str = "awk", kind: str = "ST") -> str:
    """What becomes of a text in the log's hits."""
    escaped = text.replace("\n", "\x1e")
    document = written(f"{before}O\tlogs/hits\n{kind}\tlogs/hits/-/text\t{escaped}\n", command)
    return document["logs"]["hits"][0]["text"]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("mail to Kale.Roberts+x@Client1.Test now", "mail to <email:kale.roberts+x@client1.test> now"),
        ("email=owner%40client1.test&x", "email=<email:owner@client1.test>&x"),
        ("from 203.0.113.9 and 10.0.0.1", "from <ip:203.0.113.9> and 10.0.0.1"),
        ("client: 2001:db8::7, server", "client: <ip:2001:db8::7>, server"),
        ("at 17:41:04 in Utils::call()", "at 17:41:04 in Utils::call()"),
        ("MariaDB 10.11.14 Chrome/120.0.0.0", "MariaDB 10.11.14 Chrome/120.0.0.0"),
        ('{"user_name":"Kale \\"K\\" Roberts","count":1}', '{"user_name":"<name:kale \\"k\\" roberts>","count":1}'),
        ("To: Kale Roberts <kale@client1.test>", "To: <name:kale roberts> <<email:kale@client1.test>>"),
        ("for the following company: Acme & Sons\nnext", "for the following company: <name:acme & sons>\nnext"),
        ("token XSIBwd5gWzlR6bPOJrJCrPPSnDWDwUxmN9PSa2Uu used", "token <token> used"),
        ("sessions/t7h5qs8c2j431ea3h3ecm4nxtimyb16q5dgaqrpj", "sessions/<token>"),
        ("mysql://ninja:hunter2@db.test/x", "mysql://<token>@db.test/x"),
        ('{"password":"hunter2","a":1}', '{"password":"<token>","a":1}'),
        ("?api_token=abc123&x=1", "?api_token=<token>&x=1"),
        ("Authorization: Bearer abc.def-ghi", "Authorization: Bearer <token>"),
        ("APP_KEY base64:UFdFNHpsUFk5Zmxs= is bad", "APP_KEY <token> is bad"),
        (
            "migrations/9nrwevhjtlxoochx5kk1b533cebkjblj-2026-11-23-invoiceninja.zip",
            "migrations/<key:9nrwevhjtlxoochx5kk1b533cebkjblj>-2026-11-23-invoiceninja.zip",
        ),
        (
            "SQLSTATE[23000]: Integrity constraint violation: 1062 Duplicate entry 'Kale' for key 'users_email_unique' "
            "(Connection: mysql, SQL: insert into `users` (`name`, `x`) values (Kale, it's 5))",
            "SQLSTATE[23000]: Integrity constraint violation: 1062 Duplicate entry '<text>' for key "
            "'users_email_unique' (Connection: mysql, SQL: insert into `users` <text>",
        ),
        ("Incorrect decimal value: '15,432.5' for column 'exchange_rate'", "'<text>' for column 'exchange_rate'"),
        ("#1 /srv/a.php(5): Mailer->send('Kale Roberts', Array)", "#1 /srv/a.php(5): Mailer->send('<text>', Array)"),
        ("Unknown column 'x_y' in 'field list'", "Unknown column 'x_y' in 'field list'"),
        ('Undefined array key "ninja_tokens"', 'Undefined array key "ninja_tokens"'),
        ('Attempt to read property "id" on null', 'Attempt to read property "id" on null'),
        ("Access denied for user 'root'@'localhost' (using password: YES)", "(using password: YES)"),
        ("Trying to get property 'token' of non-object", "property 'token' of non-object"),
        ('Class "App\\Models\\Invoice" not found', 'Class "App\\Models\\Invoice" not found'),
        ('The "--force" option does not exist.', 'The "--force" option does not exist.'),
        ('The stream or file "/srv/x/laravel.log" could not be opened', '"/srv/x/laravel.log" could not'),
        (
            "Client error: `POST https://v5.test/api/v1/login?include=x` resulted in a `401 Unauthorized` response:\n"
            '{"message":"These credentials do not match our records","errors":{}}',
            "`POST https://v5.test/api/v1/login?include=x` resulted in a `401 Unauthorized` response:\n"
            '{"message":"These credentials do not match our records","errors":{}}',
        ),
        (
            '{"0.email":["The 0.email must be a valid email address."]}',
            '{"0.email":["The 0.email must be a valid email',
        ),
        ('Expected response code "250" but got code "535", with message "535 bad"', 'with message "535 bad"'),
        ("cURL error 60: SSL certificate problem: unable to get local issuer", "cURL error 60: SSL certificate"),
        ("couldn't find the company's file, it isn't there", "couldn't find the company's file, it isn't there"),
        ("2026_01_22_101548_remove_cyber_source_gateway", "2026_01_22_101548_remove_cyber_source_gateway"),
        ("App\\Jobs\\Util\\StartMigration via RecurringInvoicesCronTransformerFactory2", "TransformerFactory2"),
        ("/var/www/invoiceninja/vendor/laravel/framework/src/Illuminate/Container/Util.php(41)", "Util.php(41)"),
    ],
)
def test_what_becomes_of_texts(text: str, wanted: str) -> None:
    assert wanted in redacted(text)


def test_every_awk_redacts_alike(command: str) -> None:
    text = (
        "Kale <kale@client1.test> from 203.0.113.9: password=hunter2 'x y' for key 'users_email_unique' "
        "token XSIBwd5gWzlR6bPOJrJCrPPSnDWDwUxmN9PSa2Uu canary p&ss"
    )
    assert redacted(text, "X\tcanary p&ss\n", command) == redacted(text, "X\tcanary p&ss\n")


@pytest.mark.parametrize("text", ["{}", '{{"a":"{json}"}}', "https://x.test/?p={url}", "password {} for", "{slashes}"])
def test_a_secret_goes_wherever_it_turns_up(command: str, text: str) -> None:
    secret = 'p&ss w/"rd\\x'
    escaped = json.dumps(secret)[1:-1]
    from urllib.parse import quote

    shown = text.format(secret, json=escaped, url=quote(secret, safe=""), slashes=escaped.replace("/", "\\/"))
    said = redacted(shown, f"X\t{secret}\n", command)
    assert "ss w" not in said and "ss%20w" not in said and "<secret>" in said


def test_words_that_say_nothing_are_no_secrets() -> None:
    before = "H\t/var/www/invoiceninja\nX\tproduction\nX\tninja\nX\tinvoiceninja\nX\thttps://v5.test\nX\tsecret\n"
    text = "production.ERROR in /var/www/invoiceninja/app: the secret of https://v5.test"
    assert redacted(text, before) == text


def test_what_stays_as_it_is() -> None:
    root = "/var/www/vhosts/customer0123456789abcdefghij/httpdocs"
    said = written(
        f"H\t{root}\nS\tapp/root\t{root}\nS\tcron/service/name\tcd {root} && x\nI\t203.0.113.7\n"
        "S\thost/name\tlisten 203.0.113.7:443\n"
    )
    assert said["app"]["root"] == root and said["cron"]["service"]["name"] == f"cd {root} && x"
    assert said["host"]["name"] == "listen 203.0.113.7:443"


def test_places_of_keys_and_names(command: str) -> None:
    document = written(
        'P\tdatabase/companies\t{"key":"<<key:AbcDef0123456789AbcDef0123456789>>","name":"<<name:Bär \\"& Co\\">>"}\n'
        "S\tcron/service/name\tstorage/abcdef0123456789abcdef0123456789/x\n",
        command,
    )
    company = document["database"]["companies"][0]
    assert company == {"key": "<key:abcdef0123456789abcdef0123456789>", "name": '<name:bär "& co">'}
    assert document["cron"]["service"]["name"] == "storage/<key:abcdef0123456789abcdef0123456789>/x"
    assert document["probe"]["redacted"] == {"key": 2, "name": 1}


@pytest.mark.parametrize("salt", ["pepper", ""])
def test_pseudonyms_are_salted_digests(tmp_path: Path, salt: str) -> None:
    root = owned(v5(tmp_path / "ninja"))
    (root / "storage/logs/laravel.log").write_text("[2026-11-25 10:00:00] production.ERROR: to Kale@Client1.test\n")
    text = facts(Options(root=str(root), salt=salt))["logs"]["hits"][0]["text"]
    used = salt or "base64:UFdFNHpsUFk5ZmxsMDVqVGNNQklFZTIyR3NBczVzSDc="
    digest = hashlib.sha256(f"{used}\nemail\nkale@client1.test".encode()).hexdigest()[:6]
    assert text == f"to <email:{digest}>"


def test_canaries_do_not_leave(tmp_path: Path) -> None:
    root = owned(v5(tmp_path / "ninja"))
    (root / ".env").write_text(
        (root / ".env").read_text()
        + 'STRIPE="sk_canary_4242"\nMULTI="line canary one\nline canary two"\nSLACK=https://hooks.test/canary1/x\n'
    )
    (root / "storage/logs/laravel.log").write_text(
        "[2026-11-25 10:00:00] production.ERROR: canarymail sk_canary_4242 line canary two "
        "https://hooks.test/canary1/x "
        '{"p":"canary p&ss\\/w\\"rd","e":"canary@client.test","user_name":"Canary Roberts"} canary-db-user\n'
    )
    output = run(Options(root=str(root), salt="canary-salt", company_key="canarycompanykey0123456789abcdef"))
    assert b"production" in output and b"<secret>" in output
    assert b"anary" not in output.replace(str(root).encode(), b"")


def test_a_digest_that_is_known_goes_into_the_table(command: str) -> None:
    lines = "B\t0\nQ\tname kale ltd\tabc123\nQ\tname other\tno digest\n"
    lines += "S\tweb/vhost/file\t<<name:Kale Ltd>> <<name:Other>>\nE\t1\n"
    output = awk("writer", lines.encode(), command)
    assert output.split("\x1d")[1] == "\nname \x01 abc123\nname other\n"


def test_the_pseudonyms_of_the_php_half_are_those_of_the_others(tmp_path: Path) -> None:
    salt, name = "its own salt", "Kale Ltd"
    # The first is told its digest, which here is another than sh would make.
    lines = f'Q\\tname {name.lower()}\\tabc123\\nJ\\tphp/cli/path\\t"<<name:{name}>> <<name:Other>>"\\nD\\tphp\\n'
    php = f"cat >/dev/null\nprintf '{lines}'\n"
    how = {"path": commands(tmp_path, but=("php",), instead={"php": php})}
    root = owned(v5(tmp_path / "ninja"))
    other = hashlib.sha256(f"{salt}\nname\nother".encode()).hexdigest()[:6]
    assert facts(Options(root=str(root), salt=salt), **how)["php"]["cli"]["path"] == f"<name:abc123> <name:{other}>"
