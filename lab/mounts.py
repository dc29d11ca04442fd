"""Mounts below a folder of ours: which there are, and their end."""

from __future__ import annotations

import subprocess
from pathlib import Path


def below(folder: Path) -> list:
    """The mount points at or below ``folder``, in the order in which they were mounted."""
    lines = Path("/proc/self/mounts").read_text().splitlines()
    # The kernel writes a space as \040.
    points = [Path(line.split()[1].encode().decode("unicode_escape")) for line in lines]
    return [point for point in points if point == folder or folder in point.parents]


def unmount(folder: Path) -> None:
    """Unmount everything at or below ``folder``, the last mounted first; a busy mount goes as soon as it is free."""
    for point in reversed(below(folder)):
        done = subprocess.run(["umount", str(point)], capture_output=True, check=False)
        if done.returncode:
            subprocess.run(["umount", "--lazy", str(point)], capture_output=True, check=True)


def is_layer(image: Path) -> bool:
    """Whether a mounted overlay stands on ``image``."""
    for line in Path("/proc/self/mounts").read_text().splitlines():
        _, _, kind, options = line.split()[:4]
        if kind == "overlay" and f"lowerdir={image}" in options.split(","):
            return True
    return False
