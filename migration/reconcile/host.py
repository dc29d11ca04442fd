"""Takes one side's manifest on its host, by the host's PHP and with the application's own settings. Writes nothing.

The first call gives counts, sums and a digest for each group of records; the second gives the records of the groups
that differ, and nothing else of the company leaves the host.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Mapping

from .. import counts, php_db
from ..errors import MigrationError
from . import entities, notes, settings
from .host_php import ENGINE

BUCKETS = 4096  # groups that the records of an entity fall into, by their key
CHUNK = 2000  # rows that are held at a time
TIMEOUT = 600.0  # seconds for one manifest


def _paths(root: Path, v4: bool, env: Mapping[str, Any]) -> dict:
    """The local disks of config/filesystems.php, where no cached configuration says otherwise."""
    if v4:
        logos = env.get("LOGO_PATH") or str(root / "public" / "logo")
        return {
            "documents": str(root / "storage" / "documents"),
            "local": str(root / "storage" / "app"),
            "logos": logos,
        }
    return {"public": str(root / "public" / "storage"), "local": str(root / "storage" / "app"), "base": str(root)}


def _environment(root: Path) -> dict:
    return php_db.read_env(root) if (root / ".env").is_file() else {}


def _ask(root: Path, side: str, body: dict, php: str, user: str, timeout: float) -> dict:
    v4 = side == "v4"
    env = _environment(root)
    disk = (env.get("DOCUMENT_FILESYSTEM") or "documents") if v4 else (env.get("FILESYSTEM_DISK") or "public")
    marks = {
        table: f"SELECT COUNT(*), MAX(updated_at), MAX(id) FROM {table} {condition.split('.')[0]} WHERE {condition}"  # noqa: S608
        for table, condition in entities.tables(side).items()
    }
    data = {
        "entities": [entities.host_entity(entity, side, disk) for entity in entities.ENTITIES],
        "identity": entities.IDENTITY[side],
        "currency": entities.CURRENCY[side],
        "maps": entities.MAPS[side],
        "contacts": entities.V4_CONTACTS if v4 else "",
        "marks": marks,
        "disks": _paths(root, v4, env),
        "crypt": {"key": env.get("APP_KEY") or "", "cipher": env.get("APP_CIPHER") or "AES-256-CBC"},
        "logo": ["logos", "logo", ""] if v4 else ["public", "company_logo", "/storage/"],
        "settings": settings.SQL[side],
        "setting_names": settings.V5_NAMES if not v4 else [],
        "lookups": settings.LOOKUPS[side],
        "notes": notes.SQL if v4 else {},
        "find": counts.v5_company_sql(),
        "owner": None,
        "key": "",
        "numberless": {},
        "wanted": None,
        "buckets": BUCKETS,
        "chunk": CHUNK,
        **body,
    }
    found = php_db.run_script(root, ENGINE, data, php, user, timeout)
    found["side"] = side
    found["version"] = _version(root, v4)
    if v4:
        found["url"] = (env.get("APP_URL") or "").rstrip("/")
    return found


def _version(root: Path, v4: bool) -> str:
    """The version that stands in the application's code; empty where it cannot be read."""
    file = root / "app" / "Constants.php" if v4 else root / "VERSION.txt"
    try:
        text = file.read_text("utf-8", "replace")
    except OSError:
        return ""
    match = re.search(r"'NINJA_VERSION', *'([0-9.]+)", text)
    return (match.group(1) if match else "") if v4 else text.strip()


def v4_manifest(
    root: Path,
    email: str,
    account_key: str,
    salt: str,
    php: str = "php",
    user: str = "",
    timeout: float = TIMEOUT,
    wanted: dict | None = None,
) -> dict:
    """V4's manifest of the owner's company.

    salt: makes digests of secrets useless elsewhere; the same for both sides. wanted: groups of records that differ,
    by entity, for the second call. Raises MigrationError (reconcile-no-owner, and those of php_db).
    """
    owner = counts.v4_company_query(email, account_key)["company"].replace(
        "SELECT a.account_key", "SELECT a.id, a.account_key"
    )
    found = _ask(root, "v4", {"owner": owner, "salt": salt, "wanted": wanted}, php, user, timeout)
    if found["company"] is None:
        raise MigrationError(
            f"V4 in {root} has no account owner with the e-mail '{email}' (capital letters count)",
            "./cli.py verify CLIENT",
            "reconcile-no-owner",
        )
    return found


def v5_manifest(
    root: Path,
    company_key: str,
    salt: str,
    numberless: dict,
    php: str = "php",
    user: str = "",
    timeout: float = TIMEOUT,
    wanted: dict | None = None,
) -> dict:
    """V5's manifest of the company with this key.

    numberless: by entity, whose number V4 left to V5 (V4's manifest says so). wanted, salt: as of ``v4_manifest``.
    Raises MigrationError (reconcile-no-company, and those of php_db).
    """
    counts.v5_queries(company_key)  # raises for what is no key
    blank = {name: {str(each): 1 for each in given} for name, given in numberless.items()}
    body = {"key": company_key, "salt": salt, "numberless": blank, "wanted": wanted}
    found = _ask(root, "v5", body, php, user, timeout)
    if found["company"] is None:
        raise MigrationError(
            f"V5 in {root} has no company with V4's key {company_key}: nothing was migrated yet, or it was removed",
            "./cli.py migrate CLIENT",
            "reconcile-no-company",
        )
    return found
