"""What the probe looks for in logs on a host is what the signatures want: diagnostics/signatures/literals.txt.

NINJALIFT_GOLDEN=write rewrites it, after a signature changed.
"""

import os

from diagnostics import probe
from diagnostics.scan import probe_literals

FILE = probe._HERE.parent / "signatures" / "literals.txt"


def test_they_are_those_of_the_signatures():
    # grep takes a line end for the end of a pattern; the lines of a literal that has one are found by its neighbours.
    wanted = [each for each in probe_literals() if "\n" not in each]
    if os.environ.get("NINJALIFT_GOLDEN") == "write":
        FILE.write_text("\n".join(wanted) + "\n", encoding="utf-8")
    assert probe._literals() == wanted
    assert all(each.strip() for each in wanted), "an empty one would match every line"


def test_the_probe_is_given_them():
    asked = probe.script(probe.Options())
    for each in probe_literals():
        assert "\n" in each or each.replace("'", "'\"'\"'") in asked
    assert "opt_literals=only\n" in probe.script(probe.Options(signatures=("only",)))
