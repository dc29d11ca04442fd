"""What is known about a V4 installation before anything happens to it: asked for, put together, and judged.

The role ``v4`` runs ``roles/v4/files/probe.sh`` as the web user and the ``queries`` through ``ninja_query``; ``facts``
makes one dictionary of both, and ``findings`` says what about it stands in the way of a migration. Pure functions.
"""

from __future__ import annotations

# The database settings that V4 reads (config/database.php), and what the export and the documents' links need.
ENV_KEYS = ("APP_KEY", "APP_URL", "DB_TYPE", "DB_HOST", "DB_DATABASE", "DB_USERNAME", "DB_PASSWORD")
ENTITIES = (
    "users",
    "clients",
    "contacts",
    "invoices",
    "payments",
    "credits",
    "products",
    "expenses",
    "vendors",
    "tasks",
    "projects",
    "documents",
)
# composer.json of 4.5.50 says >=7.3, and its locked packages do not run on 8.
PHP_FROM, PHP_BELOW = (7, 3), (8, 0)


def sql_string(value: str) -> str:
    """A text as an SQL literal."""
    return "'" + value.replace("\\", "\\\\").replace("'", "''") + "'"


def queries(owner_email: str) -> dict[str, str]:
    """The SELECTs whose rows ``facts`` takes: {name: SQL} for one ``ninja_query`` call."""
    email = sql_string(owner_email)
    user = "id, account_id, COALESCE(public_id, 0) AS public_id, username, email, deleted_at IS NOT NULL AS deleted"
    counts = " UNION ALL ".join(
        f"SELECT '{name}' AS entity, account_id, COUNT(*) AS number FROM {name} GROUP BY account_id"  # noqa: S608
        for name in ENTITIES
    )
    return {
        "database": "SELECT VERSION() AS version, DATABASE() AS name, COALESCE(SUM(data_length + index_length), 0)"
        " AS bytes FROM information_schema.tables WHERE table_schema = DATABASE()",
        "columns": "SELECT CONCAT(table_name, '.', column_name) AS name FROM information_schema.columns"
        " WHERE table_schema = DATABASE() ORDER BY 1",
        "users": f"SELECT {user} FROM users WHERE email = {email} OR username = {email}"  # noqa: S608
        " OR COALESCE(public_id, 0) = 0 ORDER BY id",
        # Older V4s lack both columns (upstream's migration of 2021-06-22); then their names mean those of `none`.
        "accounts": "SELECT a.id, a.account_key, a.name,"
        " COALESCE((SELECT is_disabled FROM account_email_settings s WHERE s.account_id = a.id LIMIT 1), 0)"
        " AS is_disabled, COALESCE((SELECT forward_url_for_v5 FROM account_email_settings s WHERE s.account_id = a.id"
        " LIMIT 1), '') AS forward_url FROM accounts a CROSS JOIN (SELECT 0 AS is_disabled, '' AS forward_url_for_v5)"
        " none WHERE a.deleted_at IS NULL ORDER BY a.id",
        "counts": counts,
    }


def probe(text: str) -> dict:
    """Parse the probe's ``key=value`` lines; a key that comes more than once becomes a list only for list keys."""
    lists = {"php_fpm", "writable", "not_writable", "env_key", "php_extension"}
    result: dict = {name: [] for name in lists}
    for line in text.splitlines():
        key, separator, value = line.partition("=")
        if not separator:
            continue
        if key in lists:
            result[key].append(value)
        else:
            result[key] = value
    return result


def facts(
    probed: dict,
    rows: dict,
    http: dict,
    owner_email: str,
    account_key: str = "",
    wanted_version: str = "",
    wanted_state: str = "any",
) -> dict:
    """All that was seen, without secrets; ``rows`` answers ``queries``, ``http`` is the result of v4_http.

    wanted_version, wanted_state: what an upgrade makes of this V4 before it exports; "" and ``any`` for no matter what.
    """
    owner = _owner(rows["users"], rows["accounts"], owner_email, account_key)
    account = next((row for row in rows["accounts"] if owner and int(row["id"]) == owner["account_id"]), {})
    version = probed.get("version", "")
    state = "master" if probed.get("marker") == "yes" else "tag"
    exporting = _exporting(version, state, wanted_version, wanted_state)
    database = rows["database"][0]
    return {
        "version": version,
        "code_state": state if version == "4.5.50" else "",
        "exporting_state": exporting,
        "maintenance": probed.get("maintenance") == "yes",
        "artisan": probed.get("artisan", ""),
        "php": {
            "cli": probed.get("php_cli", ""),
            "fpm": probed["php_fpm"],
            "memory_limit": probed.get("php_memory_limit", ""),
            "extensions": probed["php_extension"],
        },
        "database": {
            "version": database["version"],
            "name": database["name"],
            "bytes": int(database["bytes"]),
        },
        "writable": probed["writable"],
        "not_writable": probed["not_writable"],
        "env_missing": [key for key in ENV_KEYS if key not in probed["env_key"]],
        "owner": _exported(owner, exporting),
        "owners": [row["email"] or row["username"] for row in rows["users"] if not int(row["public_id"])],
        "account": {key: account.get(key) for key in ("id", "account_key", "name", "forward_url")},
        "is_forwarding": str(account.get("is_disabled", 0)) not in ("0", ""),
        "accounts": len(rows["accounts"]),
        "counts": {
            row["entity"]: int(row["number"])
            for row in rows["counts"]
            if owner and int(row["account_id"]) == owner["account_id"]
        },
        "http": {key: http.get(key, "") for key in ("status", "version", "error", "remedy")},
    }


def _exporting(version: str, state: str, wanted_version: str, wanted_state: str) -> str:
    """The code state that will export: that of the upgrade where one is due, otherwise the one that is there."""
    is_due = (wanted_version and version != wanted_version) or wanted_state not in ("any", state)
    if not is_due:
        return state
    return "master" if wanted_state == "any" else wanted_state


def _owner(users: list[dict], accounts: list[dict], email: str, account_key: str) -> dict | None:
    """The user that the e-mail means: owners before others, exact before inexact; in ``account_key``'s company."""
    wanted = {int(row["id"]) for row in accounts if not account_key or row["account_key"] == account_key}
    matches = [
        row
        for row in users
        if email.lower() in ((row["email"] or "").lower(), (row["username"] or "").lower())
        and int(row["account_id"]) in wanted
    ]
    matches.sort(
        key=lambda row: (
            int(row["deleted"]),
            int(row["public_id"]) != 0,
            row["email"] != email,
            int(row["id"]),
        )
    )
    if not matches:
        return None
    found = {key: matches[0][key] for key in ("username", "email")}
    found.update(id=int(matches[0]["id"]), account_id=int(matches[0]["account_id"]))
    found.update(is_owner=not int(matches[0]["public_id"]), is_deleted=bool(int(matches[0]["deleted"])))
    found["companies"] = len(
        {row["account_id"] for row in matches if not int(row["public_id"]) and not int(row["deleted"])}
    )
    return found


def _exported(owner: dict | None, state: str) -> dict:
    """Add the e-mail that the exporter sends for this user; it differs between the two code states."""
    if owner is None:
        return {}
    name = owner["username"] or ""
    return {**owner, "exported_email": name if state == "tag" or "@" in name else owner["email"]}


def findings(seen: dict, wanted: dict) -> list[dict]:
    """Judge the facts: a list of {id, status, title, remedy}, only what is not as it should be.

    wanted: {version, code_state, owner_email, url, root, web_user, client, account_key}; the remedies name them.
    """
    return [*_code(seen, wanted), *_host(seen, wanted), *_person(seen, wanted), *_web(seen, wanted)]


def _finding(id: str, status: str, title: str, remedy: str) -> dict:
    return {"id": id, "status": status, "title": title, "remedy": f"`{remedy}`", "rows": [], "sql": []}


def _code(seen: dict, wanted: dict) -> list[dict]:
    upgrade = f"./cli.py upgrade {wanted['client']}"
    result = []
    if seen["version"] != wanted["version"]:
        title = f"V4 is version {seen['version'] or 'unknown'}, and {wanted['version']} is wanted"
        result.append(_finding("v4-version", "warn", title, upgrade))
    if seen["code_state"] == "tag":
        title = (
            "V4 is the older of the two code states called 4.5.50: it exports user names as e-mails, loses some payment"
            " types, and marks endless recurring invoices as finished"
        )
        # Without this variable the upgrade has nothing to do: the version is the wanted one.
        choose = f"echo 'v4_upgrade_code_state: master' >>inventory/group_vars/{wanted['client']}/vars.yml && "
        remedy = upgrade if wanted["code_state"] == "master" else choose + upgrade
        result.append(_finding("v4-4550-ambiguous", "warn", title, remedy))
    if seen["maintenance"]:
        remedy = f"sudo -u {wanted['web_user']} php {wanted['root']}/artisan up"
        result.append(_finding("v4-maintenance", "warn", "V4 is in maintenance mode", remedy))
    return result


def runs_v4(version: str) -> bool:
    """Whether V4 4.5.50 runs on this version of PHP."""
    number = tuple(int(part) for part in version.split(".")[:2] if part.isdigit())
    return PHP_FROM <= number < PHP_BELOW


def _host(seen: dict, wanted: dict) -> list[dict]:
    result = []
    root, user = wanted["root"], wanted["web_user"]
    if not seen["artisan"].startswith("Laravel Framework"):
        title = f"V4's artisan does not start ({seen['artisan'] or 'no output'})"
        result.append(_finding("v4-artisan", "fail", title, f"sudo -u {user} php {root}/artisan --version"))
    install = "apt-get install php7.4-cli php7.4-fpm"
    cli, fpm = seen["php"]["cli"], seen["php"]["fpm"]
    if cli and not runs_v4(cli):
        title = f"PHP CLI is {cli}, and V4 4.5.50 runs on PHP 7.3 or 7.4"
        result.append(_finding("v4-php-version", "warn", title, install))
    # Other applications on this host, V5 for one, may have a PHP-FPM of their own.
    if fpm and not any(runs_v4(version) for version in fpm):
        title = f"PHP FPM is {', '.join(fpm)}, and V4 4.5.50 runs on PHP 7.3 or 7.4"
        result.append(_finding("v4-php-version", "warn", title, install))
    if "zip" not in seen["php"]["extensions"]:
        title = "PHP's extension zip is missing, without which V4 cannot export"
        result.append(_finding("v4-php-zip", "fail", title, "apt-get install php7.4-zip"))
    if seen["not_writable"]:
        title = f"The web user {user} cannot write to {', '.join(seen['not_writable'])} in {root}"
        remedy = f"chown -R {user} {' '.join(f'{root}/{name}' for name in seen['not_writable'])}"
        result.append(_finding("v4-storage-not-writable", "fail", title, remedy))
    if seen["env_missing"]:
        title = f"{root}/.env has no {', '.join(seen['env_missing'])}"
        result.append(_finding("v4-env", "fail", title, f"sudoedit {root}/.env"))
    return result


def _person(seen: dict, wanted: dict) -> list[dict]:
    email, owner = wanted["owner_email"], seen["owner"]
    variables = f"${{EDITOR:-nano}} inventory/group_vars/{wanted['client']}/vars.yml"
    edit = f"{variables}  # v4_owner_email"
    if not owner:
        return [
            _finding(
                "v4-owner-unknown",
                "fail",
                f"V4 has no user {email}; its owners are {', '.join(seen['owners']) or 'none'}",
                edit,
            )
        ]
    who = f"user {owner['id']}"
    result = []
    if owner["is_deleted"]:
        result.append(_finding("v4-owner-deleted", "fail", f"V4's {who}, {email}, is deleted", edit))
    elif not owner["is_owner"]:
        title = f"V4's {who}, {email}, does not own the company; its owners are {', '.join(seen['owners'])}"
        result.append(_finding("migrate-not-owner", "fail", title, edit))
    elif owner["companies"] > 1 and not wanted["account_key"]:
        title = f"{email} owns {owner['companies']} companies in this V4"
        result.append(_finding("v4-owner-ambiguous", "fail", title, f"{variables}  # v4_account_key"))
    if owner["email"] != email:
        title = f"V4's {who} has the e-mail '{owner['email']}', not '{email}'; V5 compares every letter"
        result.append(_finding("cross-account-email", "fail", title, edit))
    if owner["exported_email"] != email:
        title = f"V4 exports {who} as '{owner['exported_email']}', not '{email}', so V5 would make a second user of it"
        sql = f"UPDATE users SET username = {sql_string(email)} WHERE id = {owner['id']};"  # noqa: S608 - quoted
        result.append({**_finding("v4-username-email-mismatch", "fail", title, ""), "sql": [sql], "remedy": sql})
    if seen["is_forwarding"]:
        title = f"V4 already forwards this company's customers to {seen['account']['forward_url'] or 'V5'}"
        result.append(_finding("v4-forwarding", "warn", title, f"open {wanted['url']}/migration/disable_forward"))
    return result


def _web(seen: dict, wanted: dict) -> list[dict]:
    http = seen["http"]
    if http["error"]:
        return [_finding("v4-unreachable", "warn", http["error"].rstrip("."), http["remedy"])]
    check = f"curl -sSI {wanted['url']}/api/v1/ping"
    if not http["version"]:
        title = f"{wanted['url']} answers {http['status']} without X-Ninja-Version: no V4 answers there"
        return [_finding("v4-not-there", "warn", title, check)]
    if seen["version"] and http["version"] != seen["version"]:
        title = f"{wanted['url']} is V4 {http['version']}, but the code in {wanted['root']} is {seen['version']}"
        return [_finding("v4-other-version-served", "fail", title, "systemctl reload 'php*-fpm.service'")]
    return []
