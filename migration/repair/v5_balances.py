"""Writes the amounts of a plan into V5's database: all of them or none, and only if V5 is still as it was planned."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from .. import counts, php_db
from ..errors import MigrationError

NOTE = "Balance as in V4 (Ninjalift)"
_UPDATE_CLIENT = 61  # V5's Activity::UPDATE_CLIENT

# Clients come first and in the order of their ids, as everybody who locks several should. The column names are those
# of the plan's code, never of its input.
_APPLY = r"""
function ninja_plain($value) {
    if ($value === null || !is_numeric($value) || strpos($value, '.') === false) { return $value; }
    $text = rtrim(rtrim($value, '0'), '.');
    return $text === '-0' || $text === '' ? '0' : $text;
}
function ninja_same(array $row, array $wanted) {
    foreach ($wanted as $column => $value) {
        if (ninja_plain($row[$column]) !== ninja_plain($value)) { return false; }
    }
    return true;
}
$columns = [
    'clients' => ['balance', 'paid_to_date', 'credit_balance', 'is_deleted', 'updated_at'],
    'invoices' => ['amount', 'balance', 'paid_to_date', 'status_id', 'is_deleted', 'updated_at'],
];
$pdo = ninja_connect($input);
try {
    $pdo->beginTransaction();
    $company = ninja_rows($pdo, 'SELECT id FROM companies WHERE BINARY company_key = ?', [$input['company_key']]);
    if (count($company) !== 1) { $pdo->rollBack(); ninja_emit(['changed_since' => ['the company itself']]); }
    $company = $company[0]['id'];
    $since = [];
    $written = [];
    foreach ($input['changes'] as $i => $change) {
        $table = $change['table'];
        $rows = ninja_rows($pdo, "SELECT * FROM `$table` WHERE id = ? AND company_id = ? FOR UPDATE",
            [$change['id'], $company]);
        $row = $rows ? array_map(function ($v) { return $v === null ? null : (string) $v; }, $rows[0]) : null;
        if ($row !== null && ninja_same($row, $change['after'])
            && ($table !== 'clients' || !ninja_same($row, $change['before']))) { continue; }
        if ($row === null || !ninja_same($row, $change['before'])) { $since[] = $change['name']; continue; }
        $written[$i] = $row;
    }
    if ($since) { $pdo->rollBack(); ninja_emit(['changed_since' => $since]); }
    foreach ($written as $i => $row) {
        $change = $input['changes'][$i];
        $names = array_intersect($columns[$change['table']], array_keys($change['after']));
        $set = implode(', ', array_map(function ($n) { return "`$n` = ?"; }, $names));
        $values = array_map(function ($n) use ($change) { return $change['after'][$n]; }, $names);
        ninja_run($pdo, "UPDATE `{$change['table']}` SET $set, updated_at = UTC_TIMESTAMP(6) WHERE id = ?",
            array_merge(array_values($values), [$change['id']]));
    }
    foreach ($input['changes'] as $i => $change) {
        if ($change['table'] !== 'clients') { continue; }
        $row = ninja_rows($pdo, 'SELECT c.id, c.user_id, c.balance, c.is_deleted,'
            . ' (SELECT COALESCE(SUM(balance), 0) FROM invoices WHERE client_id = c.id AND is_deleted = 0'
            . '  AND status_id IN (2, 3)) AS open,'
            . ' (SELECT balance FROM company_ledgers WHERE client_id = c.id ORDER BY id DESC LIMIT 1) AS ledger'
            . ' FROM clients c WHERE c.id = ?', [$change['id']])[0];
        $apart = abs((float) $row['open'] - (float) $row['balance']);
        if (!$row['is_deleted'] && $apart >= 0.005) {
            $pdo->rollBack();
            ninja_emit(['unbalanced' => $change['name'], 'open' => $row['open'], 'balance' => $row['balance']]);
        }
        if (ninja_plain((string) ($row['ledger'] ?? '0')) === ninja_plain((string) $row['balance'])) { continue; }
        ninja_run($pdo, 'INSERT INTO company_ledgers (company_id, client_id, user_id, activity_id, adjustment, balance,'
            . ' notes, hash, company_ledgerable_id, company_ledgerable_type, created_at, updated_at)'
            . ' SELECT ?, ?, ?, ?, CAST(? AS DECIMAL(20,6)) - CAST(? AS DECIMAL(20,6)), ?, ?, ?, ?, ?,'
            . ' UTC_TIMESTAMP(6), UTC_TIMESTAMP(6)',
            [$company, $row['id'], $row['user_id'], $input['activity'], $row['balance'], $row['ledger'] ?? '0',
             $row['balance'], $input['note'], '', $row['id'], 'App\\Models\\Client']);
    }
    $pdo->commit();
} catch (PDOException $e) {
    try { $pdo->rollBack(); } catch (PDOException $ignored) { $e = $e; }
    ninja_fail('query', 'balances: ' . $e->getMessage());
}
ninja_emit(['written' => count($written)]);
"""

_RUN = r"""
function ninja_run(PDO $pdo, $sql, array $values) {
    $statement = $pdo->prepare($sql);
    $statement->execute($values);
}
"""


def apply(root: Path, company_key: str, steps: list[dict[str, Any]], php: str, web_user: str) -> int:
    """Write the steps of a plan's part `balances` in one transaction; return how many records were changed.

    A record that has the wanted amounts already is passed over, so that a plan may be repeated. Raises MigrationError
    (changed-since-plan, books-disagree, and those of php_db.run_script); then nothing was changed.
    """
    changes = [{**one["data"], "name": one["id"]} for one in steps]
    changes.sort(key=lambda change: (change["table"] != "clients", int(change["id"])))
    data = {
        "company_key": counts.checked_key(company_key),
        "changes": changes,
        "note": NOTE,
        "activity": _UPDATE_CLIENT,
    }
    result = php_db.run_script(root, _RUN + _APPLY, data, php, web_user, timeout=300)
    if "changed_since" in result:
        names = ", ".join(result["changed_since"][:5])
        raise MigrationError(
            f"V5 has changed since the plan was made ({names}), so no amount was written",
            "./cli.py repair CLIENT balances",
            "changed-since-plan",
        )
    if "unbalanced" in result:
        raise MigrationError(
            f"{result['unbalanced']}: its open invoices come to {result['open']}, not to {result['balance']},"
            " so no amount was written",
            "./cli.py repair CLIENT balances",
            "books-disagree",
        )
    return int(result["written"])
