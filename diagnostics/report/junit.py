"""The report as JUnit XML, for build servers: a suite a host, a case a check.

Element and attribute names are those that Jenkins reads (the xUnit plugin's ``junit-10.xsd``). A warning is a case that
went well and says so in ``system-out``; with --strict it is a failure. An ignored finding is a skipped case.
"""

from __future__ import annotations

import datetime
from typing import Sequence
from xml.etree import ElementTree

from ..diagnosis import Diagnosis, Host, is_unreachable
from ..findings import ERROR, FAIL, SKIP, WARN, Finding
from .plain import lines, printable


def text(diagnoses: Sequence[Diagnosis], made: datetime.datetime, *, strict: bool = False) -> str:
    """The XML document. made: when, for ``timestamp``."""
    root = ElementTree.Element("testsuites", name="ninjalift diagnose")
    for diagnosis in diagnoses:
        for host in diagnosis.hosts:
            root.append(_suite(diagnosis, host, made, strict))
    for name in ("tests", "failures", "errors"):
        root.set(name, str(sum(int(suite.get(name, "0")) for suite in root)))
    ElementTree.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ElementTree.tostring(root, encoding="unicode")}\n'


def _suite(diagnosis: Diagnosis, host: Host, made: datetime.datetime, strict: bool) -> ElementTree.Element:
    name = f"{diagnosis.target} {host.name}" if host.name and host.name != diagnosis.target else diagnosis.target
    cases = [_case(each, name, strict, host.broken) for each in host.findings]
    suite = ElementTree.Element("testsuite", name=printable(name), tests=str(len(cases)))
    for attribute, kind in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(attribute, str(sum(case.find(kind) is not None for case in cases)))
    suite.set("time", f"{host.seconds:.3f}")
    suite.set("timestamp", made.astimezone(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S"))
    suite.set("hostname", printable(host.name or diagnosis.target))
    properties = ElementTree.SubElement(suite, "properties")
    for key, value in (("kind", host.kind), ("version", host.version)):
        if value:
            ElementTree.SubElement(properties, "property", name=key, value=printable(value))
    suite.extend(cases)
    return suite


def _case(finding: Finding, suite: str, strict: bool, broken: bool) -> ElementTree.Element:
    # The dots of an address would make packages of it.
    where = printable(suite).replace(".", "_")
    case = ElementTree.Element("testcase", name=printable(f"{finding.id}: {finding.title}"))
    case.set("classname", f"{where}.{finding.group}")
    evidence = lines(finding.evidence)
    said = {"message": evidence[0] if evidence else printable(finding.title)}
    body = "\n".join([*evidence, *(f"Mend it with: {each}" for each in lines(finding.remedy))])
    if finding.ignored:
        said = {"message": printable(f"ignored: {finding.ignored}")}
        ElementTree.SubElement(case, "skipped", said).text = f"{finding.status}: {body}"
    elif finding.status == SKIP:
        ElementTree.SubElement(case, "skipped", said)
    elif finding.status == ERROR:
        kind = "unreachable" if is_unreachable(finding) and not broken else "crashed"
        ElementTree.SubElement(case, "error", {**said, "type": kind}).text = body
    elif finding.status == FAIL or (finding.status == WARN and strict):
        ElementTree.SubElement(case, "failure", {**said, "type": finding.status}).text = body
    elif finding.status == WARN:
        ElementTree.SubElement(case, "system-out").text = f"warn: {body}"
    elif body:
        ElementTree.SubElement(case, "system-out").text = body
    return case
