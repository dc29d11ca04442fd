"""Commands that mend what the server brings: packages, PHP's settings, the web server. For a root shell."""

from __future__ import annotations

import re
import shlex
from pathlib import PurePosixPath

from .facts import Facts
from .units import version

_DEBIAN = ("debian", "ubuntu", "linuxmint", "raspbian", "pop")
_RHEL = ("rhel", "centos", "rocky", "almalinux", "ol", "fedora", "amzn", "cloudlinux")
# The PHP that the distribution itself has: these need no other package source.
_OWN_PHP = {
    ("debian", "11"): "7.4",
    ("debian", "12"): "8.2",
    ("debian", "13"): "8.4",
    ("ubuntu", "20.04"): "7.4",
    ("ubuntu", "24.04"): "8.3",
    ("ubuntu", "26.04"): "8.5",
}
_PACKAGES = "cli fpm bcmath curl gd gmp intl mbstring mysql soap xml zip"  # after phpX.Y-
_RHEL_NAMES = {"mysql": "mysqlnd", "zip": "pecl-zip"}  # Debian's name of a package -> RHEL's


def family(facts: Facts) -> str:
    """``debian``, ``rhel`` or ``""``: whose package names and paths the host has."""
    name = str(facts.get("host/os/id", "")).lower()
    return "debian" if name in _DEBIAN else "rhel" if name in _RHEL else ""


def install(facts: Facts, debian: str, rhel: str = "") -> str:
    """Install packages (names separated by blanks); rhel: their names there, where they differ."""
    if family(facts) == "rhel":
        old = version(facts.get("host/os/version"))[:1] == (7,)
        return f"{'yum' if old else 'dnf'} install -y {rhel or debian}"
    return f"apt-get update && apt-get install -y {debian}"


def short(php_version: str) -> str:
    """``8.2`` of ``8.2.29``."""
    return ".".join(str(part) for part in version(php_version)[:2])


def install_php_extensions(facts: Facts, php_version: str, packages: list[str]) -> str:
    """Install extensions, by the names of their packages without ``phpX.Y-``, and load them."""
    debian = " ".join(f"php{short(php_version)}-{name}" for name in packages)
    rhel = " ".join(f"php-{_RHEL_NAMES.get(name, name)}" for name in packages)
    return f"{install(facts, debian, rhel)} && {restart_php(facts)}"


def install_php(facts: Facts, wanted: str) -> str:
    """Install PHP in a version (``8.2``) for the command line and the web, beside what is there."""
    packages = " ".join(f"php{wanted}-{name}" for name in _PACKAGES.split(" "))
    system = str(facts.get("host/os/id", "")).lower()
    if family(facts) == "rhel":
        major = (version(facts.get("host/os/version")) or (9,))[0]
        names = " ".join(f"php-{_RHEL_NAMES.get(name, name)}" for name in _PACKAGES.split(" "))
        return (
            f"dnf install -y https://rpms.remirepo.net/enterprise/remi-release-{major}.rpm && dnf module reset -y php"
            f" && dnf module enable -y php:remi-{wanted} && dnf install -y {names}"
        )
    get = f"apt-get update && apt-get install -y {packages}"
    if _OWN_PHP.get((system, str(facts.get("host/os/version", "")))) == wanted:
        return get
    if system == "ubuntu":
        return f"apt-get install -y software-properties-common && add-apt-repository -y ppa:ondrej/php && {get}"
    key = "/usr/share/keyrings/sury.gpg"
    return (
        f"apt-get install -y ca-certificates curl && curl -fsSLo {key} https://packages.sury.org/php/apt.gpg"
        f' && echo "deb [signed-by={key}] https://packages.sury.org/php/'
        f' $(. /etc/os-release; echo $VERSION_CODENAME) main" > /etc/apt/sources.list.d/php.list && {get}'
    )


def php_service(facts: Facts) -> str:
    """The service that runs PHP for the web."""
    if facts.get("php/web/kind") == "apache":
        return web_service(facts)
    binary = str(facts.get("php/web/binary", ""))
    collection = re.search(r"/(php\d+)/root/", binary)  # /opt/remi/php74/root/usr/sbin/php-fpm
    if collection:
        return f"{collection.group(1)}-php-fpm"
    named = re.search(r"php-fpm(\d+\.\d+)$", binary)
    if named:
        return f"php{named.group(1)}-fpm"
    of_version = short(str(facts.get("php/web/version", "")))
    return f"php{of_version}-fpm" if family(facts) == "debian" and of_version else "php-fpm"


def restart_php(facts: Facts) -> str:
    """Make the web's PHP read its configuration anew."""
    return f"systemctl restart {php_service(facts)}"


def set_web_php(facts: Facts, **settings: str) -> str:
    """Set values of the web's PHP: in the pool's file, which wins over php.ini; without one, in a file read last."""
    pool = str(facts.get("php/web/pool", ""))
    lines, names = [], "\\|".join(settings)
    if pool and facts.get("php/web/kind") != "apache":
        file = shlex.quote(pool)
        lines = [f"php_admin_value[{name}] = {value}" for name, value in settings.items()]
        start = f"sed -i '/^ *php_\\(admin_\\)\\?value\\[\\({names}\\)\\]/d' {file}; "
    else:
        file, start = _conf_d(facts), ""
        lines = [f"{name} = {value}" for name, value in settings.items()]
    return f"{start}printf '%s\\n' {' '.join(map(shlex.quote, lines))} >> {file} && {restart_php(facts)}"


def _conf_d(facts: Facts) -> str:
    if family(facts) == "rhel":
        return "/etc/php.d/99-invoiceninja.ini"
    sapi = "apache2" if facts.get("php/web/kind") == "apache" else "fpm"
    return f"/etc/php/{short(str(facts.get('php/web/version', '8.2')))}/{sapi}/conf.d/99-invoiceninja.ini"


def set_cli_php(facts: Facts, **settings: str) -> str:
    """Set values of the command line's PHP, in a file of the directory that it names itself and reads last."""
    php = shlex.quote(str(facts.get("php/cli/path") or "php"))
    lines = " ".join(shlex.quote(f"{name} = {value}") for name, value in settings.items())
    return f"printf '%s\\n' {lines} >> \"$({php} -r 'echo PHP_CONFIG_FILE_SCAN_DIR;')/99-invoiceninja.ini\""


def allow_functions(facts: Facts, where: str) -> str:
    """Take disable_functions out of php.ini; where: ``cli`` or ``web``."""
    if where == "cli":
        php = shlex.quote(str(facts.get("php/cli/path") or "php"))
        ini = f"\"$({php} -r 'echo php_ini_loaded_file();')\""
        return f"sed -i 's/^ *disable_functions *=.*/disable_functions =/' {ini}"
    pool = str(facts.get("php/web/pool", ""))
    files = " ".join([shlex.quote(pool)] * bool(pool) + [_php_ini(facts)])
    off, of_pool = "s/^ *disable_functions *=.*/disable_functions =/", "/^ *php_admin_value.disable_functions./d"
    return f"sed -i -e '{off}' -e '{of_pool}' {files} && {restart_php(facts)}"


def _php_ini(facts: Facts) -> str:
    return "/etc/php.ini" if family(facts) == "rhel" else str(PurePosixPath(_conf_d(facts)).parents[1] / "php.ini")


def web_service(facts: Facts) -> str:
    """The service of the web server."""
    if facts.get("web/server") == "apache":
        return "httpd" if family(facts) == "rhel" else "apache2"
    return "nginx"


def web_test(facts: Facts) -> str:
    """The command that tests the web server's configuration."""
    return "apachectl -t" if facts.get("web/server") == "apache" else "nginx -t"


def reload_web(facts: Facts) -> str:
    """Make the web server read its configuration, where it is valid."""
    return f"{web_test(facts)} && systemctl reload {web_service(facts)}"


def set_in_vhost(facts: Facts, directive: str, value: str, *, apache: str) -> str:
    """Set a directive of the site: nginx beside ``root``, Apache in a file of its own; apache: the line for it."""
    file = shlex.quote(str(facts.get("web/vhost/file") or "/etc/nginx/sites-enabled/default"))
    if facts.get("web/server") == "apache":
        name = apache.split()[0]
        to = "/etc/httpd/conf.d" if family(facts) == "rhel" else "/etc/apache2/conf-enabled"
        return (
            f"sed -i --follow-symlinks -E '/^ *{name} /d' {file} && echo {shlex.quote(apache)}"
            f" >> {to}/invoiceninja-limits.conf && {reload_web(facts)}"
        )
    blank = "[[:space:]]*"
    return (
        f"if grep -q '^{blank}{directive} ' {file};"
        f" then sed -i --follow-symlinks -E 's/^({blank}){directive} .*/\\1{directive} {value};/' {file};"
        f" else sed -i --follow-symlinks -E 's|^({blank})root .*public/?;|&\\n\\1{directive} {value};|' {file}; fi;"
        f" {reload_web(facts)}"
    )
