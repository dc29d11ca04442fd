"""What runs on the machines: V4 with its data, and the download host."""

from __future__ import annotations

import io
import secrets
import subprocess
import tarfile
from pathlib import Path

from . import ca, releases
from .layout import Client
from .machines import Machine
from .standins import v4_data
from .state import LabError

ROOT = "/var/www/invoiceninja"
EXPORT = Path(__file__).parent / "standins" / "recorded-export.zip"

NGINX = """server {{
    listen 80;
    server_name {site};
    return 301 https://$host$request_uri;
}}
server {{
    listen 443 ssl;
    server_name {site};
    root {root};
    ssl_certificate /etc/ssl/lab/{site}.crt;
    ssl_certificate_key /etc/ssl/lab/{site}.key;
{locations}
}}
"""
PHP_LOCATIONS = """    index index.php;
    client_max_body_size 20m;
    location / {
        try_files $uri $uri/ /index.php?$query_string;
    }
    location ~ \\.php$ {
        include fastcgi_params;
        fastcgi_param SCRIPT_FILENAME $document_root$fastcgi_script_name;
        fastcgi_pass unix:/run/php/php7.4-fpm.sock;
        fastcgi_read_timeout 600;
    }
    location ~ /\\. {
        deny all;
    }"""


def send(machine: Machine, files: dict, mode: int = 0o644, owner: str = "root") -> None:
    """Write files (path without the leading slash → bytes) into a running machine, in one call."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for path, content in files.items():
            entry = tarfile.TarInfo(path)
            entry.size, entry.mode = len(content), mode
            entry.uname = entry.gname = owner
            archive.addfile(entry, io.BytesIO(content))
    subprocess.run([*machine.ssh_command(), "tar -x -C /"], input=buffer.getvalue(), check=True, capture_output=True)


def nginx(machine: Machine, root: str, locations: str) -> None:
    """Serve ``root`` as the machine's site, with the lab's certificate; ``locations`` stands in its server block."""
    site, pair = machine.site, ca.site(machine.lab.dir / "tls", machine.site)
    send(machine, {f"etc/ssl/lab/{site}.crt": pair.certificate, f"etc/ssl/lab/{site}.key": pair.key}, 0o600)
    server = NGINX.format(site=site, root=root, locations=locations)
    send(machine, {f"etc/nginx/sites-available/{site}": server.encode()})
    machine.ssh(
        f"ln -sf /etc/nginx/sites-available/{site} /etc/nginx/sites-enabled/{site}"
        " && rm -f /etc/nginx/sites-enabled/default && nginx -t -q && systemctl reload-or-restart nginx"
    )


def install_download(machine: Machine, archives: Path) -> None:
    """Serve the release archives; repeated, it refreshes them."""
    # The image holds the package, so this needs no network.
    machine.ssh(
        "command -v nginx >/dev/null || DEBIAN_FRONTEND=noninteractive"
        " apt-get -qq -y --no-install-recommends --no-download install nginx"
    )
    send(machine, {f"srv/download/{path.name}": path.read_bytes() for path in archives.iterdir()})
    nginx(machine, "/srv/download", "    autoindex on;")


def environment(site: str, password: str) -> str:
    """V4's .env: the release's example, with what an installer fills in."""
    values = {
        "APP_URL": f"https://{site}",
        "APP_KEY": secrets.token_hex(16),
        "DB_DATABASE": "ninja4",
        "DB_USERNAME": "ninja4",
        "DB_PASSWORD": password,
        "MAIL_DRIVER": "log",
        "UPDATE_SECRET": secrets.token_hex(16),
    }
    lines = []
    for line in (releases.STANDINS / "v4" / ".env.example").read_text().splitlines():
        key = line.partition("=")[0]
        lines.append(f"{key}={values.pop(key)}" if key in values else line)
    return "\n".join([*lines, *(f"{key}={value}" for key, value in values.items()), ""])


def install_v4(client: Client, owner_password: str) -> None:
    """Install the older V4 from its release archive, and load the recorded export into it.

    Safe to repeat after it was interrupted: it begins with an empty folder and an empty database.
    """
    machine = client.v4
    send(machine, {"tmp/v4.zip": releases.v4_zip(releases.V4_OLD_VERSION)})
    password = secrets.token_hex(16)
    machine.ssh(f"set -e; cd /tmp; rm -rf ninja {ROOT}; unzip -q v4.zip; rm v4.zip; mkdir -p /var/www; mv ninja {ROOT}")
    documents = v4_data.document_files(EXPORT, account_key=client.account_key)
    files = {f"storage/documents/{path}": content for path, content in documents.items()}
    files[".env"] = environment(machine.site, password).encode()
    send(machine, {f"{ROOT[1:]}/{path}": content for path, content in files.items()}, 0o640)
    sql = (
        "DROP DATABASE IF EXISTS ninja4;"
        "CREATE DATABASE ninja4 CHARACTER SET utf8 COLLATE utf8_unicode_ci;"
        f"CREATE USER IF NOT EXISTS ninja4@localhost; ALTER USER ninja4@localhost IDENTIFIED BY '{password}';"
        "GRANT ALL ON ninja4.* TO ninja4@localhost;"
    )
    machine.ssh("mysql", input=sql)
    artisan = f"cd {ROOT} && sudo -u www-data php artisan"
    machine.ssh(
        f"set -e; chown -R www-data:www-data {ROOT}; {artisan} migrate --force;"
        f" {artisan} db:seed --class=UpdateSeeder --force"
    )
    data = v4_data.export_to_sql(
        EXPORT, owner_email=client.owner_email, account_key=client.account_key, password=owner_password
    )
    machine.ssh("mysql --default-character-set=utf8mb4 ninja4", input=data)
    cron = f"* * * * * www-data cd {ROOT} && php artisan schedule:run >/dev/null 2>&1\n"
    machine.ssh("cat > /etc/cron.d/invoiceninja4", input=cron)
    nginx(machine, f"{ROOT}/public", PHP_LOCATIONS)
    # The first page after new code leads to the page /update, once; a V4 in use has that behind it.
    # Every answer of V4's API carries its version, the refusal of a request without a token too.
    url = f"https://{machine.site}"
    answer = machine.ssh(
        f"set -e; for page in / /login; do curl -fsS -o /dev/null {url}$page; done;"
        f" curl -sS -o /dev/null -D - {url}/api/v1/ping"
    ).stdout
    if f"X-Ninja-Version: {releases.V4_OLD_VERSION}" not in answer:
        raise LabError(f"V4 on {machine.name} does not answer with its version:\n{answer}")
