"""The queue by cron alone, expanded logging, and V5's own check of its data."""

import pytest
from v5_lab import ROOT, wait_until

pytest_plugins = ["v5_lab"]


@pytest.mark.wide
def test_queue_by_cron_alone(v5):
    v5.provision(v5_queue_mode="cron")
    try:
        assert not v5.host.file("/etc/systemd/system/invoiceninja-queue.service").exists
        assert v5.config("ninja.internal_queue_enabled") is True
        assert v5.provision(v5_queue_mode="cron").changed == 0
        v5.sql(
            "INSERT INTO jobs (queue, payload, attempts, available_at, created_at) VALUES"
            """ ('default', '{"displayName":"gone","job":"gone","data":{}}', 0, UNIX_TIMESTAMP(), UNIX_TIMESTAMP())"""
        )
        wait_until(lambda: v5.sql("SELECT COUNT(*) FROM jobs") == "0", "a worker started by cron")
    finally:
        v5.sql("DELETE FROM jobs; DELETE FROM failed_jobs")
        v5.provision()
    assert v5.host.service("invoiceninja-queue").is_running
    assert v5.config("ninja.internal_queue_enabled") is False


def test_expanded_logging_on_and_off(v5):
    worker = v5.shell("systemctl show -p MainPID --value invoiceninja-queue")
    on = v5.play("expanded_logging")
    assert on.status == 0 and on.changed > 0, on.output
    assert v5.config("ninja.expanded_logging") is True
    assert "EXPANDED_LOGGING=true" in v5.shell(f"cat {ROOT}/.env")
    wait_until(
        lambda: v5.shell("systemctl show -p MainPID --value invoiceninja-queue") not in ("0", worker),
        "a worker that knows it",
    )
    assert v5.play("expanded_logging").changed == 0
    dry = v5.play("expanded_logging", "--check", v5_logging_expanded=False)
    assert dry.status == 0 and dry.changed == 1
    assert v5.config("ninja.expanded_logging") is True
    assert v5.play("expanded_logging", v5_logging_expanded=False).status == 0
    assert v5.config("ninja.expanded_logging") is False
    assert v5.host.file(f"{ROOT}/.env").mode == 0o600
    # As the playbook's header says it: what -e gives on the command line is text, and "false" is text that is true.
    assert v5.play("expanded_logging", "-e", "v5_logging_expanded=false").changed == 0
    assert v5.provision().changed == 0


@pytest.mark.wide
def test_expanded_logging_without_a_cached_configuration(v5):
    v5.artisan("config:clear")
    try:
        assert v5.play("expanded_logging").status == 0
        assert not v5.host.file(f"{ROOT}/bootstrap/cache/config.php").exists
        assert v5.play("expanded_logging").changed == 0
        assert v5.play("expanded_logging", v5_logging_expanded=False).status == 0
    finally:
        v5.provision()
    assert v5.config("ninja.expanded_logging") is False


def test_an_env_that_the_cache_hides_is_seen(v5):
    v5.shell(f"sed -i /EXPANDED_LOGGING/d {ROOT}/.env; echo EXPANDED_LOGGING=true >> {ROOT}/.env")
    assert v5.config("ninja.expanded_logging") is False, "the cached configuration wins"
    played = v5.play("expanded_logging")
    assert played.status == 0 and played.changed > 0
    assert v5.config("ninja.expanded_logging") is True
    v5.play("expanded_logging", v5_logging_expanded=False)


PLAY = """
- hosts: v5
  become: true
  gather_facts: false
  tasks:
    - ansible.builtin.include_role: {name: v5_logging, tasks_from: "{{ part }}"}
      loop: "{{ parts }}"
      loop_control: {loop_var: part}
"""


@pytest.fixture
def parts(v5, tmp_path):
    """Runs task files of v5_logging, as the role migration does."""
    playbook = tmp_path / "logging.yml"
    playbook.write_text(PLAY)
    return lambda *names: v5.play(playbook, parts=list(names))


@pytest.mark.wide
@pytest.mark.parametrize("before", [False, True])
def test_logging_is_afterwards_as_it_was(v5, parts, before):
    assert v5.play("expanded_logging", v5_logging_expanded=before).status == 0
    assert parts("remember").status == 0
    assert v5.config("ninja.expanded_logging") is True
    assert v5.shell("stat -c %a:%U /var/lib/ninjalift/*.expanded_logging") == "600:root"
    assert parts("remember").status == 0, "after a run that broke off"
    assert parts("restore").status == 0
    assert v5.config("ninja.expanded_logging") is before
    again = parts("restore")
    assert again.status == 0 and again.changed == 0
    v5.play("expanded_logging", v5_logging_expanded=False)


@pytest.fixture
def check_data(v5, tmp_path):
    """Run the role check_data alone: there is no migrated company here to compare with V4."""
    playbook = tmp_path / "check_data.yml"
    playbook.write_text("- hosts: v5\n  become: true\n  gather_facts: false\n  roles: [check_data]\n")
    return lambda *arguments: v5.play(playbook, *arguments)


def test_data_that_is_right_passes(check_data):
    played = check_data()
    assert played.status == 0, played.output
    assert "0  clients with incorrect balances" in played.output
    assert "Done: SUCCESS" in played.output
    assert check_data("--check").status == 0


def test_a_v5_without_the_company_is_told_how_to_get_it(v5):
    played = v5.play("check_data")
    assert played.status == 2
    assert "has no company with V4's key" in played.output
    assert "Mend it with: `./cli.py migrate client1`" in played.output


def test_data_that_is_wrong_fails_with_its_lines(v5, check_data):
    v5.sql(
        "UPDATE users SET oauth_user_id = 'same', oauth_provider_id = 'a';"
        "CREATE TEMPORARY TABLE t SELECT * FROM users;"
        "UPDATE t SET id = 999, email = 'second@client1.test', oauth_provider_id = 'b';"
        "INSERT INTO users SELECT * FROM t"
    )
    try:
        played = check_data()
    finally:
        v5.sql("DELETE FROM users WHERE id = 999; UPDATE users SET oauth_user_id = NULL, oauth_provider_id = NULL")
    assert played.status == 2
    assert "1 users with duplicate oauth ids" in played.output
    assert "artisan ninja:check-data" in played.output


def test_a_check_that_does_not_come_to_its_end_fails(v5):
    v5.sql("RENAME TABLE expenses TO expenses_away")
    try:
        played = v5.play("check_data")
    finally:
        v5.sql("RENAME TABLE expenses_away TO expenses")
    assert played.status == 2
    assert "did not come to its end" in played.output
