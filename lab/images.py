"""Root file systems for the machines, built by debootstrap and kept outside the checkout.

An image's folder carries the hash of its recipe, so a changed recipe builds a new one; it is built beside its place
and renamed, so a killed build leaves nothing that looks finished.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import shutil
import subprocess
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Callable, Iterator

from . import cgroups, mounts
from .state import LabError, image_dir, labs_dir

MIRROR = "http://deb.debian.org/debian"
# What lab machines need to boot, to be reached and to be worked on; a "bare" Debian server.
BASE = "systemd,systemd-sysv,dbus,libpam-systemd,openssh-server,python3,python3-apt,sudo,cron,iproute2,ca-certificates"
V4_SERVER = (
    *[
        f"php7.4-{part}"
        for part in ("fpm", "cli", "mysql", "gd", "zip", "xml", "curl", "mbstring", "gmp", "bcmath", "intl")
    ],
    *["mariadb-server", "nginx", "unzip", "acl", "curl"],
)
# Units that mean nothing in a lab machine; fewer of them boot faster and take less memory.
NEEDLESS_UNITS = ("apt-daily.timer", "apt-daily-upgrade.timer", "e2scrub_all.timer", "fstrim.timer", "man-db.timer")


@dataclass(frozen=True)
class Recipe:
    """What an image is made of. ``prefetch`` is downloaded into the package cache and not installed."""

    name: str
    suite: str
    install: tuple
    prefetch: tuple = ()

    @property
    def path(self) -> Path:
        digest = hashlib.sha256(json.dumps([asdict(self), BASE, NEEDLESS_UNITS]).encode()).hexdigest()[:12]
        return image_dir() / f"{self.name}-{digest}"


def _prefetch(php: str, extra: tuple = ()) -> tuple:
    """Packages that provision_v5.yml will install, so that apt in a machine need not download them again."""
    text = (Path(__file__).parent / "prefetch.txt").read_text()
    lines = (line.split("#")[0].strip() for line in text.splitlines())
    return (*(line.replace("PHP", php) for line in lines if line), *extra)


RECIPES = {
    "v4": Recipe("v4", "bullseye", V4_SERVER),
    "bare12": Recipe("bare12", "bookworm", (), _prefetch("8.2")),
    "bare13": Recipe("bare13", "trixie", (), _prefetch("8.4", ("mariadb-client-compat",))),
}


def build(name: str, say: Callable[[str], None]) -> Path:
    """Return the image's root folder, building it where it is missing.

    Raises LabError with the last lines of what failed.
    """
    recipe = RECIPES[name]
    image_dir().mkdir(parents=True, exist_ok=True, mode=0o755)
    with _alone(name):
        if recipe.path.is_dir():
            return recipe.path
        say(f"Building the image {name} (Debian {recipe.suite}); this happens once and takes a few minutes")
        work = image_dir() / f".{name}"
        # Two folders of images may be in use at once, so the group's name depends on the folder.
        group = f"ninjalift-build-{name}-{hashlib.sha256(str(work).encode()).hexdigest()[:8]}"
        _clean(work, group)
        try:
            _debootstrap(recipe, work, group)
            _configure(recipe, work, group)
            work.rename(recipe.path)
        finally:
            _clean(work, group)
        _remove_old(recipe)
        return recipe.path


@contextmanager
def _alone(name: str) -> Iterator[None]:
    """Let one command at a time build this image; another lab's waits here and then finds it built."""
    with (image_dir() / f".{name}.lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _clean(work: Path, group: str) -> None:
    """Remove what a build left, a killed one too: its processes, its mounts and its folder."""
    cgroups.remove(group)
    mounts.unmount(work)
    shutil.rmtree(work, ignore_errors=True)


def _remove_old(recipe: Recipe) -> None:
    """Remove images of former recipes that no machine stands on."""
    used = {file.read_text() for file in labs_dir().glob("*/machines/*/image")}
    for old in image_dir().glob(f"{recipe.name}-*"):
        if old != recipe.path and str(old) not in used and not mounts.is_layer(old):
            shutil.rmtree(old, ignore_errors=True)


def _debootstrap(recipe: Recipe, root: Path, group: str) -> None:
    debs = image_dir() / "debs" / recipe.suite
    debs.mkdir(parents=True, exist_ok=True)
    options = ["--variant=minbase", f"--cache-dir={debs}", f"--include={BASE}"]
    _run(["debootstrap", *options, recipe.suite, str(root), MIRROR], group, f"build the image {recipe.name}")


def _configure(recipe: Recipe, root: Path, group: str) -> None:
    """Install the recipe's packages and leave nothing that makes two machines look like one."""
    # The release alone: what the security archive holds of an old release comes and goes, and a lab is not reachable.
    (root / "etc/apt/sources.list").write_text(f"deb {MIRROR} {recipe.suite} main\n")
    shutil.copy("/etc/resolv.conf", root / "etc/resolv.conf")
    # Services are started by systemd when the machine boots, not by apt in a folder.
    policy = root / "usr/sbin/policy-rc.d"
    policy.write_text("#!/bin/sh\nexit 101\n")
    policy.chmod(0o755)

    def inside(doing: str, *command: str) -> None:
        nspawn = [
            "systemd-nspawn",
            "--quiet",
            f"--directory={root}",
            "--register=no",
            "--keep-unit",
            "--resolv-conf=off",
        ]
        environment = ["--setenv=DEBIAN_FRONTEND=noninteractive", "--setenv=LC_ALL=C.UTF-8"]
        _run([*nspawn, *environment, *command], group, f"{doing} of the image {recipe.name}")

    # A build that is cut short starts anew, so nothing has to reach the disk in between.
    install = ["apt-get", "-qq", "-y", "--no-install-recommends", "-o", "Dpkg::Options::=--force-unsafe-io"]
    inside("update the package lists", "apt-get", "-qq", "update")
    if recipe.install:
        inside("install the packages", *install, "install", *recipe.install)
    inside("clean the package cache", "apt-get", "clean")
    if recipe.prefetch:
        inside("download the packages", *install, "--download-only", "install", *recipe.prefetch)
    policy.unlink()
    for key in (root / "etc/ssh").glob("ssh_host_*"):
        key.unlink()
    (root / "etc/machine-id").write_text("")
    for unit in NEEDLESS_UNITS:
        link = root / "etc/systemd/system" / unit
        link.unlink(missing_ok=True)
        link.symlink_to("/dev/null")
    wants = root / "etc/systemd/system/multi-user.target.wants"
    wants.mkdir(parents=True, exist_ok=True)
    link = wants / "systemd-networkd.service"
    if not link.is_symlink():
        link.symlink_to("/lib/systemd/system/systemd-networkd.service")


def _run(command: list, group: str, doing: str) -> None:
    """Run a command in the build's control group. Raises LabError with its last lines where it fails."""
    done = subprocess.run(
        [*cgroups.enter(group), *command],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode:
        tail = "\n".join(done.stdout.splitlines()[-8:])
        raise LabError(f"Could not {doing}: {command[0]} ended with {done.returncode}. Mend what it says:\n{tail}")
