"""TLS, as the machine sees it that will connect: this host to itself, and to the other side of the migration."""

from __future__ import annotations

import re
import shlex
from functools import partial, update_wrapper
from typing import Any, Callable, Mapping, Sequence
from urllib.parse import urlsplit

from ..check import BOTH, Fine, Skip, Trouble, check
from ..facts import Facts
from ..findings import FAIL, WARN
from ..remedy import in_comment, try_port
from ..server import family, install, reload_web
from ..units import DAY, in_days, rows

# Let's Encrypt renews 30 days before the end; what is below three weeks was tried and failed several times.
SOON_SECONDS = 21 * DAY
# Roots come and go within five years or so (ISRG Root X1 replaced DST Root X3 in 2021).
ANCIENT_SECONDS = 5 * 365 * DAY
REDIRECTS = (301, 302, 303, 307, 308)
_ABOUT_DATES = re.compile(r"expired|not yet valid|CERT_HAS_EXPIRED", re.IGNORECASE)
_ABOUT_NAME = re.compile(r"subject name|host ?name|does not match|no alternative", re.IGNORECASE)


def _of_both(name: str, own: str, other: str, needs: Sequence[str]) -> Callable:
    """Declare a function of (facts, role) two checks: ``tls.NAME`` of this site, ``tls.peer-NAME`` of the other side.

    own, other: their titles.
    """

    def declare(function: Callable) -> Callable:
        for id, title, role in ((f"tls.{name}", own, "self"), (f"tls.peer-{name}", other, "peer")):
            check(id, title, needs=needs)(update_wrapper(partial(function, role=role), function))
        return function

    return declare


def _site(facts: Facts, role: str) -> Mapping[str, Any]:
    return next((each for each in rows(facts.get("tls/sites")) if each.get("role") == role), {})


def _https(facts: Facts, role: str) -> Mapping[str, Any] | Skip:
    """The site, or why nothing can be said of its certificate."""
    site = _site(facts, role)
    if not site:
        if role == "peer":
            return Skip(f"The address of {_other(facts)} is not known here (give it with the inventory)")
        return Skip("APP_URL was not looked at")
    if site.get("scheme") != "https":
        return Skip(f"{site.get('url')} is http: it has no certificate")
    if not site.get("connected"):
        return Skip(f"{site.get('host')}:{site.get('port')} does not connect: see tls.{_prefix(role)}connects")
    return site


def _prefix(role: str) -> str:
    return "peer-" if role == "peer" else ""


def _other(facts: Facts) -> str:
    return "V5" if facts.kind == "v4" else "V4"


def _judge(facts: Facts, site: Mapping[str, Any]) -> str:
    """Which machine judged, and by which trust store."""
    name = facts.get("host/name") or "this host"
    by = site.get("verified_by") or "php"
    store = facts.get("tls/php_bundle/path") if by == "php" else None
    return f"judged from {name} by {'its PHP' if by == 'php' else by}" + (f" with {store}" if store else "")


def _where(site: Mapping[str, Any]) -> str:
    return f"{site.get('host')}:{site.get('port')}"


@_of_both(
    "resolves",
    "The site's name resolves on this host",
    "The other side's name resolves on this host",
    needs=("tls/sites",),
)
def resolves(facts: Facts, role: str):
    site = _site(facts, role)
    if not site:
        return Skip(f"The address of {_other(facts) if role == 'peer' else 'the site'} is not known here")
    host, addresses = str(site.get("host") or ""), site.get("addresses")
    if addresses is None:
        return Skip(f"Not checked: {facts.why_missing('tls/sites')}")
    if addresses:
        return Fine(f"{host}: {', '.join(map(str, addresses))}")
    address = "127.0.0.1" if role == "self" else "ADDRESS"
    mend = f"getent hosts {shlex.quote(host)} || echo {shlex.quote(f'{address} {host}')} >> /etc/hosts"
    if role == "peer":
        mend += f"  # ADDRESS: that of {_other(facts)}'s server"
    return Trouble(f"{host} does not resolve on {facts.get('host/name', 'this host')}", mend)


@_of_both("connects", "The site's port is open", "The other side's port is open from here", needs=("tls/sites",))
def connects(facts: Facts, role: str):
    site = _site(facts, role)
    if not site:
        return Skip(f"The address of {_other(facts) if role == 'peer' else 'the site'} is not known here")
    if not site.get("addresses"):
        return Skip(f"{site.get('host')} does not resolve: see tls.{_prefix(role)}resolves")
    if site.get("connected") is None:
        return Skip(f"Not checked: {facts.why_missing('tls/sites')}")
    if site["connected"]:
        return Fine(f"{_where(site)} connects")
    said = site.get("error") or "no answer"
    at = f"{_where(site)} ({', '.join(map(str, site['addresses']))})"
    if role == "self":
        port = site.get("port")
        mend = f"ss -ltnp | grep ':{port} '; {reload_web(facts)}; iptables -S INPUT | grep -i drop"
        if facts.get("http/site/status"):
            return Fine(f"{_where(site)} is not open to this host itself, but the site answers")
    else:
        mend = _try(site)
    return Trouble(f"{at} does not connect from {facts.get('host/name', 'this host')}: {said}", mend)


def _try(site: Mapping[str, Any]) -> str:
    host = str(site.get("host"))
    return f"{try_port(host, site.get('port'))}; iptables -S OUTPUT  # and the firewall of {in_comment(host)}"


@_of_both(
    "chain", "The site's certificate is trusted", "The other side's certificate is trusted here", needs=("tls/sites",)
)
def chain(facts: Facts, role: str):
    site = _https(facts, role)
    if isinstance(site, Skip):
        return site
    if site.get("verified") is None:
        return Skip("Not checked: nothing on this host can verify a certificate")
    sent = rows(site.get("chain"))
    issuer = f", issued by {sent[0].get('issuer')}" if sent else ""
    if site["verified"]:
        return Fine(f"{_where(site)}{issuer}, {_judge(facts, site)}")
    said = str(site.get("verify_error") or f"curl error {site.get('curl_errno')}")
    own = bool(sent and sent[0].get("self_signed"))
    # A wrong name or date is a finding of its own, and says nothing about who signed.
    if not own and not site.get("intermediate_missing"):
        for pattern, other in ((_ABOUT_DATES, "dates"), (_ABOUT_NAME, "name")):
            if pattern.search(said):
                return Skip(f"Not known while it has another fault: see tls.{_prefix(role)}{other} ({said})")
    why = (
        "it signed itself"
        if own
        else "its intermediate certificate is not sent"
        if site.get("intermediate_missing")
        else said
    )
    harm = {
        ("v4", "peer"): "V4 cannot upload to V5",
        ("v5", "peer"): "V5 gets neither logo nor documents from V4",
    }.get((facts.kind, role), "V4 and browsers refuse it")
    return Trouble(
        f"{_where(site)}{issuer}: {why} ({said}; {_judge(facts, site)}): {harm}", _mend_chain(facts, site, own, role)
    )


def _mend_chain(facts: Facts, site: Mapping[str, Any], own: bool, role: str) -> str:
    if role == "self" or own:
        return _get_certificate(facts, site, role)
    if site.get("intermediate_missing"):
        on = in_comment(site.get("host"))
        return f"certbot renew --force-renewal  # on {on}; its certificate file must be fullchain.pem"
    return _renew_bundle(facts)


def _get_certificate(facts: Facts, site: Mapping[str, Any], role: str) -> str:
    plugin = "apache" if facts.get("web/server") == "apache" else "nginx"
    packages = install(facts, f"certbot python3-certbot-{plugin}")
    get = f"{packages} && certbot --{plugin} -d {shlex.quote(str(site.get('host')))}"
    return get if role == "self" else f"{get}  # on {in_comment(site.get('host'))}"


def _renew_bundle(facts: Facts) -> str:
    if family(facts) == "rhel":
        return "yum update -y ca-certificates && update-ca-trust"
    return (
        "apt-get update && apt-get install -y --only-upgrade ca-certificates openssl && update-ca-certificates --fresh"
    )


@_of_both(
    "name",
    "The certificate is for the site's name",
    "The other side's certificate is for its name",
    needs=("tls/sites",),
)
def name(facts: Facts, role: str):
    site = _https(facts, role)
    if isinstance(site, Skip):
        return site
    if site.get("name_matches") is None:
        return Skip("Not checked: the certificate could not be read")
    sent = rows(site.get("chain"))
    names = ", ".join(map(str, (sent[0].get("names") or []) if sent else [])) or "another name"
    if site["name_matches"]:
        return Fine(f"{site.get('host')} is among {names}")
    said = f"{_where(site)} sends a certificate for {names} ({_judge(facts, site)})"
    default = facts.get("web/default_vhost/file")
    vhost = facts.get("web/vhost/file")
    if role == "self" and default and vhost and default != vhost and facts.get("web/vhost/certificate") is None:
        said += f"; it is that of the default site {default}, for {vhost} has none"
    return Trouble(said, _get_certificate(facts, site, role))


@_of_both(
    "dates",
    "The certificate is valid today, and for three weeks",
    "The other side's certificate is valid",
    needs=("tls/sites", "time/epoch"),
)
def dates(facts: Facts, role: str):
    site = _https(facts, role)
    if isinstance(site, Skip):
        return site
    sent = rows(site.get("chain"))
    if not sent:
        return Skip("Not checked: the certificate could not be read")
    troubles = []
    for place, each in enumerate(sent):
        begins, ends = each.get("not_before"), each.get("not_after")
        # A server may send a root that has expired beside a good one: browsers and curl ignore it.
        if begins is None or ends is None or (place and site.get("verified")):
            continue
        which = (
            f"The certificate of {_where(site)}" if not place else f"{each.get('subject')}, which {_where(site)} sends,"
        )
        if ends <= facts.now:
            troubles.append(Trouble(f"{which} expired {_ago(facts.now - ends)}", _renew(facts, site, role)))
        elif begins > facts.now:
            since = f"{which} is valid only in {in_days(begins - facts.now)}: the clock of this host, or it, is wrong"
            troubles.append(Trouble(since, "timedatectl set-ntp true && timedatectl"))
        elif not place and ends - facts.now < SOON_SECONDS:
            left = f"{which} ends in {in_days(ends - facts.now)}: its renewal did not work"
            troubles.append(Trouble(left, _renew(facts, site, role), WARN))
    return troubles or Fine(f"{_where(site)}: {in_days((sent[0].get('not_after') or facts.now) - facts.now)} left")


def _ago(seconds: float) -> str:
    return f"{in_days(seconds)} ago" if seconds >= DAY else "today"


def _renew(facts: Facts, site: Mapping[str, Any], role: str) -> str:
    renew = f"certbot renew && {reload_web(facts)}"
    return renew if role == "self" else f"{renew}  # on {in_comment(site.get('host'))}"


@check("tls.intermediate", "The certificate comes with its chain", needs=("tls/sites",))
def intermediate(facts: Facts):
    site = _https(facts, "self")
    if isinstance(site, Skip):
        return site
    if site.get("intermediate_missing") is None:
        return Skip("Not checked: the chain could not be read")
    sent = rows(site.get("chain"))
    if not site["intermediate_missing"]:
        return Fine(f"{_where(site)} sends {len(sent)} certificate{'s' if len(sent) != 1 else ''}")
    file, host = str(facts.get("web/vhost/certificate") or ""), str(site.get("host"))
    issuer = sent[0].get("issuer") if sent else "its issuer"
    said = f"{_where(site)} sends only its own certificate ({file or 'its file'}), not {issuer}, which is no root here"
    return Trouble(f"{said}: browsers find that themselves, V4's PHP does not", _use_full_chain(facts, file, host))


def _use_full_chain(facts: Facts, file: str, host: str) -> str:
    if file.endswith("/cert.pem"):  # certbot's names
        vhost = shlex.quote(str(facts.get("web/vhost/file") or "/etc/nginx/sites-enabled/default"))
        return f"sed -i --follow-symlinks 's|/cert.pem|/fullchain.pem|' {vhost} && {reload_web(facts)}"
    quoted = shlex.quote(file or f"/etc/ssl/certs/{host}.crt")
    fetch = f"curl -fsS \"$(openssl x509 -in {quoted} -noout -text | sed -n 's/.*CA Issuers - URI://p' | head -n 1)\""
    return f"{fetch} | openssl x509 -inform DER >> {quoted} && {reload_web(facts)}"


@check("tls.default-site", "The site's own virtual host answers on https", needs=("tls/sites",))
def default_site(facts: Facts):
    site = _https(facts, "self")
    if isinstance(site, Skip):
        return site
    other, sent = site.get("chain_without_sni"), rows(site.get("chain"))
    if not other or not sent or site.get("name_matches") is None:
        return Skip("Not checked: no certificate came without SNI")
    # Every PHP that V4 and V5 run on sends SNI, so another certificate without it harms nobody.
    if site["name_matches"]:
        return Fine(f"{_where(site)} has its own certificate; without SNI {other} comes")
    if other != sent[0].get("subject"):
        return Skip("The certificate is the site's own, but for another name: see tls.name")
    file, own = facts.get("web/default_vhost/file"), facts.get("web/vhost/file")
    if file and file == own:
        return Skip("The default site is the site's own, its certificate is for another name: see tls.name")
    return Trouble(
        f"For {site.get('host')} the default site answers ({file or 'its file is not known'}; {other}): no site"
        f" with that name listens on {site.get('port')}",
        _look_at_names(facts),
    )


def _look_at_names(facts: Facts) -> str:
    if facts.get("web/server") == "apache":
        return f"apachectl -S; {reload_web(facts)}"
    file = shlex.quote(str(facts.get("web/vhost/file") or "/etc/nginx/sites-enabled/default"))
    return f"nginx -T 2>/dev/null | grep -E '# configuration file|listen|server_name'; cat {file}; {reload_web(facts)}"


@check("tls.https-redirect", "Plain http leads to https", needs=("http/plain", "tls/sites"), severity=WARN)
def https_redirect(facts: Facts):
    site, plain = _site(facts, "self"), facts["http/plain"]
    if site.get("scheme") != "https":
        return Skip(f"{site.get('url') or 'APP_URL'} is http")
    status, url = plain.get("status"), plain.get("url") or "http"
    if not status:
        return Fine("Nothing answers on plain http")
    listens = [str(each) for each in facts.get("web/vhost/listens") or []]
    if listens and not any("ssl" in each or "443" in each for each in listens):
        return Skip("TLS ends before this host (its site has no https), so the redirect is made there")
    location = str(plain.get("location") or "")
    if status in REDIRECTS and (urlsplit(location).scheme if "://" in location else "") == "https":
        return Fine(f"{url}: {status} to {location}")
    if status in REDIRECTS or status == 200:
        where = f"redirects to {location}" if status in REDIRECTS else "serves the site"
        return Trouble(
            f"{url} {where}: passwords and invoices travel unencrypted", _redirect(facts, str(site.get("host")))
        )
    return Fine(f"{url}: {status}, so nothing is served there")


def _redirect(facts: Facts, host: str) -> str:
    if facts.get("web/server") == "apache":
        directory = "/etc/httpd/conf.d" if family(facts) == "rhel" else "/etc/apache2/sites-enabled"
        site = f"<VirtualHost *:80>\\n ServerName {host}\\n Redirect permanent / https://{host}/\\n</VirtualHost>\\n"
        return f"printf {shlex.quote(site)} > {directory}/00-https-redirect.conf && {reload_web(facts)}"
    site = f"server {{ listen 80; server_name {host}; return 301 https://{host}$request_uri; }}"
    return (
        f"echo {shlex.quote(site)} > /etc/nginx/conf.d/https-redirect.conf && {reload_web(facts)}"
        f"  # and take 'listen 80' out of {in_comment(facts.get('web/vhost/file')) or 'the site'}"
    )


@check("tls.peer-redirect", "The other side's API answers without a redirect", needs=("tls/sites",))
def peer_redirect(facts: Facts):
    site = _site(facts, "peer")
    if not site:
        return Skip(f"The address of {_other(facts)} is not known here")
    if not site.get("connected"):
        return Skip(f"{site.get('host')} does not connect: see tls.peer-connects")
    redirect = site.get("redirect")
    if not isinstance(redirect, Mapping):
        return Fine(f"{site.get('url')} does not redirect")
    said = f"{site.get('url')} redirects ({redirect.get('status')}) to {redirect.get('location')}"
    if facts.kind == "v5":
        # V5 fetches logo and documents with curl and fopen, which follow redirects.
        return Fine(f"{said}; V5 follows it")
    target = _target(site, str(redirect.get("location") or ""))
    return Trouble(
        f"{said}: V4's login there does not follow redirects and says 'Oops, something went wrong'",
        f"./cli.py init  # on the controller: the address of V5 is {in_comment(target)}",
    )


def _target(site: Mapping[str, Any], location: str) -> str:
    parts = urlsplit(location)
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else str(site.get("url"))


@check("tls.peer-application", "The other side's address is the other application", needs=("tls/sites",))
def peer_application(facts: Facts):
    site = _site(facts, "peer")
    if not site:
        return Skip(f"The address of {_other(facts)} is not known here")
    if not site.get("connected") or isinstance(site.get("redirect"), Mapping):
        return Skip(f"{site.get('url')} does not connect or redirects: see tls.peer-connects, tls.peer-redirect")
    wanted, found = _other(facts), str(site.get("api_version") or "")
    url, status = site.get("url"), site.get("api_status")
    if found and found.startswith("4.") == (wanted == "V4"):
        return Fine(f"{url} is {wanted} {found}")
    # V4 is asked for the options of its API, which name no version: it lets a GET without a token wait.
    if wanted == "V4" and not found and status and status < 300:
        return Fine(f"{url} answers {status}")
    if not status and not found:
        return Skip(f"{url} was not asked, or did not answer")
    if found:
        said = f"{url} is version {found}, which is not {wanted}"
    else:
        said = f"{url}/api/v1/ping answers {status} without the version of {wanted}"
    return Trouble(
        f"{said}: the migration would talk to the wrong site",
        f"./cli.py init  # on the controller: the address of {wanted}",
    )


@check(
    "tls.php-bundle",
    "PHP has certificates of authorities that are not old",
    needs=("tls/php_bundle/path", "time/epoch"),
    kinds=(*BOTH, ""),
)
def php_bundle(facts: Facts):
    path, there = facts["tls/php_bundle/path"], facts.get("tls/php_bundle/exists")
    count, mtime = facts.get("tls/php_bundle/certificates"), facts.get("tls/php_bundle/mtime")
    if there is False or count == 0:
        what = "is not there" if there is False else "holds no certificate"
        return Trouble(
            f"PHP's trust store {path or '(none of the usual files)'} {what}: PHP trusts nobody (curl error 60 or 77)",
            _restore_bundle(facts, str(path)),
        )
    has = f"{path}" + (f", {count} certificates" if count else "")
    if mtime is None or facts.now - mtime < ANCIENT_SECONDS:
        return Fine(has)
    if any(each.get("scheme") == "https" and each.get("verified") for each in rows(facts.get("tls/sites"))):
        return Fine(f"{has}, {in_days(facts.now - mtime)} old, but what was asked verifies")
    return Trouble(
        f"{has}, was last renewed {in_days(facts.now - mtime)} ago: newer authorities are not in it",
        _renew_bundle(facts),
        WARN,
    )


def _restore_bundle(facts: Facts, path: str) -> str:
    for which in ("cli", "web"):
        for key in ("curl.cainfo", "openssl.cafile"):
            if facts.get(f"php/{which}/ini/{key}") == path:
                system = (
                    "/etc/pki/tls/certs/ca-bundle.crt"
                    if family(facts) == "rhel"
                    else "/etc/ssl/certs/ca-certificates.crt"
                )
                return f"mkdir -p {shlex.quote(path.rpartition('/')[0] or '/')} && ln -sf {system} {shlex.quote(path)}"
    if family(facts) == "rhel":
        return "yum reinstall -y ca-certificates && update-ca-trust"
    return "apt-get update && apt-get install -y --reinstall ca-certificates && update-ca-certificates --fresh"


@check(
    "tls.files",
    "The certificate on disk is the one that is served",
    needs=("tls/files", "tls/sites", "time/epoch"),
    severity=WARN,
)
def files(facts: Facts):
    site = _https(facts, "self")
    if isinstance(site, Skip):
        return site
    sent = rows(site.get("chain"))
    served = sent[0].get("not_after") if sent else None
    readable = [each for each in rows(facts["tls/files"]) if each.get("not_after")]
    if not readable or served is None:
        return Skip("Not checked: the site's certificate file cannot be read, or TLS ends before this host")
    newest = max(readable, key=lambda each: each["not_after"])
    if newest["not_after"] <= served:
        return Fine(f"{newest.get('path')} is what {_where(site)} sends")
    longer = in_days(newest["not_after"] - served)
    return Trouble(
        f"{newest.get('path')} is valid {longer} longer than the certificate that {_where(site)} sends: it was renewed,"
        " and the web server did not read it",
        reload_web(facts),
        FAIL if served <= facts.now else "",
    )
