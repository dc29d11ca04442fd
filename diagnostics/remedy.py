"""Commands that mend, as they work when they are pasted into a root shell on the host that was diagnosed."""

from __future__ import annotations

import re
import shlex

from .facts import Facts


def web_user(facts: Facts) -> str:
    """The user that runs the application, as far as it is known."""
    return str(facts.get("web_user/name") or "www-data")


def php(facts: Facts) -> str:
    """The command-line PHP that the host has for the application."""
    return str(facts.get("php/cli/path") or "php")


def in_root(facts: Facts, command: str) -> str:
    """A command in the application's directory, as root."""
    return f"cd {shlex.quote(facts.root)} && {command}"


def as_web_user(facts: Facts, command: str) -> str:
    """A command in the application's directory, as the web user."""
    return in_root(facts, f"sudo -u {shlex.quote(web_user(facts))} {command}")


def artisan(facts: Facts, arguments: str) -> str:
    """An artisan command as the web user: run by root, it would leave files that the web server cannot write."""
    return as_web_user(facts, f"{shlex.quote(php(facts))} artisan {arguments}")


def set_env(facts: Facts, key: str, value: str) -> str:
    """Set a key in .env (replace it, or add it) and make it count."""
    line = f"{key}={value}"
    env = shlex.quote(f"{facts.root}/.env")
    put = (
        f"grep -q {shlex.quote(f'^{key}=')} {env} && sed -i {shlex.quote(f's|^{key}=.*|{in_sed(line)}|')} {env}"
        f" || printf '%s\\n' {shlex.quote(line)} >> {env}"
    )
    return f"{put}; {artisan(facts, 'config:clear')}"


def in_sed(text: str, *, pattern: bool = False) -> str:
    """Text of the facts for a sed expression with the delimiter ``|``, in which it could have commands run."""
    special = r"([\\|&.*\[\]^$])" if pattern else r"([\\|&])"
    return re.sub(special, r"\\\1", " ".join(text.splitlines()))


def in_comment(text: object) -> str:
    """Text of the facts behind a ``#``, where quotes do not count: what names and addresses are made of."""
    return re.sub(r"[^\w.:/@-]", "", str(text or ""))


def try_port(host: str, port: object) -> str:
    """Say whether a port opens, on a host that may have no curl."""
    return f"timeout 5 bash -c '</dev/tcp/$0/$1' {shlex.quote(host)} {shlex.quote(str(port))} && echo open"


def own(facts: Facts, *paths: str) -> str:
    """Give these paths, below the application's directory, back to the web user."""
    user = shlex.quote(web_user(facts))
    return in_root(facts, f"chown -R {user}: {' '.join(map(shlex.quote, paths))}")


def after_env(facts: Facts) -> str:
    """Make a change of .env count: forget a cached configuration, and let V5's worker begin afresh after its job."""
    clear = artisan(facts, "config:clear")
    return f"{clear} && {artisan(facts, 'queue:restart')}" if facts.kind == "v5" else clear


def later(words: str, command: str) -> str:
    """A command for some cases only: behind a ``#`` and on one line, so that a paste does not run it."""
    return f"# {words}: {' '.join(command.splitlines())}"


def setting(facts: Facts, key: str) -> str:
    """What is in effect for a key of .env, ``""`` where that is not known; the file itself where the config is not."""
    value = facts.get(f"config/values/{key}")
    return str(facts.get(f"env/values/{key}", "") if value is None else value)


def database_is_local(facts: Facts) -> bool:
    """Whether the database runs on this host, as far as DB_HOST says."""
    return setting(facts, "DB_HOST") in ("", "localhost", "127.0.0.1", "::1")


def _database_client(facts: Facts) -> str:
    names = facts.get("host/commands", {})
    return "mariadb" if "mariadb" in names and "mysql" not in names else "mysql"


def mysql(facts: Facts, rest: str = "") -> str:
    """The client as the database's root, who on a host of its own needs no password; another host's asks for it."""
    client = _database_client(facts)
    if not database_is_local(facts):
        client += f" --host={shlex.quote(setting(facts, 'DB_HOST'))} --user=root --password"
    return f"{client} {rest}".rstrip()


def sql(facts: Facts, statement: str) -> str:
    """One statement in the application's database."""
    return mysql(facts, f"{shlex.quote(setting(facts, 'DB_DATABASE') or 'ninja')} -e {shlex.quote(statement)}")


def import_worker(facts: Facts) -> str:
    """A worker that does what waits and writes why an import ends, which V5 hides in production [facts.md]."""
    own = "env APP_ENV=migration EXPANDED_LOGGING=true APP_CONFIG_CACHE=/nonexistent/config.php"
    work = "-d memory_limit=-1 artisan queue:work database --stop-when-empty --tries=1 --timeout=0"
    return as_web_user(facts, f"{own} {shlex.quote(php(facts))} {work}")
