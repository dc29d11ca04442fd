"""The company is switched with its own token, which V5 may forget half-way; answers are those of a recorded V5."""

from __future__ import annotations

import copy
import json

import pytest
from local_servers import as_json, recorded, serve

from migration.cutover import marks
from migration.cutover.company import Login
from migration.errors import MigrationError
from migration.v5_api import V5Client

LOGIN = recorded("login-ok")["body"]
KEY = LOGIN["data"][0]["company"]["company_key"]
FORGOTTEN = as_json(403, {"message": "Invalid token", "errors": {}})


class V5:
    """A V5 with one company. forgets: how many changes it refuses because it does not know the token any more."""

    def __init__(self, forgets: int = 0, deaf: bool = False, twice: bool = False) -> None:
        self.forgets, self.deaf, self.twice = forgets, deaf, twice
        self.disabled = True
        self.seen: list[tuple] = []

    def __call__(self, handler):
        body = handler.read_body()
        self.seen.append((handler.command, handler.path.partition("?")[0], handler.headers.get("X-Api-Token", "")))
        if handler.path.startswith("/api/v1/login"):
            entries = copy.deepcopy(LOGIN["data"])
            entries[0]["company"]["is_disabled"] = self.disabled
            entries[0]["token"]["token"] = f"token{len(self.seen)}"
            if self.twice:
                entries.append(copy.deepcopy(entries[0]))
                entries[1]["company"]["id"] = "Another0id"
            return as_json(200, {**LOGIN, "data": entries})
        if self.forgets:
            self.forgets -= 1
            return FORGOTTEN
        if not self.deaf:
            self.disabled = json.loads(body)["is_disabled"]
        return as_json(200, {"data": {}})


def login_to(server) -> Login:
    return Login(V5Client(f"http://127.0.0.1:{server.port}"), "owner@client1.test", ["wrong or right"])


def test_a_token_that_v5_forgot_is_asked_for_again_once() -> None:
    v5 = V5(forgets=1)
    with serve(v5) as server:
        assert login_to(server).switch(KEY, True) is True
    assert v5.disabled is False
    puts = [seen for seen in v5.seen if seen[0] == "PUT"]
    assert [seen[1].rpartition("/")[0] for seen in puts] == ["/api/v1/companies"] * 2
    assert puts[0][2] != puts[1][2], "the second time with a new token"


def test_a_v5_that_forgets_again_is_said_and_nothing_is_switched() -> None:
    v5 = V5(forgets=9)
    with serve(v5) as server, pytest.raises(MigrationError) as refused:
        login_to(server).switch(KEY, True)
    assert "403" in refused.value.message
    assert "Invalid token" in refused.value.message
    assert "token" not in refused.value.message.replace("Invalid token", "")
    assert v5.disabled is True
    assert sum(seen[0] == "PUT" for seen in v5.seen) == 2


def test_a_200_that_changed_nothing_is_no_success() -> None:
    with serve(V5(deaf=True)) as server, pytest.raises(MigrationError) as refused:
        login_to(server).switch(KEY, True)
    assert refused.value.id == "company-not-switched"


def test_two_companies_with_one_key_are_named() -> None:
    with serve(V5(twice=True)) as server, pytest.raises(MigrationError) as refused:
        login_to(server).switch(KEY, True)
    assert refused.value.id == "company-twice"
    assert "Another0id" in refused.value.message


def test_what_is_accepted_by_its_id_or_a_pattern() -> None:
    named = [{"id": id} for id in ("since/invoices/0065", "since/quotes/0001", "since/invoices/[A]%2F1", "v4/no-shell")]
    left = marks.unaccepted(named, ["since/quotes/*", "since/invoices/[A]%2F1", "v4/no-shel?"])
    assert left == [{"id": "since/invoices/0065"}]
    assert marks.unaccepted(named, []) == named
    assert marks.accepting(named[:3]) == (
        "--accept since/invoices/0065 --accept since/quotes/0001 --accept 'since/invoices/[A]%2F1'"
    )
    assert marks.accepting(named * 2) == "--accept 'since/invoices/*' --accept 'since/quotes/*' --accept 'v4/*'"


@pytest.mark.parametrize(
    ("kind", "entity", "keys", "said"),
    [
        ("new", "invoices", ["0065", "0066"], "2 new invoices (0065, 0066)"),
        ("new", "payments", ["2.50 for 0003"], "1 new payment (2.50 for 0003)"),
        ("changed", "expense categories", ["Travel"], "1 changed expense category (Travel)"),
        ("changed", "company settings", ["Acme"], "1 changed company settings (Acme)"),
        ("new", "clients", [str(number) for number in range(9)], "9 new clients (0, 1, 2, 3, 4, 5, 6, 7, …)"),
        ("gone", "invoice_items", ["2"], "rows of invoice items deleted for good"),
    ],
)
def test_changes_in_words(kind: str, entity: str, keys: list, said: str) -> None:
    assert marks.words({"kind": kind, "entity": entity, "key": key} for key in keys) == said
