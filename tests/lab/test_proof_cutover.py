"""Cut over and go back on real machines: V4 sends, is quiet, and sends again; killed at each step, it ends the same."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import pytest
from killing import chain, run
from proof_lab import ROOT, ProofLab, wait_until

pytest_plugins = ["proof_lab"]

# What a real migration leaves is accepted here; test_proof_repair.py mends it.
ACCEPTED = ["documents/*", "invoices/*", "clients/*", "company*", "payments/*"]
MARK = "#stopped by ninjalift's cutover# "
ARTISAN = f"cd {ROOT} && php artisan"
PLACES = {
    "/etc/cron.d/v4-invoices": f"* * * * * www-data {ARTISAN} ninja:send-invoices >/dev/null 2>&1\n",
    "/usr/local/bin/v4-reminders": f"#!/bin/sh\n# for cron\n{ARTISAN} ninja:send-reminders\n",
    "/etc/cron.daily/v4-reminders": f"#!/bin/sh\nsudo -u www-data sh -c '{ARTISAN} ninja:send-reminders'\n",
    "/etc/systemd/system/v4-send.service": "[Service]\nType=oneshot\nUser=www-data\n"
    f"WorkingDirectory={ROOT}\nExecStart=/usr/bin/php artisan ninja:send-invoices\n",
    "/etc/systemd/system/v4-send.timer": "[Timer]\nOnCalendar=*-*-* *:30:00\n[Install]\nWantedBy=timers.target\n",
}
CRONTAB = (
    "MAILTO=ops\n15 8 * * * /usr/local/bin/v4-reminders\n0 3 * * * tar cf /tmp/v4.tar /var/www/invoiceninja/storage\n"
)


class Client:
    """The migrated client, with everything in V4 that a cron line can be."""

    def __init__(self, proof: ProofLab) -> None:
        self.proof = proof
        self.key = proof.client.account_key

    def plant(self) -> None:
        """Let V4 run its commands from every place that there is."""
        # What a test that failed left; `put_back` does not know these places.
        self.proof.v4_shell(
            "rm -rf /etc/systemd/system/v4-send.timer.d /etc/cron.daily/v4-reminders* && systemctl daemon-reload"
        )
        for path, text in PLACES.items():
            self.proof.v4.ssh(f"cat >{path}", input=text)
        self.proof.v4.ssh("crontab -u www-data -", input=CRONTAB)
        self.proof.v4_shell(
            "chmod 755 /usr/local/bin/v4-reminders /etc/cron.daily/v4-reminders && systemctl daemon-reload"
            " && systemctl enable --now --quiet v4-send.timer"
        )

    def due(self) -> None:
        """Make V4's recurring invoice due today, and one invoice due for a reminder."""
        self.proof.v4_sql(
            "UPDATE invoices SET is_public = 1, frequency_id = 4, start_date = '2020-01-01', end_date = NULL,"
            " last_sent_date = NULL, is_deleted = 0, deleted_at = NULL WHERE is_recurring = 1;"
            "UPDATE accounts SET enable_reminder1 = 1, num_days_reminder1 = 1, direction_reminder1 = 1,"
            " field_reminder1 = 1; UPDATE clients SET send_reminders = 1;"
            "UPDATE users SET confirmed = 1"
        )

    def overdue(self) -> None:
        """Let an open invoice have been due yesterday."""
        self.proof.v4_sql(
            "UPDATE invoices SET due_date = CURDATE() - INTERVAL 1 DAY, is_public = 1, last_sent_date = NULL"
            " WHERE balance > 0 AND is_recurring = 0 AND invoice_type_id = 1 ORDER BY id LIMIT 1"
        )

    def sent(self) -> str:
        """What V4 made and sent so far."""
        return self.proof.v4_sql(
            "SELECT COUNT(*), MAX(id), COUNT(last_sent_date) FROM invoices; SELECT COUNT(sent_date) FROM invitations"
        )

    def run_all(self) -> None:
        """Run V4's commands at once, as whoever in the world still may."""
        for command in ("ninja:send-invoices", "ninja:send-reminders", "schedule:run"):
            self.proof.v4_shell(f"cd {ROOT} && sudo -u www-data php artisan {command}")

    def places(self) -> str:
        """What is in the places of `plant`, and whether the timer waits."""
        return self.proof.v4_shell(
            "head -n 9 /etc/cron.d/*v4* /etc/cron.d/invoiceninja4; crontab -u www-data -l;"
            " run-parts --test /etc/cron.daily; systemctl is-active v4-send.timer || true;"
            " ls -R /etc/systemd/system/v4-send* || true"
        )

    def state(self) -> dict:
        """Where the client stands, as both applications have it."""
        settings = self.proof.v4_sql("SELECT forward_url_for_v5, is_disabled FROM account_email_settings")
        disabled = self.proof.sql(f"SELECT is_disabled FROM companies WHERE company_key = '{self.key}'")
        return {"v4": settings.split(), "v5": disabled, "places": self.places()}

    def follow(self) -> str:
        """Where an old link of V4 leads, asked on its own host."""
        key = self.proof.v4_sql("SELECT invitation_key FROM invitations ORDER BY id LIMIT 1")
        site = self.proof.v4.site
        answer = self.proof.v4_shell(
            f"curl -sS -o /dev/null -D - --resolve {site}:443:127.0.0.1 https://{site}/view/{key}"
        )
        found = re.search(r"^location: (\S+)", answer, re.I | re.M)
        return found.group(1).replace(key, "KEY") if found else ""

    def cutover(self, *more: str):
        accepted = [word for one in ACCEPTED for word in ("--accept", one)]
        return self.proof.cli("cutover", "client1", *accepted, *more)


@pytest.fixture
def client(proof: ProofLab) -> Client:
    return Client(proof)


@pytest.fixture(scope="module")
def live() -> dict:
    """What a cut-over that nobody killed made of the client; empty until a test saw it."""
    return {}


def test_v4_sends_is_quiet_and_sends_again(client: Client, live: dict) -> None:
    proof = client.proof
    client.plant()
    before = client.state()
    assert before["v4"][-1] == "0"
    assert before["v5"] == "1"
    assert client.follow() == ""

    done = client.cutover()
    assert done.status == 0, done.output[-4000:]
    live.update(client.state())
    assert live["v4"] == [f"{proof.url}", "1"]
    assert live["v5"] == "0"
    assert client.follow() == f"{proof.url}/client/invoice/KEY"
    for stopped in (
        f"{MARK}* * * * * www-data {ARTISAN} ninja:send-invoices",
        f"{MARK}* * * * * www-data cd {ROOT} && php artisan schedule:run",
        f"{MARK}15 8 * * * /usr/local/bin/v4-reminders",
    ):
        assert stopped in live["places"]
    assert "\n0 3 * * * tar" in live["places"], "what sends nothing goes on"
    assert "/etc/cron.daily/v4-reminders" not in live["places"]
    assert "\ninactive" in live["places"]

    client.due()
    client.overdue()
    sent = client.sent()
    client.run_all()
    assert client.sent() == sent, "V4 sends nothing, whoever runs its commands"

    again = client.cutover()
    assert again.status == 0, again.output[-4000:]
    assert again.client["changed"] == 0
    assert client.state() == live

    proof.sql(
        f"INSERT INTO clients (company_id, user_id, name, client_hash, created_at, updated_at) SELECT company_id,"
        f" user_id, 'Entered in V5', 'x', NOW(6), NOW(6) FROM clients WHERE company_id = {proof.company} LIMIT 1;"
        f"UPDATE invoices SET po_number = 'PO 7', updated_at = NOW(6)"
        f" WHERE company_id = {proof.company} AND number = '0003';"
        f"UPDATE invoices SET balance = 0, paid_to_date = amount, status_id = 4, updated_at = NOW(6)"
        f" WHERE company_id = {proof.company} AND number = '0001'"
    )
    paid = first_invoice(proof)
    run_again = proof.cli("run", "client1", "--repair")
    assert (run_again.status, run_again.client["changed"]) == (0, 0), run_again.output[-4000:]
    assert not run_again.client["differences"], "a V5 in use is compared with nothing"
    repaired = proof.cli("repair", "client1", "balances", "--execute")
    assert "V5 is in use, and it was changed there since the import" in repaired.output
    assert repaired.client["changed"] == 0, repaired.output[-4000:]
    assert first_invoice(proof) == paid
    assert client.state() == live

    back = proof.cli("rollback", "client1")
    assert back.status == 0, back.output[-4000:]
    assert "1 new client (Entered in V5)" in back.output
    assert "2 changed invoices (0001, 0003)" in back.output
    assert client.state() == before
    assert client.follow() == ""
    wait_until(lambda: client.sent() != sent, "V4's own cron to send again")

    twice = proof.cli("rollback", "client1")
    assert twice.status == 0, twice.output[-4000:]
    assert twice.client["changed"] == 0
    assert client.state() == before

    refused = client.cutover()
    assert refused.status == 3, refused.output[-4000:]
    assert "since the export, V4 has" in refused.client["message"]
    assert "1 new invoice (" in refused.client["message"]
    assert client.state() == before, "nothing was changed"


def first_invoice(proof: ProofLab) -> list:
    """Total, open and paid in V5 of the invoice whose payment the importer counted twice."""
    return proof.sql(
        f"SELECT amount, balance, paid_to_date FROM invoices WHERE company_id = {proof.company} AND number = '0001'"
    ).split()


@pytest.mark.wide
def test_killed_at_each_step_it_ends_in_the_same_state(client: Client, live: dict) -> None:
    proof = client.proof
    client.plant()
    before = client.state()
    if not live:  # this test runs alone
        assert client.cutover().status == 0
        live.update(client.state())
        assert proof.cli("rollback", "client1").status == 0

    made = chain(proof.lab.inventory, proof.lab.vault_password, "cutover", {"cutover_accept": ACCEPTED})
    assert client.state() == live
    assert {each.rpartition(" : ")[2] for each in made} >= {
        "Turn V4's forwarding to V5 on",
        "Stop V4's scheduler",
        "Write V5's marks",
        "Switch V5's company on",
    }
    made = chain(proof.lab.inventory, proof.lab.vault_password, "rollback")
    assert len(made) == 3, made
    assert client.state() == before


def refused(client: Client, **variables: object) -> str:
    """Cut over, which must be refused and change nothing; its message in one line."""
    before = client.state()
    played = client.proof.play("cutover", **{"cutover_accept": ACCEPTED, **variables})
    assert played.status == 2, played.output[-3000:]
    assert "Traceback" not in played.output
    assert client.state() == before, "nothing was changed"
    fatal = re.findall(r'^fatal: .*?"msg": "((?:[^"\\]|\\.)*)"', played.output, re.M)
    assert fatal, played.output[-3000:]
    return json.loads(f'"{fatal[-1]}"')


def test_what_cannot_be_cut_over_is_refused_and_nothing_is_changed(client: Client) -> None:
    proof = client.proof
    named = proof.cli("cutover", "client1")
    assert named.status == 3, named.output[-3000:]
    assert "V5 differs from V4" in named.client["message"]
    assert "documents/" in named.client["message"]

    planned = client.cutover("--plan")
    assert planned.status == 0, planned.output[-3000:]
    assert "can be cut over" in planned.output
    assert client.state()["v4"][-1] == "0"

    wrong = {"v4_owner_password": "wrong", "v5_owner_password": "wrong"}
    assert "does not accept" in refused(client, **wrong)
    proof.v4_shell(f"cd {ROOT} && sudo -u www-data php artisan down")
    assert "maintenance mode" in refused(client)
    proof.v4_shell(f"cd {ROOT} && sudo -u www-data php artisan up")

    proof.shell("systemctl stop invoiceninja-queue")
    assert "its scheduler or queue does not work" in refused(client, cutover_alive_timeout=15)
    proof.shell("systemctl start invoiceninja-queue")

    other = f"UPDATE companies SET company_key = '{{}}' WHERE id = {proof.company}"
    first = proof.sql("SELECT company_key FROM companies WHERE id = 1")
    proof.sql(other.format("nobodyskey"))
    assert "never migrated" in refused(client)
    # V5's own index forbids it, where nobody took the index away.
    proof.sql(
        "ALTER TABLE companies DROP INDEX companies_company_key_unique;"
        f"UPDATE companies SET company_key = '{client.key}'"
    )
    assert "2 companies with the key" in refused(client)
    proof.sql(f"UPDATE companies SET company_key = '{first}' WHERE id = 1")

    # V4 is quiet already when this fails, and gets its work back.
    proof.sql(
        "UPDATE invoice_invitations SET `key` = REVERSE(`key`); UPDATE quote_invitations SET `key` = REVERSE(`key`)"
    )
    assert "knows none of the old links" in refused(client, cutover_accept=[*ACCEPTED, "*_invitations/*"])


@pytest.mark.wide
def test_a_v4_with_other_accounts_goes_on_for_them(client: Client) -> None:
    proof = client.proof
    client.plant()
    proof.v4_sql(
        "SET sql_mode = ''; INSERT INTO accounts (id, name, account_key) VALUES (77, 'Second', 'secondkey');"
        "INSERT INTO account_email_settings (account_id, is_disabled) VALUES (77, 0)"
    )
    before = client.state()
    done = client.cutover()
    assert done.status == 0, done.output[-4000:]
    assert "V4 works for 1 other account" in done.output
    live = client.state()
    assert live["v5"] == "0"
    assert live["places"] == before["places"], "the scheduler goes on"
    client.due()
    sent = client.sent()
    client.run_all()
    assert client.sent() == sent, "and sends nothing of this account"
    there = proof.cli("rollback", "client1", "--without-v5")
    assert there.status == 3
    assert "V5 is not gone" in there.client["message"]
    proof.shell("systemctl stop nginx")
    gone = proof.cli("rollback", "client1", "--without-v5")
    proof.shell("systemctl start nginx")
    assert gone.status == 0, gone.output[-4000:]
    assert client.state() == {**before, "v5": "0"}, "V5 was not asked"
    assert proof.cli("rollback", "client1").status == 0
    assert client.state() == before


@pytest.mark.wide
def test_a_v4_without_a_shell_is_switched_in_its_pages(client: Client) -> None:
    wizard = {"migration_transport": "wizard"}
    assert "v4/no-shell" in refused(client, **wizard)
    assert "does not accept" in refused(client, **wizard, v4_owner_password="wrong")
    before = client.state()
    wanted = {**wizard, "cutover_accept": ["v4/no-shell"], "cutover_mail_mailer": "smtp"}
    played = client.proof.play("cutover", **wanted)
    assert played.status == 0, played.output[-4000:]
    assert client.proof.config("mail.default") == "smtp"
    live = client.state()
    assert live["v4"] == [client.proof.url, "1"]
    assert live["v5"] == "0"
    assert live["places"] == before["places"]
    assert client.follow() == f"{client.proof.url}/client/invoice/KEY"
    assert client.proof.play("cutover", **wanted).changed == 0
    assert client.proof.play("rollback", **wizard).status == 0
    assert client.state() == before


@pytest.mark.wide
def test_before_a_cutover_the_company_is_removed_by_its_name_and_after_a_backup(client: Client) -> None:
    proof = client.proof
    name = proof.sql(f"SELECT JSON_UNQUOTE(JSON_EXTRACT(settings, '$.name')) FROM companies WHERE id = {proof.company}")
    shown = proof.cli("rollback", "client1")
    assert shown.status == 0, shown.output[-3000:]
    assert shown.client["changed"] == 0
    assert "64 invoices" in shown.output
    wrong = proof.cli("rollback", "client1", "--remove", "Another")
    assert wrong.status == 3
    assert "'Another' was to be removed" in wrong.client["message"]
    assert proof.company
    assert proof.shell("ls /var/backups/ninjalift 2>/dev/null; true") == ""

    # Killed after the backup, and after the company is gone.
    command = [str(Path(sys.executable).with_name("ansible-playbook")), "-i", str(proof.lab.inventory), "--limit"]
    command += ["client1", "-e", json.dumps({"rollback_remove": name}), "playbooks/rollback.yml"]
    for changes in (1, 2):
        assert proof.company
        assert run(command, proof.environment, after=changes).killed
    assert proof.company == ""
    done = proof.cli("rollback", "client1", "--remove", name)
    assert done.status == 0, done.output[-4000:]
    assert proof.sql("SELECT COUNT(*) FROM companies") == "1"
    assert proof.shell("ls /var/backups/ninjalift").startswith("v5-")
    assert proof.shell("ls /var/lib/ninjalift/marks") == ""
    again = proof.cli("rollback", "client1", "--remove", name)
    assert again.status == 0, again.output[-3000:]
    assert again.client["changed"] == 0
    assert "nothing to roll back" in again.output
