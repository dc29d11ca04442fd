"""The effective configuration of a V5: the cached one where there is one, otherwise .env with V5's defaults.

After ``php artisan optimize`` V5 reads bootstrap/cache/config.php and no longer .env, so an edited .env does nothing.
Where the two differ, this says for which keys. Names and defaults are those of V5 5.10.17's config/*.php.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Iterable, Mapping

from . import php_db
from .errors import MigrationError

# Key of the configuration: the .env names that set it, first one wins, and V5's default.
KEYS: dict[str, tuple[tuple[str, ...], Any]] = {
    "app.env": (("APP_ENV",), "production"),
    "app.debug": (("APP_DEBUG",), False),
    "app.url": (("APP_URL",), "http://localhost"),
    "app.timezone": (("SERVER_TIMEZONE",), "UTC"),
    "cache.default": (("CACHE_DRIVER",), "file"),
    "database.default": (("DB_CONNECTION",), "mysql"),
    "database.connections.mysql.host": (("DB_HOST1", "DB_HOST"), "127.0.0.1"),
    "database.connections.mysql.port": (("DB_PORT1", "DB_PORT"), "3306"),
    "database.connections.mysql.unix_socket": (("DB_SOCKET1", "DB_SOCKET"), ""),
    "database.connections.mysql.database": (("DB_DATABASE1", "DB_DATABASE"), "forge"),
    "database.connections.mysql.username": (("DB_USERNAME1", "DB_USERNAME"), "forge"),
    "database.connections.mysql.strict": (("DB_STRICT",), False),
    "filesystems.default": (("FILESYSTEM_DISK",), "public"),
    "logging.default": (("LOG_CHANNEL",), "stack"),
    "mail.default": (("MAIL_MAILER",), "smtp"),
    "ninja.db.multi_db_enabled": (("MULTI_DB_ENABLED",), False),
    "ninja.environment": (("NINJA_ENVIRONMENT",), "selfhost"),
    "ninja.expanded_logging": (("EXPANDED_LOGGING",), False),
    "ninja.hash_salt": (("HASH_SALT",), ""),
    "ninja.internal_queue_enabled": (("INTERNAL_QUEUE_ENABLED",), True),
    "ninja.is_docker": (("IS_DOCKER",), False),
    "queue.default": (("QUEUE_CONNECTION",), "sync"),
    "session.driver": (("SESSION_DRIVER",), "file"),
}
# Compared, but never shown.
SECRETS: dict[str, tuple[tuple[str, ...], Any]] = {
    "app.key": (("APP_KEY",), None),
    "database.connections.mysql.password": (("DB_PASSWORD1", "DB_PASSWORD"), ""),
    "ninja.api_secret": (("API_SECRET",), False),
}

_READ = r"""
$config = ninja_config($input['cached']);
if (!is_array($config)) { ninja_fail('config', 'it returns no array'); }
function ninja_get($config, $key) {
    foreach (explode('.', $key) as $part) {
        if (!is_array($config) || !array_key_exists($part, $config)) { return ['absent']; }
        $config = $config[$part];
    }
    return is_scalar($config) || $config === null ? $config : ['absent'];
}
$values = [];
foreach ($input['keys'] as $key) {
    $value = ninja_get($config, $key);
    if (!is_array($value)) { $values[$key] = $value; }
}
$same = [];
foreach ($input['secrets'] as $key => $wanted) {
    $value = ninja_get($config, $key);
    $same[$key] = is_array($value) || $value === $wanted;
}
ninja_emit(['values' => (object) $values, 'same' => (object) $same]);
"""


def cast(value: str | None) -> Any:
    """Return what Laravel's env() makes of a value in .env: true, false, null and empty are words of their own."""
    if value is None:
        return None
    words = {"true": True, "false": False, "null": None, "empty": ""}
    lower = value.lower()
    bare = lower[1:-1] if lower.startswith("(") and lower.endswith(")") else lower
    if bare in words:
        return words[bare]
    quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "'\""
    return value[1:-1] if quoted else value


def from_env(values: Mapping[str, str | None], names: Iterable[str], default: Any) -> Any:
    """Return the first of these variables that .env defines, cast, or the default."""
    for name in names:
        if values.get(name) is not None:
            return cast(values[name])
    return default


def effective(root: Path, keys: Iterable[str], php: str = "php", user: str = "") -> dict[str, Any]:
    """Return the values that V5 in `root` uses.

    {"values": {key: value}, "cached": bool, "source": the file, "differs": [keys]}, where
    differs names all keys known here, secrets too, whose value in .env the cache overrules.
    user: run PHP as this user (only root can). Raises MigrationError (config-key, env-…, php-…, config-broken).
    """
    unknown = sorted(set(keys) - set(KEYS))
    if unknown:
        known = ", ".join(KEYS)
        raise MigrationError(f"No such key: {', '.join(unknown)}; known are {known}", id="config-key")
    root = Path(root)
    cached = php_db.cached_config(root)
    if not cached:
        env = php_db.read_env(root)
        values = {key: from_env(env, *KEYS[key]) for key in keys}
        return {"values": values, "cached": False, "source": str(root / ".env"), "differs": []}
    env = php_db.read_env(root) if (root / ".env").exists() else {}
    secrets = {key: from_env(env, *spec) for key, spec in SECRETS.items()}
    found = php_db.run_php(_READ, {"cached": cached, "keys": list(KEYS), "secrets": secrets}, php, user)
    if "error" in found:
        raise php_db.explain(found["error"], root, {"cached": cached, "connection": {}})
    differs = [key for key, same in found["same"].items() if not same]
    cache = found["values"] or {}
    differs += [key for key in cache if _plain(cache[key]) != _plain(from_env(env, *KEYS[key]))]
    values = {key: cache.get(key) for key in keys}
    return {"values": values, "cached": True, "source": cached, "differs": sorted(differs) if env else []}


def _plain(value: Any) -> Any:
    """Make a number and its text equal: a cached port may be either."""
    return str(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else value
