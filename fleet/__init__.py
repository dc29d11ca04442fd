"""Many clients at once over ansible-runner: running playbooks, reading, showing and keeping what happens."""
