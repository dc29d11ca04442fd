"""Events of ansible-runner that a run of data/fleet/playbooks/site.yml left, for the tests of reports.

``python -m tests.unit.fleet_events`` runs it again and writes them anew, without paths of the machine it ran on.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

DATA = Path(__file__).parent / "data" / "fleet"
FILE = DATA / "events.jsonl"
CLIENTS = ("fine", "fails", "warns", "changes", "away")
# What AWX stores of an event and gives out (awx/api/serializers.py, JobEventSerializer; awx/main/models/events.py).
KEPT = (
    *("uuid", "parent_uuid", "counter", "event", "event_data"),
    *("stdout", "start_line", "end_line", "verbosity", "created"),
)


def recorded() -> list:
    """The events, oldest first, as ansible-runner's files hold them."""
    return [json.loads(line) for line in FILE.read_text().splitlines()]


def as_runner(events: list, folder: Path) -> Path:
    """Write the events as ansible-runner keeps them; the ``private_data_dir``."""
    target = folder / "artifacts" / "run" / "job_events"
    target.mkdir(parents=True)
    for each in events:
        (target / f"{each['counter']}-{each['uuid']}.json").write_text(json.dumps(each))
    return folder


def as_awx(events: list, job: int = 42) -> list:
    """The events as AWX gives them out: its own fields around ansible-runner's, times as Django writes them."""
    given = []
    for number, each in enumerate(events, start=1):
        data = each.get("event_data") or {}
        fields = {key: each.get(key) for key in KEPT}
        fields["created"] = each["created"].replace("+00:00", "Z")
        own = {
            "id": 1000 + number,
            "type": "job_event",
            "url": f"/api/v2/job_events/{1000 + number}/",
            "job": job,
            "host": None,
            "host_name": data.get("host", ""),
            "failed": each["event"] in ("runner_on_failed", "runner_on_unreachable"),
            "changed": bool((data.get("res") or {}).get("changed")),
            **{key: data.get(key, "") for key in ("playbook", "play", "task", "role")},
        }
        given.append({**own, **fields, "event_data": {**data, "guid": "0" * 32}})
    return given


def record() -> None:
    """Run the playbook with ansible-runner and keep its events."""
    import ansible_runner

    from fleet.inventory import PROJECT, ansible_environment

    with tempfile.TemporaryDirectory() as folder:
        ansible_runner.run(
            private_data_dir=folder,
            ident="run",
            project_dir=str(PROJECT),
            playbook=str(DATA / "playbooks" / "site.yml"),
            inventory=str(DATA / "inventory"),
            limit=",".join(CLIENTS),
            envvars={**ansible_environment(), "TEST_COUNTER": f"{folder}/counter"},
            suppress_env_files=True,
            quiet=True,
        )
        files = Path(folder, "artifacts", "run", "job_events").glob("*.json")
        found = [json.loads(file.read_text()) for file in sorted(files, key=lambda each: int(each.name.split("-")[0]))]
    text = "".join(json.dumps(each, ensure_ascii=False) + "\n" for each in found)
    for place, name in ((str(PROJECT), "/srv/ninjalift"), (folder, "/srv/runner")):
        text = text.replace(place, name)
    FILE.write_text(text)


if __name__ == "__main__":
    record()
