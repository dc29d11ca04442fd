"""AWX as code: the image as ansible-builder reads it, and the tasks as AWX's own modules would take them."""

import importlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
EE = yaml.safe_load((ROOT / "execution-environment.yml").read_text())
VARS = yaml.safe_load((ROOT / "awx" / "vars.yml").read_text())
GIVEN = {
    "awx_project_url": "https://git.example.com/ninjalift.git",
    "awx_inventory_url": "https://git.example.com/clients.git",
    "awx_image": "registry.example.com/ninjalift:1",
    "awx_machine_credential": "servers",
    "awx_vault_credential": "vault",
}


def pins():
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    return {re.split(r"[=><]", line)[0]: line.split(";")[0].strip() for line in lines if line and line[0] != "#"}


def test_ansible_builder_makes_the_build_context(tmp_path):
    file = str(ROOT / "execution-environment.yml")
    command = [str(BIN / "ansible-builder"), "create", "-f", file, "-c", str(tmp_path)]
    command += ["--output-filename", "Containerfile"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    containerfile = (tmp_path / "Containerfile").read_text()
    assert "ansible-core==2.19.14" in containerfile
    assert "RUN ansible-doc --type module community.mysql.mysql_db" in containerfile
    written = {each.name: each.read_text() for each in (tmp_path / "_build").iterdir() if each.is_file()}
    assert "ansible==12.3.0" in written["requirements.txt"]
    assert "openssh-clients" in written["bindep.txt"]


def test_the_image_has_the_versions_of_requirements_txt():
    found = EE["dependencies"]
    known = pins()
    for line in (*found["python"], found["ansible_core"]["package_pip"], found["ansible_runner"]["package_pip"]):
        assert line == known[re.split(r"[=><]", line)[0]]


def test_the_image_is_checked_for_every_module_of_a_community_collection():
    used = set()
    for file in (*(ROOT / "roles").rglob("*.yml"), *(ROOT / "playbooks").glob("*.yml")):
        used.update(
            re.findall(r"^\s+((?:community\.[a-z]+|ansible\.posix)\.[a-z_0-9]+):", file.read_text(), re.MULTILINE)
        )
    [step] = EE["additional_build_steps"]["append_final"]
    assert used == set(re.findall(r"(?:community|ansible)\.[a-z_.0-9]+", step))


# --- the tasks -------------------------------------------------------------------------------------------------------


def specification(module):
    """The arguments of a module of the collection awx.awx, as the module itself gives them to Ansible."""
    base = importlib.import_module("ansible_collections.awx.awx.plugins.module_utils.controller_api")
    found = importlib.import_module(f"ansible_collections.awx.awx.plugins.modules.{module}")

    class Seen(Exception):
        pass

    def see(self, argument_spec=None, **_):
        raise Seen({**base.ControllerAPIModule.AUTH_ARGSPEC, **(argument_spec or {})})

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(base.ControllerAPIModule, "__init__", see)
        with pytest.raises(Seen) as caught:
            found.main()
    return caught.value.args[0]


STAND_IN = """
import json
from ansible.module_utils.basic import AnsibleModule
module = AnsibleModule({spec!r})
given = {{name: value for name, value in module.params.items() if value is not None}}
with open({file!r}, "a") as file:
    file.write(json.dumps([{name!r}, given]) + "\\n")
module.exit_json(changed=True)
"""


def plain(spec):
    """A specification without functions, as a literal."""
    kept = {name: {key: value for key, value in each.items() if key != "fallback"} for name, each in spec.items()}
    assert json.loads(json.dumps(kept)) == kept
    return kept


@pytest.fixture(scope="module")
def configured(tmp_path_factory):
    """What awx/configure.yml would send: module → its arguments, each as the module's specification takes them."""
    folder = tmp_path_factory.mktemp("awx")
    text = (ROOT / "awx" / "configure.yml").read_text()
    modules = set(re.findall(r"awx\.awx\.([a-z_]+):", text))
    place = folder / "ansible_collections" / "awx" / "awx" / "plugins" / "modules"
    place.mkdir(parents=True)
    file = folder / "calls.jsonl"
    for name in modules:
        spec = plain(specification(name))
        (place / f"{name}.py").write_text(STAND_IN.format(spec=spec, file=str(file), name=name))
    command = [str(BIN / "ansible-playbook"), "awx/configure.yml", "-i", "localhost,", "-e", json.dumps(GIVEN)]
    environment = {**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(folder), "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg")}
    environment["ANSIBLE_PYTHON_INTERPRETER"] = sys.executable
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    calls = {}
    for line in file.read_text().splitlines():
        name, given = json.loads(line)
        calls.setdefault(name, []).append(given)
    assert set(calls) == modules
    return calls


def test_a_job_template_runs_the_playbook_of_its_verb(configured):
    import cli

    templates = {each["name"].removeprefix("Ninjalift: "): each for each in configured["job_template"]}
    assert {**cli.PLAYBOOKS, "diagnose": "diagnose.yml"}.items() >= {
        name: each["playbook"].removeprefix("playbooks/") for name, each in templates.items()
    }.items()
    assert set(templates) == {*cli.PLAYBOOKS, "diagnose"}
    for each in templates.values():
        assert (ROOT / each["playbook"]).is_file()
        assert each["ask_limit_on_launch"] is True
        assert each["job_slice_count"] == 1
        assert each["credentials"] == ["servers", "vault"]


def test_surveys_ask_for_variables_that_a_role_has(configured):
    specs = {}
    for file in (ROOT / "roles").glob("*/meta/argument_specs.yml"):
        for each in yaml.safe_load(file.read_text())["argument_specs"].values():
            specs.update(each.get("options") or {})
    asked = 0
    for template in (*configured["job_template"], *configured["workflow_job_template"]):
        assert template["survey_enabled"] is ("survey_spec" in template)
        for question in template.get("survey_spec", {}).get("spec", []):
            asked += 1
            option = specs[question["variable"]]
            assert question["type"] in ("text", "multiplechoice")
            if question["type"] == "multiplechoice":
                assert question["default"] in question["choices"]
                wanted = option.get("choices") or (["false", "true"] if option["type"] == "bool" else [])
                assert sorted(question["choices"]) == sorted(wanted)
    assert asked >= 7


def test_the_workflow_goes_the_way_of_site_yml_and_asks_a_person_before_the_data_move(configured):
    from fleet import stages

    [workflow] = configured["workflow_job_template"]
    nodes = {each["identifier"]: each for each in workflow["workflow_nodes"]}
    way, node = [], next(iter(nodes))
    while node:
        way.append(node)
        following = nodes[node].get("related", {}).get("success_nodes", [])
        node = following[0]["identifier"] if following else ""
    assert [each for each in way if each != "hold"] == [each for each in stages.order() if each in nodes]
    assert way[way.index("migrate") - 1] == "hold"
    assert set(way) == set(nodes)
    templates = {each["name"] for each in configured["job_template"]}
    for each in nodes.values():
        asked = each["unified_job_template"]
        assert asked["type"] == "workflow_approval" or asked["name"] in templates


def test_what_is_made_fits_together(configured):
    [environment] = configured["execution_environment"]
    [inventory] = configured["inventory"]
    [source] = configured["inventory_source"]
    projects = {each["name"] for each in configured["project"]}
    assert source["source_project"] in projects
    assert source["inventory"] == inventory["name"]
    for each in configured["job_template"]:
        assert each["project"] in projects
        assert each["inventory"] == inventory["name"]
        assert each["execution_environment"] == environment["name"]


@pytest.mark.parametrize("missing", ["awx_project_url", "awx_inventory_url", "awx_image", "awx_machine_credential"])
def test_what_is_not_given_is_named_before_anything_is_made(missing):
    given = {**GIVEN, missing: ""}
    command = [str(BIN / "ansible-playbook"), "awx/configure.yml", "-i", "localhost,", "-e", json.dumps(given)]
    environment = {
        **os.environ,
        "ANSIBLE_COLLECTIONS_PATH": str(BIN.parent / "lib"),
        "CONTROLLER_HOST": "https://127.0.0.1:1",
    }
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert f"{missing} is not set. Mend it with: " in done.stdout
    assert "Make the execution environment" not in done.stdout


def test_no_secret_is_kept_in_awx_s_variables():
    assert not [name for name in VARS if re.search("password|secret|token", name)]
