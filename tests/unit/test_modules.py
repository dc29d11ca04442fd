"""The modules' own pages are what ``ansible-doc`` shows, and say what the modules take."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from ansible.module_utils import basic

ROOT = Path(__file__).resolve().parents[2]
MODULES = sorted((ROOT / "plugins" / "modules").glob("*.py"))


class Seen(Exception):
    """Carries what a module takes."""


@pytest.fixture(scope="module")
def pages():
    """What ansible-doc shows of each, fragments filled in."""
    names = [file.stem for file in MODULES]
    command = [str(Path(sys.executable).with_name("ansible-doc")), "--type", "module", "--json", *names]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("file", MODULES, ids=lambda file: file.stem)
def test_what_ansible_doc_shows_is_whole(file, pages):
    page = pages[file.stem]
    assert page["doc"]["module"] == file.stem
    assert page["doc"]["short_description"]
    assert all(each.get("description") for each in {**page["doc"]["options"], **(page["return"] or {})}.values())
    assert isinstance(yaml.safe_load(page["examples"]), list)


@pytest.mark.parametrize("file", MODULES, ids=lambda file: file.stem)
def test_a_module_takes_what_its_page_says(file, pages, monkeypatch):
    def see(argument_spec, add_file_common_args=False, **_):
        raise Seen({**(basic.FILE_COMMON_ARGUMENTS if add_file_common_args else {}), **argument_spec})

    monkeypatch.setattr(basic, "AnsibleModule", see)
    source = file.read_text().replace("ansible.module_utils.migration", "migration")
    module = {"__name__": file.stem, "__file__": str(file)}
    exec(compile(source, str(file), "exec"), module)  # noqa: S102  # as Ansible runs it
    with pytest.raises(Seen) as seen:
        module["main"]()
    taken, said = seen.value.args[0], pages[file.stem]["doc"]["options"]
    assert sorted(taken) == sorted(said)
    for name, option in taken.items():
        for key, without in (
            ("type", "str"),
            ("required", False),
            ("default", None),
            ("choices", None),
            ("elements", None),
        ):
            assert said[name].get(key, without) == option.get(key, without), f"{name}: {key}"
