"""Commands that mend, as they work when they are pasted into a root shell on the host that was diagnosed."""

from __future__ import annotations

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
    return in_root(facts, f"sudo -u {web_user(facts)} {command}")


def artisan(facts: Facts, arguments: str) -> str:
    """An artisan command as the web user: run by root, it would leave files that the web server cannot write."""
    return as_web_user(facts, f"{php(facts)} artisan {arguments}")


def set_env(facts: Facts, key: str, value: str) -> str:
    """Set a key in .env (replace it, or add it) and make it count."""
    line = f"{key}={value}"
    env = shlex.quote(f"{facts.root}/.env")
    put = (
        f"grep -q {shlex.quote(f'^{key}=')} {env} && sed -i {shlex.quote(f's|^{key}=.*|{line}|')} {env}"
        f" || printf '%s\\n' {shlex.quote(line)} >> {env}"
    )
    return f"{put}; {artisan(facts, 'config:clear')}"


def own(facts: Facts, *paths: str) -> str:
    """Give these paths, below the application's directory, back to the web user."""
    user = web_user(facts)
    return in_root(facts, f"chown -R {user}:{user} {' '.join(map(shlex.quote, paths))}")
