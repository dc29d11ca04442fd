"""The pairing of a client's hosts, and the filters as Ansible sees them."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest
from ansible.errors import AnsibleFilterError

from migration.clients import pair
from migration.errors import MigrationError

PLUGIN = Path(__file__).parents[2] / "plugins" / "filter" / "ninja.py"
GROUPS = {
    "all": ["a4", "a5", "b"],
    "ungrouped": [],
    "v4": ["a4", "b"],
    "v5": ["a5", "b"],
    "acme": ["a4", "a5"],
    "beta": ["b"],
    "europe": ["a4", "a5", "b"],
    "pilot": ["a4", "a5", "db"],
}


@pytest.fixture(scope="module")
def filters():
    spec = importlib.util.spec_from_file_location("ninja_filters", PLUGIN)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.FilterModule().filters()


@pytest.mark.parametrize("host", ["a4", "a5"])
def test_both_hosts_give_their_client(host):
    assert pair(GROUPS, host) == {"name": "acme", "v4": "a4", "v5": "a5"}


def test_both_versions_may_stand_on_one_machine():
    assert pair(GROUPS, "b") == {"name": "beta", "v4": "b", "v5": "b"}


@pytest.mark.parametrize(
    ("groups", "id", "says"),
    [
        ({"v4": ["h"], "all": ["h"]}, "client-missing", "in no group"),
        ({"v4": ["h"], "one": ["h"]}, "client-missing", "one has no host in the group v5"),
        ({"v5": ["h"], "one": ["h"]}, "client-missing", "one has no host in the group v4"),
        ({"v4": ["h", "i"], "v5": ["j"], "one": ["h", "i", "j"]}, "client-missing", "one has 2 hosts in the group v4"),
        ({"v4": ["i", "j"], "v5": ["h"], "one": ["i", "h"], "two": ["j", "h"]}, "client-twice", "(one, two)"),
    ],
)
def test_what_is_no_pair_is_explained(groups, id, says):
    with pytest.raises(MigrationError) as caught:
        pair(groups, "h")
    assert caught.value.id == id
    assert says in str(caught.value)


def test_the_filters_are_there_and_explain_themselves(filters):
    assert filters["ninja_client"](GROUPS, "a5")["v4"] == "a4"
    assert filters["ninja_check_data"]("Done: SUCCESS")["ok"]
    manifest = {"counts": {"clients": 2}, "documents": {"expenses": 1, "invoices": 0, "other": 0, "bytes": 3}}
    rows = {"clients": [{"n": 2}], "expense_documents": [{"n": 0}]}
    assert [row["kind"] for row in filters["ninja_manifest_diff"](manifest, rows)] == ["expense_documents"]
    assert filters["ninja_counts_diff"]({"clients": 1}, {"clients": 1}) == []
    assert filters["ninja_known_losses"]({"invoice_documents": 1}, {})[0]["v4"] == 1
    assert "account_key = 'abc'" in filters["ninja_v4_counts"]("abc")["company"]
    assert "company_key = 'abc'" in filters["ninja_v5_counts"]("abc")["company"]
    assert "0x61" in filters["ninja_v4_company"]("a")["company"]
    with pytest.raises(AnsibleFilterError) as caught:
        filters["ninja_v5_counts"]("x'")
    assert "Mend it with" in str(caught.value)
