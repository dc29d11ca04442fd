"""The effective configuration where nothing is cached: .env with Laravel's words and V5's defaults."""

from __future__ import annotations

from pathlib import Path

import pytest

from migration import app_config
from migration.errors import MigrationError


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("true", True),
        ("(False)", False),
        ("null", None),
        ("(empty)", ""),
        ("database", "database"),
        ("'true'", "true"),
        ("(other)", "(other)"),
        ("", ""),
        ('"', '"'),
        (None, None),
    ],
)
def test_words_are_cast_as_env_does(text, value):
    assert app_config.cast(text) == value


def test_env_and_defaults_make_the_configuration(tmp_path: Path):
    (tmp_path / ".env").write_text("QUEUE_CONNECTION=database\nEXPANDED_LOGGING=true\nDB_HOST=a\nDB_HOST1=b\n")
    keys = ["queue.default", "ninja.expanded_logging", "ninja.internal_queue_enabled", "app.env"]
    found = app_config.effective(tmp_path, [*keys, "database.connections.mysql.host"])
    assert found == {
        "values": {
            "queue.default": "database",
            "ninja.expanded_logging": True,
            "ninja.internal_queue_enabled": True,
            "app.env": "production",
            "database.connections.mysql.host": "b",
        },
        "cached": False,
        "source": str(tmp_path / ".env"),
        "differs": [],
    }


def test_a_secret_cannot_be_asked_for(tmp_path: Path):
    with pytest.raises(MigrationError, match=r"app\.key") as caught:
        app_config.effective(tmp_path, ["app.key"])
    assert caught.value.id == "config-key"


def test_a_directory_without_v5_is_said(tmp_path: Path):
    with pytest.raises(MigrationError) as caught:
        app_config.effective(tmp_path, ["app.env"])
    assert caught.value.id == "env-missing"
