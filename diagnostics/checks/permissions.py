"""Permissions, by effect: what the web user can read and write, whatever the mode bits say."""

from __future__ import annotations

import shlex
from pathlib import PurePosixPath

from ..check import Fine, Skip, Trouble, check
from ..facts import Facts
from ..findings import FAIL, WARN
from ..remedy import in_root, own, web_user
from ..units import rows

# The kinds of permissions/paths that the application only reads.
READ = ("code", "env")
# Without these the application does not start, or takes no export. V4's storage/migrations is made by the export.
_LARAVEL = (
    "storage",
    "storage/logs",
    *(f"storage/framework{part}" for part in ("", "/cache", "/sessions", "/views")),
    "bootstrap/cache",
)
NEEDED = {
    "v4": _LARAVEL,
    "v5": (*_LARAVEL, "public/storage"),
}
# They came with the archive, and nothing writes them.
MARKERS = (".gitignore", ".gitkeep", ".htaccess", "index.html")
NAMED = 5  # files that evidence names


@check("permissions.writable", "The web user can write where the application must", needs=("permissions/paths",))
def writable(facts: Facts):
    wrong = [
        each
        for each in rows(facts["permissions/paths"])
        if each.get("kind") not in READ and each.get("exists") and each.get("writable") is False
    ]
    if not wrong or _blocked(facts):
        return _tested(facts)
    paths = [str(each.get("path")) for each in wrong]
    return [
        Trouble(
            f"{web_user(facts)} cannot write {each.get('path')} (owner {each.get('owner') or 'not known'})",
            _own(facts, *paths),
        )
        for each in wrong
    ]


def _blocked(facts: Facts) -> bool:
    """Whether the web user cannot even come near: then nothing is there for it, and that says nothing of the files."""
    return bool(facts.get("permissions/parents_blocked"))


def _tested(facts: Facts):
    if _blocked(facts):
        return Skip("The web user cannot enter the directory above: see permissions.parents")
    user = facts.get("permissions/tested_as")
    return (
        Fine(f"Tested as {user}")
        if user
        else Skip("Not checked: the probe could not become the web user (run it as root)")
    )


def _own(facts: Facts, *paths: str) -> str:
    """Give paths back, and let their owner write; logs may lie elsewhere, by an absolute path."""
    inside = [path for path in paths if not path.startswith("/")] or ["storage", "bootstrap/cache"]
    mend = f"{own(facts, *inside)} && chmod -R u+rwX {' '.join(map(shlex.quote, inside))}"
    for path in paths:
        if path.startswith("/"):
            mend += f"; chown -R {shlex.quote(web_user(facts))}: {shlex.quote(path)}"
    return mend


@check("permissions.there", "The directories that the application writes are there", needs=("permissions/paths",))
def there(facts: Facts):
    if _blocked(facts):
        return _tested(facts)
    gone = [
        str(each.get("path"))
        for each in rows(facts["permissions/paths"])
        if each.get("exists") is False and each.get("path") in NEEDED.get(facts.kind, ())
    ]
    link = facts.get("storage/public_storage")
    troubles = []
    if facts.kind == "v5" and link == "broken link":
        troubles.append(
            Trouble(
                "public/storage is a link to nowhere: uploads and exports cannot be stored",
                in_root(facts, f"rm public/storage && mkdir public/storage && {_owner_of(facts, 'public/storage')}"),
            )
        )
        gone = [path for path in gone if path != "public/storage"]
    elif facts.kind == "v5" and link == "missing" and "public/storage" not in gone:
        gone.append("public/storage")
    if gone:
        made = " ".join(map(shlex.quote, gone))
        mend = in_root(facts, f"mkdir -p {made} && {_owner_of(facts, *gone)}")
        troubles.append(Trouble(f"{', '.join(gone)} {'is' if len(gone) == 1 else 'are'} not there", mend))
    return troubles or Fine("All are there")


def _owner_of(facts: Facts, *paths: str) -> str:
    return f"chown {shlex.quote(web_user(facts))}: {' '.join(map(shlex.quote, paths))}"


@check("permissions.env-readable", "The web user can read .env", needs=("permissions/paths",))
def env_readable(facts: Facts):
    return _readable(facts, "env", "the application starts without its settings")


@check("permissions.code-readable", "The web user can read the code", needs=("permissions/paths",))
def code_readable(facts: Facts):
    return _readable(facts, "code", "pages, or the jobs of cron and the queue, fail")


def _readable(facts: Facts, kind: str, harm: str):
    if _blocked(facts):
        return _tested(facts)
    looked = [each for each in rows(facts["permissions/paths"]) if each.get("kind") == kind and each.get("exists")]
    wrong = [str(each.get("path")) for each in looked if each.get("readable") is False]
    if wrong:
        give = " && ".join(f'chgrp -R "$(id -gn {shlex.quote(web_user(facts))})" {shlex.quote(path)}' for path in wrong)
        mend = in_root(facts, f"{give} && chmod -R g+rX {' '.join(map(shlex.quote, wrong))}")
        return Trouble(f"{web_user(facts)} cannot read {', '.join(wrong)}: {harm}", mend)
    if not looked or any(each.get("readable") is None for each in looked):
        return Skip("Not checked: what is there could not be tested as the web user")
    return _tested(facts)


@check("permissions.files-writable", "The web user can write every file there", needs=("permissions/unwritable_count",))
def files_writable(facts: Facts):
    count, named = facts["permissions/unwritable_count"], rows(facts.get("permissions/unwritable"))
    matter = [each for each in named if PurePosixPath(str(each.get("path", ""))).name not in MARKERS]
    if not count or (named and not matter and len(named) >= count) or _blocked(facts):
        return _tested(facts)
    examples = [f"{each.get('path')} ({each.get('owner')}, {each.get('mode')})" for each in (matter or named)[:NAMED]]
    more = "" if facts.get("permissions/counted_all", True) else " or more"
    said = f"{web_user(facts)} cannot write {count}{more} file{'s' if count != 1 else ''}"
    roots = any(each.get("owner") == "root" for each in named)
    why = ": artisan or cron was run as root" if roots else ""
    public = ["public/storage"] if facts.kind == "v5" else ["public/logo"]
    return Trouble("\n".join([f"{said}{why}", *examples]), _own(facts, "storage", "bootstrap/cache", *public))


@check(
    "permissions.one-owner",
    "root owns nothing that the application writes",
    needs=("permissions/owners",),
    severity=WARN,
)
def one_owner(facts: Facts):
    owners = facts["permissions/owners"]
    says = ", ".join(f"{owner}: {count}" for owner, count in sorted(owners.items()))
    count = owners.get("root") or 0
    user = web_user(facts)
    if not count or user == "root":
        return Fine(says)
    if facts.get("permissions/unwritable_count"):
        return Skip(f"{says}: see permissions.files-writable")
    # Where root owns nearly all and all can be written, somebody gave them to a group on purpose.
    if count > sum(each or 0 for each in owners.values()) / 2:
        return Fine(f"{says}; {user} can write all of them")
    return Trouble(
        f"Files below storage and bootstrap/cache belong to {says}: artisan or cron runs as root, and the next file it"
        f" makes may be one that {user} cannot write",
        own(facts, "storage", "bootstrap/cache"),
    )


@check(
    "permissions.parents",
    "The web user can enter every directory above the application",
    needs=("permissions/parents_blocked",),
)
def parents(facts: Facts):
    blocked = [str(each) for each in facts["permissions/parents_blocked"]]
    if not blocked:
        return _tested(facts)
    return Trouble(
        f"{web_user(facts)} cannot enter {', '.join(blocked)}, so everything below it fails",
        f"chmod o+x {' '.join(map(shlex.quote, blocked))}",
    )


@check(
    "permissions.world-writable",
    "Not every user can change the application",
    needs=("permissions/world_writable",),
    severity=WARN,
)
def world_writable(facts: Facts):
    paths = [str(each) for each in facts["permissions/world_writable"]]
    if not paths:
        return Fine("Nothing is writable for everybody")
    shown = ", ".join(paths[:NAMED]) + (f" and {len(paths) - NAMED} more" if len(paths) > NAMED else "")
    names = " ".join(shlex.quote(path) for path in paths)
    return Trouble(f"Every user of this host can write {shown}", in_root(facts, f"chmod -R o-w {names}"))


@check("permissions.env-private", "Not every user can read .env", needs=("env/mode",), severity=WARN)
def env_private(facts: Facts):
    mode = str(facts["env/mode"])
    owner = f"{facts.get('env/owner', '?')}:{facts.get('env/group', '?')}"
    try:
        others = int(mode, 8) & 0o006
    except ValueError:
        return Skip(f"Not checked: the mode of .env is {mode}")
    if not others:
        return Fine(f"{mode} {owner}")
    if facts.get("host/container") in ("docker", "podman"):
        return Fine(f"{mode} {owner}; a container has no other users")
    write = others & 0o002
    user = shlex.quote(web_user(facts))
    harm = "writes it, and so chooses the database" if write else "reads the database's password and APP_KEY"
    return Trouble(
        f".env has mode {mode} ({owner}): every user of this host {harm}",
        in_root(facts, f'chgrp "$(id -gn {user})" .env && chmod 640 .env'),
        FAIL if write else "",
    )
