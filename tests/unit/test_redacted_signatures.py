"""What the probe redacts of a log is still recognized, or a signature that names what was removed would be mute."""

import re

import pytest

from diagnostics.scan.hits import _record
from diagnostics.scan.signatures import signatures
from tests.probe_host import written

HEAD = re.compile(r"\[([^\]]+)\] ([\w-]+)\.([A-Z]+): ")
SAMPLES = [(each, sample) for each in signatures() for sample in each.sample]


@pytest.fixture(scope="module")
def redacted():
    """What is left of all samples, each as a record of a hit."""
    hits, lines = [], ""
    for _, sample in SAMPLES:
        head = HEAD.match(sample)
        text = sample[head.end() :] if head else sample
        hits.append({"last": head[1], "env": head[2], "level": head[3]} if head else {})
        lines += "O\tlogs/hits\nST\tlogs/hits/-/text\t" + text.replace("\n", "\x1e")[:2000] + "\n"
    texts = [hit["text"] for hit in written(lines)["logs"]["hits"]]
    return [_record({**hit, "text": text}) for hit, text in zip(hits, texts)]


def test_there_are_samples():
    assert len(SAMPLES) > 80


@pytest.mark.parametrize("number", range(len(SAMPLES)), ids=[f"{each.id}-{n}" for n, (each, _) in enumerate(SAMPLES)])
def test_a_known_failure_is_recognized(redacted, number):
    signature, sample = SAMPLES[number]
    assert signature.matches(sample)
    assert signature.matches(redacted[number]), redacted[number]
