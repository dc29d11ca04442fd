"""Every role, without a host: its variables agree with their specification, and its templates render."""

import copy
import re
from pathlib import Path

import pytest
import yaml
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar, trust_as_template

ROLES = Path(__file__).resolve().parents[2] / "roles"
NAMES = sorted(path.name for path in ROLES.iterdir() if (path / "meta").is_dir())
# What a client's inventory gives, and what Ansible knows of a host.
HOST = {
    "ansible_facts": {"distribution": "Debian", "distribution_major_version": "12", "distribution_version": "12.9"},
    "ansible_check_mode": False,
    "ansible_managed": "Ansible managed",
    "ansible_playbook_python": "/usr/bin/python3",
    "inventory_hostname": "v5.client1.test",
    "groups": {"v4": ["v4.client1.test"], "v5": ["v5.client1.test"]},
    "hostvars": {"v4.client1.test": {}, "v5.client1.test": {}},
    "v4_url": "https://v4.client1.test",
    "v4_owner_email": "owner@client1.test",
    "v5_url": "https://v5.client1.test",
}
# Loop variables of the tasks that write a template.
ITEMS = {
    "limits.ini.j2": [{"sapi": "fpm", "memory": 1024, "seconds": 3600}, {"sapi": "cli", "memory": -1, "seconds": 0}],
    "site.conf.j2": [{"__v5_web_https": True}, {"__v5_web_https": False}],
}
TEMPLATES = sorted(ROLES.glob("*/templates/*.j2"))


def load(path: Path) -> dict:
    return (yaml.safe_load(path.read_text()) or {}) if path.exists() else {}


def trusted(value):
    """Mark every text as a template, as Ansible does with what it loads from a role."""
    if isinstance(value, dict):
        return {key: trusted(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [trusted(inner) for inner in value]
    return trust_as_template(value) if isinstance(value, str) else value


def variables() -> dict:
    """All roles' defaults and variables, as in one play."""
    result = copy.deepcopy(HOST)
    for name in NAMES:
        for part in ("defaults", "vars"):
            values = load(ROLES / name / part / "main.yml")
            result.update({key: value for key, value in values.items() if key not in HOST})
    return trusted(result)


@pytest.mark.parametrize("name", NAMES)
def test_defaults_are_what_the_specification_says(name):
    defaults = set(load(ROLES / name / "defaults" / "main.yml"))
    entries = load(ROLES / name / "meta" / "argument_specs.yml")["argument_specs"]
    assert "main" in entries
    for entry, spec in entries.items():
        options = spec.get("options", {})
        required = {key for key, option in options.items() if option.get("required")}
        assert defaults == set(options) - required, f"{name}, entry {entry}"
        assert not required & defaults


@pytest.mark.parametrize("name", NAMES)
def test_specified_types_fit_the_defaults(name):
    kinds = {"int": int, "bool": bool, "dict": dict, "list": list}
    defaults = load(ROLES / name / "defaults" / "main.yml")
    for key, option in load(ROLES / name / "meta" / "argument_specs.yml")["argument_specs"]["main"]["options"].items():
        value = defaults.get(key)
        if value is not None and not (isinstance(value, str) and "{{" in value):
            assert isinstance(value, kinds.get(option.get("type", "str"), str)), key
            for each in value if isinstance(value, list) else [value]:
                assert each in option.get("choices", [each]), key


@pytest.mark.parametrize("name", NAMES)
def test_variables_begin_with_the_roles_name(name):
    for key in load(ROLES / name / "defaults" / "main.yml"):
        assert key.startswith(f"{name}_"), key
    for key in load(ROLES / name / "vars" / "main.yml"):
        assert key.startswith(f"__{name}_"), key


def owner(variable: str) -> str:
    """The role that a private variable belongs to: the longest name that fits, because v5 begins v5_web."""
    fitting = [name for name in NAMES if variable == f"__{name}" or variable.startswith(f"__{name}_")]
    return max(fitting, key=len, default="")


@pytest.mark.parametrize("name", NAMES)
def test_a_role_uses_no_private_variable_of_another(name):
    for path in (ROLES / name).rglob("*"):
        if path.is_file() and path.suffix in (".yml", ".j2"):
            for word in set(re.findall(r"\b__[a-z]\w+", path.read_text())):
                assert owner(word) in ("", name), f"{path}: {word}"


@pytest.mark.parametrize("name", NAMES)
def test_a_role_is_explained(name):
    text = (ROLES / name / "README.md").read_text()
    for key in load(ROLES / name / "defaults" / "main.yml"):
        assert f"`{key}`" in text, f"{name}/README.md does not name {key}"


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: f"{path.parts[-3]}/{path.name}")
def test_a_template_renders_without_a_host(path):
    for item in ITEMS.get(path.name, [{}]):
        values = {**variables(), "item": item, **item}
        values.setdefault("role_path", str(path.parents[1]))
        text = Templar(loader=DataLoader(), variables=values).template(trust_as_template(path.read_text()))
        assert text.strip()
        assert "{{" not in text and "{%" not in text


def test_modules_find_the_migration_room():
    """Ansible packs what a module imports from here; a checkout that lost the link fails only on a host."""
    assert (ROLES.parent / "plugins/module_utils/migration").resolve() == ROLES.parent / "migration"
