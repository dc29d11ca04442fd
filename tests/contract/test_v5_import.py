"""V5's import against the recorded logs, outputs and rows: what it writes, what it hides, what it leaves behind."""

from __future__ import annotations

import contextlib
import hashlib
import http.server
import json
import re
import socketserver
import threading
import zipfile
from io import BytesIO
from typing import Iterator

import pytest
from conftest import RECORDINGS, free_port
from v5_standin import COMPANY_KEY, EXPORT, V5App, dates, durations, recorded, v5, v5_server

__all__ = ["v5", "v5_server"]

CASES = RECORDINGS / "export-cases"
DANGLING = CASES / "invoice-client-dangling.zip"
REASON = "Missing resource key: clients_99999"
STRIPE = "d14dd26a37cecc30fdd65700bfb55b23"
UNPACKED = f"public/storage/migrations/{COMPANY_KEY}-2026-11-23-invoiceninja"


def lines(v5: V5App, log: str) -> str:
    """A log without times, random ids, and the HTML parts of mails, which the recordings cut too."""
    text = re.sub(r"\n[^\n]*\nContent-Type: text/html.*?\n  \n", "\n<HTML>\n", v5.plain(log) + "\n", flags=re.DOTALL)
    return re.sub(r"\n--BOUNDARY(--)?\n<the HTML part is cut>\n  \n", "\n<HTML>\n", text)


def imported(v5: V5App, archive=EXPORT, env: dict[str, str] | None = None, **fields: str) -> str:
    """Send an export, let a worker import it, and return what the worker printed."""
    v5.start(v5.token(), archive, COMPANY_KEY, **fields)
    return v5.work(**(env or {}))


def before_login_mail(text: str) -> str:
    """The log up to the completion of the import: mails about logins depend on what was queued before."""
    end = text.index("CompletedROCKET" if "CompletedROCKET" in text else "Completed🚀")
    return text[: text.index("\n", end) + 1]


def test_a_success_is_logged_as_recorded(v5: V5App) -> None:
    """Every stage, the mail and the mark of completion."""
    imported(v5)
    wanted = before_login_mail(lines(v5, recorded("migration-success.production.laravel.log")))
    assert before_login_mail(lines(v5, v5.log())) == wanted
    assert v5.companies()[1] == ("2", COMPANY_KEY, "1")
    assert v5.jobs() == []
    assert v5.database.value("SELECT COUNT(*) FROM failed_jobs") == "0"


def test_expanded_logging(v5: V5App) -> None:
    """invoiceninja.log has the recorded lines; payment ids and the company's id differ by what came before."""
    imported(v5, env={"EXPANDED_LOGGING": "true"}, silent_migration="1")
    wanted, seen = recorded("migration-success.expanded-logging.invoiceninja.log"), v5.log("invoiceninja")
    number = re.compile(r"INFO: \d+  $", re.MULTILINE)
    assert number.sub("INFO: N  ", dates(seen)) == number.sub("INFO: N  ", dates(wanted))
    assert len(number.findall(seen)) == len(number.findall(wanted))


def test_the_worker_prints_what_was_recorded(v5: V5App) -> None:
    """The jobs that follow an import, and how the worker writes them."""
    seen = imported(v5)
    follow = durations(dates(seen)).split("\n")
    wanted = [line for line in durations(dates(recorded("queue-work.expanded.txt"))).split("\n") if line]
    assert [line for line in wanted if line not in follow] == []
    v5.reset()
    v5.start(v5.token(), b"no zip", COMPANY_KEY)
    assert durations(dates(recorded("queue-work.corrupt-zip.txt"))) in durations(dates(v5.work()))


def test_rows_of_a_success(v5: V5App) -> None:
    """Counts as in the export; the first paid invoice counted twice; credits by their balance; one product more."""
    imported(v5, silent_migration="1")
    wanted = {"clients": 10, "invoices": 64, "quotes": 64, "payments": 64, "expenses": 65, "tasks": 3}
    wanted |= {"projects": 2, "vendors": 9, "credits": 2, "products": 92}
    counts = {
        table: int(v5.database.value(f"SELECT COUNT(*) FROM {table} WHERE company_id = 2") or 0) for table in wanted
    }
    assert counts == wanted
    rows = v5.database.rows("SELECT number, amount, balance, paid_to_date FROM invoices ORDER BY id LIMIT 2")
    amounts = [tuple(float(row[name]) for name in ("amount", "balance", "paid_to_date")) for row in rows]
    assert amounts[0] == (3.12, -0.9, 4.02), "V4 has 1.11 open and 2.01 paid"
    assert amounts[1][0] == pytest.approx(amounts[1][1] + amounts[1][2])
    credit = v5.database.rows("SELECT amount, balance FROM credits ORDER BY id")[1]
    assert (float(credit["amount"]), float(credit["balance"])) == (25.0, 25.0)
    assert v5.database.value("SELECT COUNT(*) FROM documents") == "0", "V4 cannot be reached"


def test_amounts_of_every_other_invoice_are_v4s(v5: V5App) -> None:
    """But for the first one, amount and balance are those of the export."""
    imported(v5, silent_migration="1")
    with zipfile.ZipFile(EXPORT) as archive:
        given = json.loads(archive.read("migration.json"))["data"]["invoices"]
    rows = v5.database.rows("SELECT number, amount, balance FROM invoices WHERE company_id = 2")
    seen = {row["number"]: (float(row["amount"]), float(row["balance"])) for row in rows}
    wanted = {row["number"]: (float(row["amount"]), float(row["balance"])) for row in given}
    assert [number for number in wanted if seen[number] != pytest.approx(wanted[number])] == ["0001"]


def test_an_exception_is_invisible_in_production(v5: V5App) -> None:
    """The log ends at the last stage, the job counts as done, failed_jobs is empty; migration.json stays."""
    seen = imported(v5, DANGLING, {"MAIL_MAILER": "array"})
    assert lines(v5, v5.log()) == lines(v5, recorded("import-exception.production.laravel.log"))
    assert "App\\Jobs\\Util\\StartMigration" in seen and "FAIL" not in seen
    assert v5.database.value("SELECT COUNT(*) FROM failed_jobs") == "0"
    assert (v5.path / UNPACKED / "migration.json").exists()
    assert (v5.path / f"{UNPACKED}.zip").exists()


def test_an_exception_is_mailed(v5: V5App) -> None:
    """With MAIL_MAILER=log the failure mail names it, twice."""
    imported(v5, DANGLING)
    wanted = lines(v5, recorded("import-exception.production.mail-log.laravel.log")).replace("Kale Roberts", "New User")
    end = wanted.index("<HTML>")
    assert lines(v5, v5.log())[:end] == wanted[:end]


def test_another_environment_shows_the_exception(v5: V5App) -> None:
    """APP_ENV=migration makes the same run log its message; nobody is mailed with MAIL_MAILER=array."""
    imported(v5, DANGLING, {"APP_ENV": "migration", "MAIL_MAILER": "array", "EXPANDED_LOGGING": "true"})
    assert lines(v5, v5.log()) == lines(v5, recorded("import-exception.worker-env-override.laravel.log"))
    wanted = dates(recorded("import-exception.worker-env-override.invoiceninja.log")).replace("INFO: 7", "INFO: 2")
    assert dates(v5.log("invoiceninja")).startswith(wanted)


def test_the_override_needs_the_cache_out_of_the_way(v5: V5App) -> None:
    """Where the configuration is cached, APP_ENV alone changes nothing; APP_CONFIG_CACHE makes it count."""
    v5.ok("optimize")
    imported(v5, DANGLING, {"APP_ENV": "migration", "MAIL_MAILER": "array"})
    assert REASON in v5.log(), "the mail was logged, by the cached configuration"
    assert "migration.INFO" not in v5.log()
    v5.reset()
    v5.ok("optimize")
    env = {"APP_ENV": "migration", "MAIL_MAILER": "array", "APP_CONFIG_CACHE": "/nonexistent/config.php"}
    imported(v5, DANGLING, env)
    assert f"migration.INFO: {REASON}  \n" in v5.log()


def test_broken_mail_hides_the_reason(v5: V5App) -> None:
    """The failure mail cannot be sent: its error is what is logged, and the job fails."""
    port = str(free_port())
    imported(v5, DANGLING, {"MAIL_MAILER": "smtp", "MAIL_HOST": "127.0.0.1", "MAIL_PORT": port})
    assert f'production.ERROR: Connection could not be established with host "127.0.0.1:{port}"' in v5.log()
    assert REASON not in v5.log()
    assert "Connection could not be established" in v5.database.value("SELECT exception FROM failed_jobs")


def test_broken_mail_does_not_hurt_a_success(v5: V5App) -> None:
    """The mail about a completed import is tried and forgotten."""
    imported(v5, EXPORT, {"MAIL_MAILER": "smtp", "MAIL_HOST": "127.0.0.1", "MAIL_PORT": str(free_port())})
    assert "Completed🚀" in v5.log()


@pytest.mark.parametrize(("archive", "state"), [(EXPORT, "completed"), (DANGLING, "failed")])
def test_the_cache_knows_the_state(v5: V5App, archive, state: str) -> None:
    """migration-<key> is in Laravel's file cache: expiry in ten digits, then the serialized value."""
    imported(v5, archive, silent_migration="1")
    name = hashlib.sha1(f"migration-{COMPANY_KEY}".encode()).hexdigest()  # noqa: S324
    path = v5.path / "storage/framework/cache/data" / name[:2] / name[2:4] / name
    assert re.fullmatch(rf'\d{{10}}s:{len(state)}:"{state}";', path.read_text())


def test_sync_imports_inside_the_request(v5: V5App) -> None:
    """QUEUE_CONNECTION=sync: an exception is a 200, an error a 500, and the log says which stage it was."""
    v5.write_env(QUEUE_CONNECTION="sync")
    answer = v5.start(v5.token(), EXPORT, COMPANY_KEY, silent_migration="1")
    assert (answer.status_code, answer.json()["method"]) == (200, "sync")
    assert "Completed🚀" in v5.log()
    v5.reset()
    v5.write_env(QUEUE_CONNECTION="sync")
    assert v5.start(v5.token(), DANGLING, COMPANY_KEY, silent_migration="1").status_code == 200
    assert REASON not in v5.log()
    v5.reset()
    v5.write_env(QUEUE_CONNECTION="sync")
    answer = v5.start(v5.token(), CASES / "invoice-client-null.zip", COMPANY_KEY)
    assert (answer.status_code, answer.json()) == (500, {"message": "Server Error"})
    assert (
        "production.ERROR: App\\Jobs\\Util\\Import::transformId(): Argument #2 ($old) must be of type string"
        in v5.log()
    )


@contextlib.contextmanager
def v4(token: str) -> Iterator[tuple[str, list[str]]]:
    """A web server that gives attachments and a logo as V4 does; yields its URL and the paths that were asked for."""
    asked: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            allowed = self.path == "/logo.png" or self.headers.get("X-Ninja-Token") == token
            self.send_response(200 if allowed else 403)
            self.end_headers()
            self.wfile.write(b"content of " + self.path.encode() if allowed else b"no")

        def log_message(self, *arguments: object) -> None:
            """Say nothing."""

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}", asked
        server.shutdown()


def changed(change) -> bytes:
    """The recorded export after `change(data)`, as a zip."""
    with zipfile.ZipFile(EXPORT) as archive:
        content = json.loads(archive.read("migration.json"))
    change(content["data"])
    target = BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("migration.json", json.dumps(content))
    return target.getvalue()


def test_attachments_of_invoices_are_lost(v5: V5App) -> None:
    """V5 asks V4 for the expense's attachment only, with V4's token, and keeps its bytes."""
    with v4("yjftwrsdx085mrkvjyv2asimajynkikl") as (url, asked):

        def move(data: dict) -> None:
            data["company"]["settings"]["company_logo"] = f"{url}/logo.png"
            data["account"]["token"] = "yjftwrsdx085mrkvjyv2asimajynkikl"
            for document in data["documents"]:
                document["url"] = f"{url}/api/v1/documents/{document['name']}"

        archive = changed(move)
        imported(v5, archive, silent_migration="1")
    with zipfile.ZipFile(BytesIO(archive)) as opened:
        documents = json.loads(opened.read("migration.json"))["data"]["documents"]
    (expense,) = [document for document in documents if document.get("expense_id")]
    assert asked == ["/logo.png", f"/api/v1/documents/{expense['name']}"]
    (row,) = v5.database.rows("SELECT name, url, hash, documentable_type, size FROM documents")
    assert (row["name"], row["documentable_type"]) == (expense["name"], "App\\Models\\Expense")
    stored = (v5.path / "public/storage" / row["url"]).read_bytes()
    assert stored == f"content of /api/v1/documents/{expense['name']}".encode()
    assert row["url"].endswith(row["hash"])
    settings = json.loads(v5.database.value("SELECT settings FROM companies WHERE id = 2"))
    assert settings["company_logo"].startswith(f"https://v5.client1.test/storage/{COMPANY_KEY}/")


def test_a_refused_attachment_is_passed_over(v5: V5App) -> None:
    """403 from V4: the import completes, and nothing says that an attachment is missing."""
    with v4("another token") as (url, asked):

        def move(data: dict) -> None:
            for document in data["documents"]:
                document["url"] = f"{url}/api/v1/documents/1"

        imported(v5, changed(move), silent_migration="1")
    assert len(asked) == 1
    assert v5.database.value("SELECT COUNT(*) FROM documents") == "0"
    assert "Completed🚀" in v5.log()


def test_a_recurring_link_survives_on_the_first_invoice_only(v5: V5App) -> None:
    """Later invoices lose the columns that a request may not fill."""

    def link(data: dict) -> None:
        for invoice in data["invoices"][:3]:
            invoice["recurring_id"] = data["recurring_invoices"][0]["id"]

    imported(v5, changed(link), silent_migration="1")
    assert v5.database.value("SELECT GROUP_CONCAT(number) FROM invoices WHERE recurring_id IS NOT NULL") == "0001"


def test_gateways_are_encrypted_with_v5s_key(v5: V5App) -> None:
    """The gateway's configuration is not readable in V5's database; its token finds it."""

    def add(data: dict) -> None:
        row = {"company_id": 1, "created_at": "2026-11-23"}
        gateway = {"id": 5, "user_id": 1, "gateway_key": STRIPE, "require_cvv": 1, "fees_and_limits": {}}
        data["company_gateways"] = [{**row, **gateway, "config": '{"apiKey":"sk_live_x"}'}]
        token = {"id": 9, "client_id": 1, "token": "tok", "company_gateway_id": 5, "gateway_type_id": 1}
        data["client_gateway_tokens"] = [{**row, **token}]

    imported(v5, changed(add), silent_migration="1")
    assert "sk_live_x" not in v5.database.value("SELECT config FROM company_gateways")
    assert v5.database.value("SELECT company_gateway_id FROM client_gateway_tokens") == v5.database.value(
        "SELECT id FROM company_gateways"
    )
