"""The probe's redaction, attacked: one secret or name in each place and notation in which programs write them."""

import re

import pytest

from tests.canaries import Canaries
from tests.probe_host import AWKS, there, written

SECRET_FIELDS = (
    "password", "passwd", "passphrase", "pwd", "pass", "db_password", "MAIL_PASSWORD", "user_password",
    "password_confirmation", "secret", "api_secret", "clientSecret", "client_secret", "token", "access_token",
    "refresh_token", "api_token", "_token", "csrf_token", "api_key", "apikey", "apiKey", "app_key", "private_key",
    "privateKey", "publishable_key", "auth", "authorization", "credentials", "pin", "otp", "one_time_password",
    "cvv", "cvc", "session", "session_id", "cookie", "X-Api-Token", "X-API-SECRET", "X-Ninja-Token",
)  # fmt: skip
NAME_FIELDS = (
    "name", "first_name", "last_name", "user_name", "username", "full_name", "company_name", "client_name",
    "contact_name", "display_name", "billing_name", "cardholder", "card_holder_name", "contact", "customer", "to",
    "cc",
)  # fmt: skip
PRIVATE_FIELDS = (
    "phone", "work_phone", "fax", "address1", "shipping_address2", "city", "postal_code", "vat_number",
    "id_number", "iban", "account_number", "routing_number", "card_number", "last4", "private_notes",
    "public_notes", "subject", "signature", "custom_value1",
)  # fmt: skip
NOTATIONS = {
    "JSON": '{{"{}":"{}","x":1}}',
    "JSON with blanks": '{{"{}": "{}", "x": 1}}',
    "JSON in JSON": '{{"exception":"{{\\"{}\\":\\"{}\\"}}"}}',
    "JSON in JSON in JSON": '{{"a":"{{\\"b\\":\\"{{\\\\\\"{}\\\\\\":\\\\\\"{}\\\\\\"}}\\"}}"}}',
    "var_export": "array ( '{}' => '{}', )",
    "print_r": "Array\n(\n    [{}] => {}\n)",
    "an object": "Object\n(\n    [{}:protected] => {}\n    [x] => 1\n)",
}


def fields(c):
    """Each field in each notation: (what it is, text)."""
    for kind, names, value in (
        ("secret", SECRET_FIELDS, lambda where: f"{c.password(where)} and {c.word(where)}"),
        ("name", NAME_FIELDS, c.person),
        ("private", PRIVATE_FIELDS, c.person),
    ):
        for name in names:
            for notation, text in NOTATIONS.items():
                where = f"{notation}, {kind} {name}"
                yield where, text.format(name, value(where))
    for notation in ("JSON", "JSON with blanks"):
        where = f"{notation} with quotes"
        said = f'{c.word(where)} \\"{c.word(where)}\\" & Co \\\\'
        yield where, NOTATIONS[notation].format("name", said)
        yield where, NOTATIONS[notation].format("password", said)


def pairs(c):
    for name in ("password", "pass", "pwd", "secret", "token", "api_key", "pin", "cvv", "session", "auth", "iban"):
        yield f"{name}=", f"something {name}={c.password(f'{name}=')} happened"
    for name in ("password", "secret", "token", "key", "code", "q", "filter", "name", "signature", "email"):
        where = f"?{name}="
        yield where, f"GET https://v5.client1.test/x?page=1&{name}={c.password(where)}&b=2 failed"


def free_texts(c):
    """Texts of databases, mail servers, HTTP clients and PHP itself."""
    yield "duplicate", f"1062 Duplicate entry '{c.word('duplicate')} O'{c.word('duplicate')}-7' for key 'x.y'"
    yield "duplicate 2", f"1062 Duplicate entry '{c.word('duplicate 2')}' for key 'x'"
    yield (
        "incorrect",
        f"1366 Incorrect string value: '\\xF0{c.word('incorrect')} D'{c.word('incorrect')}' for column `n`",
    )
    yield "near", f"to use near '{c.word('near')} where id = '{c.word('near')}' at line 1"
    for number, verb in enumerate(("insert into `companies` (`settings`) values", "update `clients` set `settings` =")):
        where = f"SQL {number}"
        said = f'(5, {{"name":"{c.word(where)}","x":"{c.word(where)}"}}, {c.word(where)}, (a) {c.word(where)}'
        said += f",\nKind regards\n{c.person(where)} (CEO))"
        yield where, f'SQLSTATE[23000]: bad (Connection: mysql, SQL: {verb} {said}) {{"userId":1}}'
        yield where, f'SQLSTATE[23000]: bad (SQL: {verb} {said})  {{"context":"PHP"}} []'
        yield where, f"SQLSTATE[23000]: bad (SQL: {verb} {said}) in /var/www/x/Connection.php:829\nStack trace:\n#0 x"
        yield where, f"SQLSTATE[23000]: bad (SQL: {verb} {said}"
    yield "trace", f"#3 /x/y.php(65): App\\Foo->bar('{c.email('trace')}', '{c.word('trace')} {c.word('trace')}', Array)"
    yield (
        "trace 2",
        f"#3 /x/y.php(65): PDO->__construct('mysql:host=loca...', '{c.word('trace 2')}', '{c.word('trace 2')}')",
    )
    yield "to", f"Sending to: {c.person('to')} <{c.email('to')}>"
    yield "head", f'To: "{c.person("head")}" <{c.email("head")}>\nReply-To: {c.company("head")} <{c.email("head")}>'
    yield "company", f"migration for the following company: {c.company('company')}\nMissing resource key: clients_99999"
    yield "user", f'Failed to authenticate on SMTP server with username "{c.email("user")}" using'
    yield "cookie", f"Cookie: a={c.word('cookie')}; b={c.word('cookie')}"
    yield "bearer", f"Authorization: Bearer {c.word('bearer')}.{c.word('bearer')}-{c.word('bearer')}"
    for where, mail in (
        ("mail", "{}+x@{}.example.com"),
        ("mail %40", "{}%40{}.example.com"),
        ("MAIL", "{}@{}.EXAMPLE.COM"),
    ):
        for before, behind in (
            ("<", ">"),
            ("'", "'"),
            ("(", ")"),
            ("mailto:", "?x"),
            ("=", "&"),
            ("\\u003c", "\\u003e"),
        ):
            yield where, f"bad {before}{mail.format(c.word(where), c.word(where))}{behind} there"


def addresses(c):
    """Logins in addresses, and addresses of the network."""
    for text in (
        "mysql://{}:{}@127.0.0.1/x", "redis://:{}@h:6379", "https://{}@sentry.test/1", "smtp://{}%40x.de:{}/{}@smtp.test",
        "https://u:p@{}@h.test/x", "amqp://{}:{}@h",
    ):  # fmt: skip
        yield text, "bad " + text.format(*(c.word(text) for _ in range(text.count("{}")))) + " there"
    for before, behind in (("", ""), ("[", "]"), ("(", ")"), ("'", "'"), ("=", "&"), (": ", ", x"), ("", ".")):
        yield "ip", f"from {before}{c.ip('ip')}{behind} to"
        yield "ip 6", f"from {before}{c.ip6('ip 6')}{behind} to"


def tokens(c):
    hexadecimal = "0123456789abcdef"
    for where, text in (
        ("plain", c.characters("plain", 40)), ("hex", c.characters("hex", 64, hexadecimal)), ("key", c.key("key")),
        ("after %3D", f"%3D{c.key('after %3D')}"),
        ("JWT", f"eyJ{c.characters('JWT', 30)}.eyJ{c.characters('JWT', 40)}"),
        ("bcrypt", f"$2y$10${c.characters('bcrypt', 53)}"), ("Stripe", f"sk_live_{c.characters('Stripe', 24)}"),
        ("customer", f"'cus_{c.characters('customer', 13)}9Z'"), ("app key", c.app_key("app key")),
        ("base64", f"{c.characters('base64', 11)}/{c.characters('base64', 11)}+{c.characters('base64', 11)}aZ9=="),
        ("PEM", "-----BEGIN RSA PRIVATE KEY-----\n" + "\n".join(
            f"{c.characters('PEM', 15)}/{c.characters('PEM', 15)}+{c.characters('PEM', 30)}" for _ in range(5)
        ) + "\n-----END RSA PRIVATE KEY-----"),
        ("export", f"migrations/{c.key('export')}-2026-11-23-invoiceninja.zip"),
    ):  # fmt: skip
        yield where, f"bad {text} there"


COMMANDS = (
    "cd /x && mysqldump -uroot -p{} x | gzip >/x/storage/a.gz; php artisan up",
    "mysqldump --user root --password {} x && cd /x && php artisan up",
    "php artisan schedule:run && curl -fsS -u admin:{} https://hc-ping.test/{} -H 'X-Api-Token: {}'",
    "sshpass -p {} ssh x php artisan schedule:run",
    "su - www-data -c \"cd /x && php artisan down; mysqldump -p{} x; curl --user a:{} -H 'X: {}' https://x\"",
    "DB_PASSWORD={} php artisan schedule:run",
    "php artisan queue:work --password={} --token {} redis://:{}@127.0.0.1",
    "php artisan schedule:run || echo {} | mail -s {} x",
)


@pytest.mark.parametrize("command", AWKS)
def test_nothing_gets_through(command):
    if not there(command):
        pytest.skip(f"{command} is not installed")
    c = Canaries()
    planted = [each for group in (fields, pairs, free_texts, addresses, tokens) for each in group(c)]
    assert len(planted) > 500
    for start in range(0, len(planted), 190):
        part = planted[start : start + 190]
        lines = "".join("O\tlogs/hits\nST\tlogs/hits/-/text\t" + text.replace("\n", "\x1e") + "\n" for _, text in part)
        hits = written(lines, command)["logs"]["hits"]
        # Pseudonyms have their value in them here, which is a digest in the probe's output.
        leaks = [f"{where}: {without_places(hit['text'])}" for (where, _), hit in zip(part, hits)]
        leaks = [leak for leak in leaks if c.sing(leak.partition(": ")[2])]
        assert not leaks, "\n".join(leaks)


def without_places(text):
    return re.sub(r"<(email|name|ip|key):(?:[^<>]|<[^<>]*>)*>", r"<\1>", text)


@pytest.mark.parametrize("command", AWKS)
def test_no_password_of_a_command_gets_through(command):
    if not there(command):
        pytest.skip(f"{command} is not installed")
    c = Canaries()
    lines = ""
    for text in COMMANDS:
        filled = text.format(*(c.word(text) for _ in range(text.count("{}"))))
        lines += f"O\tcron/entries\nS\tcron/entries/-/command\t{filled}\n"
    entries = written(lines, command)["cron"]["entries"]
    said = [each["command"] for each in entries]
    for text in said:
        assert "artisan" in text
    c.quiet("\n".join(said), "commands")
    assert said[0].startswith("cd /x && ") and said[0].endswith("php artisan up")


@pytest.mark.parametrize(
    "text",
    [
        "cd /var/www/invoiceninja && /usr/bin/php8.2 artisan schedule:run >> /dev/null 2>&1",
        "cd '/var/www/a && b' && flock -n /tmp/x.lock php artisan queue:work --queue=default --tries=3",
        "/usr/bin/php7.4 /var/www/invoiceninja/artisan ninja:send-invoices",
        "sudo -u www-data php artisan schedule:run",
        "docker compose exec -T app php artisan schedule:run",
        "https://v5.example.com:8443/a@b and http://127.0.0.1:8080/x@2/y",
        'SQLSTATE[HY000] [2002] Connection refused {"userId":1,"exception":"[object] (PDOException(code: 2002)"}',
        "password authentication failed; the token is invalid; session expired; key 'users_email_unique'",
        'Undefined array key "password": The password field is required.',
        '{"errors":{"password":["The password field is required."],"name":["The name must be a text."]}}',
        "[name] => Array\n[phone] => \n[to] => 5",
        "GET /api/v1/login?include=token&page=2 HTTP/1.1",
    ],
)
def test_what_says_something_stays(text):
    kind = "S\tcron/entries/-/command" if "artisan" in text else "ST\tlogs/hits/-/text"
    where = "cron/entries" if "artisan" in text else "logs/hits"
    document = written(f"O\t{where}\n{kind}\t" + text.replace("\n", "\x1e") + "\n")
    group, _, name = where.partition("/")
    assert next(iter(document[group][name][0].values())) == text
