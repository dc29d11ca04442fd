"""Exposure: what anybody can fetch from the site, and what lies where it soon may be fetched."""

from __future__ import annotations

import shlex

from ..check import Fine, Skip, Trouble, check
from ..facts import Facts
from ..findings import WARN
from ..remedy import in_sed
from ..server import family, reload_web
from ..units import in_bytes, rows

NAMED = 5  # paths that evidence names


def _served(facts: Facts, *kinds: str) -> list[str]:
    return [
        str(each.get("path"))
        for each in rows(facts["exposure/paths"])
        if each.get("served") and each.get("kind") in kinds
    ]


def _asked(facts: Facts, *kinds: str):
    """What to say where nothing of these kinds is served."""
    asked = [str(each.get("path")) for each in rows(facts["exposure/paths"]) if each.get("kind") in kinds]
    if not asked:
        return Fine("There was nothing of the kind to ask for")
    statuses = [each.get("status") for each in rows(facts["exposure/paths"]) if each.get("kind") in kinds]
    if not any(statuses):
        return Skip("The site does not answer: see web.site-answers")
    return Fine(f"Not served: {_some(asked)}")


def _some(paths: list[str]) -> str:
    return ", ".join(paths[:NAMED]) + (f" and {len(paths) - NAMED} more" if len(paths) > NAMED else "")


def _url(facts: Facts, paths: list[str]) -> str:
    return f"{facts.get('exposure/base', '')}{_some(paths)}"


def _deny(facts: Facts, place: str, expression: str) -> str:
    """Forbid addresses in the web server; place: an address that begins so, expression: nginx's for it."""
    if facts.get("web/server") == "apache":
        directory = "/etc/httpd/conf.d" if family(facts) == "rhel" else "/etc/apache2/conf-enabled"
        rule = f'<LocationMatch "{expression}">\\n Require all denied\\n</LocationMatch>\\n'
        return f"printf {shlex.quote(rule)} >> {directory}/invoiceninja-deny.conf && {reload_web(facts)}"
    file = shlex.quote(str(facts.get("web/vhost/file") or "/etc/nginx/sites-enabled/default"))
    location = f"location ^~ {place} {{ return 404; }}" if place else f"location ~ {expression} {{ return 404; }}"
    swap = shlex.quote(f"s|^([[:space:]]*)root .*;|&\\n\\1{in_sed(location)}|")
    return f"sed -i --follow-symlinks -E {swap} {file} && {reload_web(facts)}"


@check("exposure.exports", "No export of V4 can be fetched from the site", needs=("exposure/paths",))
def exports(facts: Facts):
    found = _served(facts, "export")
    if not found:
        return _asked(facts, "export")
    return Trouble(
        f"Anybody can fetch {_url(facts, found)}: password hashes, and the keys of the payment gateways in clear text."
        " Take it that they are known",
        f"{_remove_exports(facts)}{_deny(facts, '/storage/migrations/', '^/storage/migrations/')}",
    )


def _remove_exports(facts: Facts) -> str:
    """V5 needs no upload once it was imported. V4's own exports may still be wanted, so there it is closed only."""
    return "" if facts.kind == "v4" else f"rm -rf {_migrations(facts)}/*; "


def _migrations(facts: Facts) -> str:
    # The facts name exports by pseudonyms, because their names are the companies' keys.
    return shlex.quote(f"{facts.root}/public/storage/migrations")


@check("exposure.exports-kept", "No export is left below the web root", needs=("storage/exports",), severity=WARN)
def exports_kept(facts: Facts):
    kept = [each for each in rows(facts["storage/exports"]) if each.get("public") and each.get("kind") != "json"]
    if not kept:
        return Fine("None lies below public")
    shown = [f"{each.get('path')} ({in_bytes(each.get('bytes') or 0)})" for each in kept]
    return Trouble(
        f"{_some(shown)}: V5 never deletes what was uploaded, with password hashes and gateway keys. Delete it when the"
        " migration is done",
        f"rm -f {_migrations(facts)}/*.zip",
    )


def _absolute(facts: Facts, path: object) -> str:
    text = str(path or "")
    return text if text.startswith("/") else f"{facts.root}/{text}"


@check("exposure.unpacked-exports", "No unpacked export is left below the web root", needs=("storage/exports",))
def unpacked_exports(facts: Facts):
    kept = [each for each in rows(facts["storage/exports"]) if each.get("public") and each.get("kind") == "json"]
    if not kept:
        return Fine("None lies below public")
    paths = [str(each.get("path")) for each in kept]
    return Trouble(
        f"{_some(paths)}: an import failed and left its data open below the web root",
        f"find {_migrations(facts)} -name migration.json -delete",
    )


@check("exposure.env", "The settings (.env) cannot be fetched from the site", needs=("exposure/paths",))
def env(facts: Facts):
    found = _served(facts, "env")
    if not found:
        return _asked(facts, "env")
    return Trouble(
        f"Anybody can fetch {_url(facts, found)}: the database's password and APP_KEY are known. Change the password"
        " after this is closed",
        _deny(facts, "", "/\\.(?!well-known/)"),
    )


@check("exposure.logs", "Logs cannot be fetched from the site", needs=("exposure/paths",))
def logs(facts: Facts):
    found = _served(facts, "log")
    if not found:
        return _asked(facts, "log")
    return Trouble(
        f"Anybody can fetch {_url(facts, found)}: names, addresses and errors of the customers",
        _deny(facts, "/storage/logs/", "^/storage/logs/"),
    )


@check("exposure.backups", "Backups cannot be fetched from the site", needs=("exposure/paths",))
def backups(facts: Facts):
    found = _served(facts, "backup")
    if not found:
        return _asked(facts, "backup")
    there = {
        f"/{str(each.get('path')).partition('public/')[2]}": each.get("path")
        for each in rows(facts.get("storage/backups"))
    }
    files = [_absolute(facts, there.get(path) or f"public{path}") for path in found]
    return Trouble(
        f"Anybody can fetch {_url(facts, found)}: the whole database, or the settings",
        _move_away(facts, files),
    )


def _move_away(facts: Facts, files: list[str]) -> str:
    place = "/root/moved-from-public"
    return f"mkdir -pm 700 {place} && mv {' '.join(map(shlex.quote, files))} {place}/"


@check("exposure.backups-kept", "No backup is left below the web root", needs=("storage/backups",), severity=WARN)
def backups_kept(facts: Facts):
    kept = rows(facts["storage/backups"])
    if not kept:
        return Fine("None lies below public")
    shown = [f"{each.get('path')} ({in_bytes(each.get('bytes') or 0)})" for each in kept]
    return Trouble(
        f"{_some(shown)}: one guess of the name, and anybody has it",
        _move_away(facts, [_absolute(facts, each.get("path")) for each in kept]),
    )


@check("exposure.git", "The site does not serve its .git", needs=("exposure/paths",))
def git(facts: Facts):
    found = _served(facts, "git")
    if not found:
        return _asked(facts, "git")
    return Trouble(
        f"Anybody can fetch {_url(facts, found)}: the code's history, with what was ever committed to it",
        _deny(facts, "", "/\\.(?!well-known/)"),
    )


@check("exposure.source", "The site does not serve its code as text", needs=("exposure/paths",))
def source(facts: Facts):
    found = _served(facts, "php")
    if not found:
        return _asked(facts, "php")
    return Trouble(
        f"{_url(facts, found)} comes as source code: the web server does not pass PHP on",
        _pass_php(facts),
    )


def _pass_php(facts: Facts) -> str:
    if facts.get("web/server") == "apache":
        if family(facts) == "rhel":
            return "dnf install -y php-fpm && systemctl enable --now php-fpm && systemctl restart httpd"
        number = ".".join(str(facts.get("php/cli/version", "8.2")).split(".")[:2])
        return f"a2enmod proxy_fcgi setenvif && a2enconf php{shlex.quote(number)}-fpm && systemctl restart apache2"
    file = shlex.quote(str(facts.get("web/vhost/file") or "/etc/nginx/sites-enabled/default"))
    socket = facts.get("php/web/listen") or "/run/php/php-fpm.sock"
    address = f"unix:{socket}" if str(socket).startswith("/") else socket
    location = f"location ~ \\.php$ {{ include snippets/fastcgi-php.conf; fastcgi_pass {address}; }}"
    swap = shlex.quote(f"s|^([[:space:]]*)root .*;|&\\n\\1{in_sed(location)}|")
    return f"sed -i --follow-symlinks -E {swap} {file} && {reload_web(facts)}"
