"""The part `lint` of scripts/bench: ./cli.py lint-export beside json.load, on one export of 1 GiB, in one run."""

from __future__ import annotations

import json
import os
import random
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Callable

from bench_scan import measured

PROJECT = Path(__file__).resolve().parent.parent
BASELINE = PROJECT / "tests" / "contract" / "recordings" / "export-cases" / "baseline.zip"
ROUNDS = 3  # of which the best counts
LOAD = "import json, sys; json.load(open(sys.argv[1], encoding='utf-8'))"
# Of V4's order, so that the file looks as V4 writes it.
BEFORE = ("company_gateways", "client_gateway_tokens", "vendors", "projects")
TEXT = "Beratung Stunde für die Wartung des Systems consulting hours according to agreement 2026 №42 déjà vu"
WORDS = TEXT.split()


class Export:
    """Writes an export of many records, which are those of the recorded one under new ids, numbers and texts."""

    def __init__(self, path: Path, size: int) -> None:
        with zipfile.ZipFile(BASELINE) as archive:
            self.data = json.loads(archive.read("migration.json"))["data"]
        self.choose = random.Random(7)  # noqa: S311  # the same export every time
        # A client of this one has 8 invoices, 2 quotes, 7 payments and what belongs to it: about 37 KB of JSON.
        self.amounts: list[str] = []
        self.clients = max(4, size // 36_950)
        with path.open("w", encoding="ascii") as out:
            self.write(out)

    def text(self) -> str:
        return " ".join(self.choose.choices(WORDS, k=self.choose.randrange(3, 40)))

    def money(self) -> str:
        return f"{self.choose.randrange(1, 500_000) / 100:.2f}"

    def write(self, out) -> None:
        data = self.data
        out.write('{"data":{')
        for name in ("account", "company", "users", "tax_rates", "payment_terms"):
            out.write(f"{json.dumps(name)}:{json.dumps(data[name])},")
        self.resource(out, "clients", self.clients, self.client)
        for name in BEFORE:
            out.write(f"{json.dumps(name)}:{json.dumps(data[name])},")
        self.resource(out, "products", self.clients, self.product)
        out.write(f'"credits":{json.dumps(data["credits"])},')
        self.resource(out, "invoices", 8 * self.clients, self.invoice)
        out.write('"recurring_expenses":[],')
        out.write(f'"recurring_invoices":{json.dumps(data["recurring_invoices"])},')
        self.resource(out, "quotes", 2 * self.clients, self.quote)
        self.resource(out, "payments", 7 * self.clients, self.payment)
        for name in ("documents", "expense_categories", "task_statuses"):
            out.write(f"{json.dumps(name)}:{json.dumps(data[name])},")
        self.resource(out, "expenses", self.clients, self.expense)
        self.resource(out, "tasks", 2 * self.clients, self.task)
        out.write('"ninja_tokens":[]}}')

    def resource(self, out, name: str, count: int, record: Callable[[int], dict]) -> None:
        out.write(f"{json.dumps(name)}:[")
        for number in range(count):
            out.write(("," if number else "") + json.dumps(record(number + 1)))
        out.write("],")

    def like(self, resource: str, **changed) -> dict:
        return {**self.data[resource][0], **changed}

    def client(self, id: int) -> dict:
        contact = self.data["clients"][0]["contacts"][0]
        contacts = [
            {
                **contact,
                "id": 2 * id + more,
                "email": f"c{id}.{more}@example.com",
                "contact_key": f"{id:028x}{more:04x}",
            }
            for more in range(1 + id % 2)
        ]
        return self.like(
            "clients", id=id, name=f"{self.text()[:80]} {id}", contacts=contacts, private_notes=self.text()
        )

    def product(self, id: int) -> dict:
        return self.like("products", product_key=f"P{id}", notes=self.text(), cost=self.money(), price=self.money())

    def bill(self, name: str, key: str, id: int, prefix: str) -> dict:
        client = self.choose.randrange(1, self.clients + 1)
        like = self.data[name][0]
        items = [
            {
                **like["line_items"][0],
                "id": id * 4 + n,
                "cost": self.choose.randrange(1, 9999) / 100,
                "notes": self.text(),
            }
            for n in range(1 + id % 4)
        ]
        invitations = [
            {
                **like["invitations"][0],
                "id": 2 * id + n,
                "client_contact_id": 2 * client + n,
                key: id,
                "key": f"{id:030x}{n:02x}",
            }
            for n in range(1 + client % 2)
        ]
        return {
            **like,
            "id": id,
            "client_id": client,
            "number": f"{prefix}{id:06}",
            "amount": f"{sum(item['cost'] for item in items):.2f}",
            "public_notes": self.text(),
            "line_items": items,
            "invitations": invitations,
            "recurring_id": None,
        }

    def invoice(self, id: int) -> dict:
        """Seven of eight are paid, by the payment with the same number."""
        invoice = self.bill("invoices", "invoice_id", id, "")
        paid = id <= 7 * self.clients
        self.amounts.append(invoice["amount"])
        return {**invoice, "balance": "0.00" if paid else invoice["amount"], "status_id": 4 if paid else 2}

    def quote(self, id: int) -> dict:
        quote = self.bill("quotes", "quote_id", id + 8 * self.clients, "Q")
        del quote["recurring_id"]
        return {**quote, "balance": quote["amount"]}

    def payment(self, id: int) -> dict:
        amount = self.amounts[id - 1]
        applied = [{"invoice_id": id, "amount": amount, "refunded": "0.00"}]
        return self.like(
            "payments", id=id, client_id=1 + id % self.clients, amount=amount, applied=amount, invoices=applied
        )

    def expense(self, id: int) -> dict:
        return self.like("expenses", id=id, amount=self.money(), private_notes=self.text(), client_id=id)

    def task(self, id: int) -> dict:
        return self.like("tasks", id=id, description=self.text(), client_id=1 + id % self.clients)


def run(show: Callable[[str, str, str], None]) -> None:
    """Measure one export of 1 GiB (or BENCH_LINT_MIB)."""
    with tempfile.TemporaryDirectory(prefix="bench-lint-") as folder:
        export, output = Path(folder) / "migration.json", Path(folder) / "predicted.json"
        Export(export, int(os.environ.get("BENCH_LINT_MIB", "1024")) << 20)
        mib = export.stat().st_size / 2**20
        commands = {
            "lint-export": f"{sys.executable} {PROJECT}/cli.py lint-export {export} --json > {output}",
            "json.load": f'{sys.executable} -c "{LOAD}" {export}',
        }
        with export.open("rb") as stream:
            while stream.read(1 << 20):
                pass  # both read it from memory
        best = dict.fromkeys(commands, (float("inf"), 0))
        for _ in range(ROUNDS):
            for name, command in commands.items():
                best[name] = min(best[name], measured(command))
        seconds, peak = best["lint-export"]
        other, most = best["json.load"]
        verdict = json.loads(output.read_text())["verdict"]
        show(
            "lint-export", f"{seconds:.1f} s", f"{mib:.0f} MiB, {peak / 2**20:.0f} MiB of memory; V5's import {verdict}"
        )
        show(
            "  json.load",
            f"{other:.1f} s",
            f"the same file, {most / 2**20:.0f} MiB of memory; the best of {ROUNDS} rounds",
        )
        show("  beside each other", f"{seconds / other:.2f}", f"of its time, {peak / most:.3f} of its memory")
