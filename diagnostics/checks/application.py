"""The application: which one stands where, whether it is whole, and what its companies need."""

# ruff: noqa: S608  # a remedy's SQL is text for a person; only numbers are put into it
from __future__ import annotations

import re
import shlex
from typing import Any, Iterable

from .. import remedy
from ..check import BOTH, FAIL, Fine, Skip, Trouble, check
from ..facts import Facts
from ..findings import WARN
from ..units import count, rows, some, span
from .cron import V4_SENDS, line

# The versions that are known not to import, first and last [failure-modes: import-company-null-id-5.10.28-34].
IMPORTS_NOTHING = ((5, 10, 28), (5, 10, 34))
# Older ones abort on a document that belongs to nothing [failure-modes: import-documents-on-bool].
FIRST_WITH_DOCUMENTS = (5, 8, 22)
# These drop what is attached to invoices and quotes [failure-modes: docs-dropped]; no release without it is known.
DROPS_ATTACHMENTS = (5, 8, 39)
GOOD_VERSION = "5.10.42"  # imports, and no later one was tried
V4_VERSION = (4, 5, 50)
# V5 answers 200 and does nothing when an account has so many [facts.md]; each failed try adds one.
MOST_COMPANIES, MANY_COMPANIES = 10, 8
# A blank company so young may belong to an import that is about to begin.
YOUNG_SECONDS = 3600
# A cache and the code of one release are not written in the same second.
SLACK_SECONDS = 60
_EXPORT_CODE = (
    "https://raw.githubusercontent.com/invoiceninja/invoiceninja/master/app/Traits/GenerateMigrationResources.php"
)


def numbers(version: str) -> tuple[int, ...]:
    """``5.10.17-e`` as ``(5, 10, 17)``; empty where it is no version."""
    found = re.match(r"v?(\d+)\.(\d+)(?:\.(\d+))?", version.strip())
    return tuple(int(part or 0) for part in found.groups()) if found else ()


def _companies(facts: Facts) -> list[dict[str, Any]]:
    return rows(facts["database/companies"])


def _name(company: dict[str, Any]) -> str:
    named = company.get("name")
    return f"company {company.get('id')}{f' {named}' if named else ''}"


@check(
    "application.found", "An Invoice Ninja stands where it was looked for", needs=("app/found_by",), kinds=(*BOTH, "")
)
def found(facts: Facts) -> Fine | Trouble:
    if facts.kind:
        return Fine(f"{facts.kind.upper()} {facts.version} in {facts.root}".replace("  ", " "))
    asked = facts.get("probe/root_asked", "") or facts.root
    others = [each for each in rows(facts.get("app/others")) if each.get("root")]
    seen = "".join(
        f"\n{each['root']}: {str(each.get('kind', '')).upper()} {each.get('version', '')}" for each in others
    )
    if not asked:
        what = "No Invoice Ninja was found in the usual directories and the web server's document roots"
    elif facts.get("app/root_exists") is False:
        what = f"{asked} does not exist"
    elif facts.get("app/readable") is False:
        what = f"{asked} cannot be read by {facts.get('probe/user', 'the user of the probe')}"
    else:
        what = f"{asked} holds no Invoice Ninja"
    look = "find / -xdev -maxdepth 6 -name artisan -not -path '*/vendor/*' 2>/dev/null"
    targets = [shlex.quote(f"ssh://{_host(facts)}{each['root']}") for each in others]
    mend = "\n".join(f"./cli.py diagnose {each}" for each in targets) or look
    return Trouble(what + seen, mend)


def _host(facts: Facts) -> str:
    return f"root@{facts.get('host/name', 'HOST')}"


@check("application.version", "The application's version is known", needs=("app/version",))
def version(facts: Facts) -> Fine | Trouble:
    if numbers(facts.version):
        return Fine(facts.version)
    where = "VERSION.txt" if facts.kind == "v5" else "app/Constants.php"
    return Trouble(
        f"{where} says no version ('{facts.version}'): the code is not whole, or not Invoice Ninja's",
        remedy.in_root(facts, f"ls -l {where} && head -c 200 {where}"),
    )


@check("application.imports", "This V5 can import from V4", needs=("app/version",), kinds=("v5",))
def imports(facts: Facts) -> Fine | Trouble | Skip:
    have = numbers(facts.version)
    if not have:
        return Skip("Not checked: the version is not known (application.version)")
    update = (
        f"# in the project's folder, with another v5_version and a backup: ./cli.py provision CLIENT\n{_unpack(facts)}"
    )
    if IMPORTS_NOTHING[0] <= have <= IMPORTS_NOTHING[1]:
        return Trouble(
            f"{facts.version} imports no company of V4 at all (issue 10059): 5.10.28 to 5.10.34 do not", update
        )
    if have < FIRST_WITH_DOCUMENTS:
        said = f"{facts.version} aborts the import on some documents (issue 9238), which 5.8.22 mended"
        return Trouble(said, update, WARN)
    if have >= DROPS_ATTACHMENTS:
        return Fine(
            f"{facts.version}; it loses what is attached to invoices and quotes, which ./cli.py migrate brings back"
        )
    return Fine(facts.version)


def _unpack(facts: Facts) -> str:
    """The vendor's way to another release: over what is there, for .env and storage are not in it."""
    archive = f"https://github.com/invoiceninja/invoiceninja/releases/download/v{GOOD_VERSION}/invoiceninja.tar"
    unpack = f"curl -fL {archive} -o /tmp/invoiceninja.tar && tar -xf /tmp/invoiceninja.tar"
    steps = (
        remedy.in_root(facts, unpack),
        remedy.own(facts, "."),
        remedy.artisan(facts, "migrate --force"),
        remedy.artisan(facts, "optimize"),
    )
    return remedy.later("or by hand", " && ".join(steps))


@check("application.v4-version", "V4 is the newest 4.5.50", needs=("app/version",), kinds=("v4",))
def v4_version(facts: Facts) -> Fine | Trouble | Skip:
    have = numbers(facts.version)
    if not have:
        return Skip("Not checked: the version is not known (application.version)")
    if have < V4_VERSION:
        return Trouble(
            f"V4 is {facts.version}, and V5 takes only what 4.5.50 exports",
            "# in the project's folder, with a backup and a way back: ./cli.py upgrade CLIENT",
        )
    if facts.get("app/export_code") == "tag":
        target = "app/Traits/GenerateMigrationResources.php"
        copy = (
            f"cp -p {target} /root/ && curl -fsSL {_EXPORT_CODE} -o /tmp/export.php && cat /tmp/export.php > {target}"
        )
        return Trouble(
            "This is the older code state called 4.5.50: it exports user names as e-mails, loses payment types, and "
            "marks endless recurring invoices as finished",
            remedy.in_root(facts, copy),
            WARN,
        )
    return Fine(f"{facts.version} ({facts.get('app/export_code', 'code state unknown')})")


@check("application.code", "The application's code is whole", needs=("app/vendor",))
def code(facts: Facts) -> Fine | Trouble:
    names = {"artisan": "artisan", "vendor": "vendor/autoload.php", "index": "public/index.php"}
    lacking = [name for key, name in names.items() if facts.get(f"app/{key}") is False]
    if not lacking:
        return Fine()
    if lacking == ["vendor/autoload.php"]:
        install = f"{shlex.quote(remedy.php(facts))} $(command -v composer) install --no-dev --no-interaction"
        return Trouble(
            "vendor/autoload.php is missing: the packages are not installed", remedy.as_web_user(facts, install)
        )
    release = f"# unpack the release {remedy.in_comment(facts.version)} again, over what is there"
    return Trouble(
        f"{some(lacking)} is missing in {facts.root}: an upload or an upgrade ended half way",
        f"{remedy.in_root(facts, 'ls -la . public')}\n{release}",
    )


@check("application.maintenance", "The application is not closed for maintenance", needs=("app/maintenance",))
def maintenance(facts: Facts) -> Fine | Trouble:
    if not facts["app/maintenance"]:
        return Fine()
    if facts.get("app/upgrade_note"):
        return Trouble("Every page answers 503; an upgrade did not end (application.upgrade)", _again(facts))
    return Trouble("Every page answers 503, also to V4's wizard", remedy.artisan(facts, "up"))


def _again(facts: Facts) -> str:
    verb = "upgrade" if facts.kind == "v4" else "provision"
    return f"# in the project's folder: ./cli.py {verb} CLIENT"


@check("application.upgrade", "No upgrade was left half done", needs=("app/upgrade_note",))
def upgrade(facts: Facts) -> Fine | Trouble:
    note = facts["app/upgrade_note"]
    if not note:
        return Fine()
    return Trouble(
        f"An upgrade by Ninjalift was killed in its phase '{note}'; the next run finishes or undoes it", _again(facts)
    )


@check("application.migrations", "The database has the tables that the code expects", needs=("database/migrations",))
def migrations(facts: Facts) -> Fine | Trouble:
    number = int(facts.get("database/migrations/pending_count") or 0)
    if not number:
        return Fine(f"{facts.get('database/migrations/ran')} migrations ran, none is pending")
    return Trouble(
        f"{count(number, 'migration')} of the code did not run: {some(facts.get('database/migrations/pending', []))}",
        remedy.artisan(facts, "migrate --force"),
    )


@check(
    "application.bootstrap-cache",
    "The caches are not older than the code",
    needs=("app/bootstrap_cache", "app/code_mtime"),
    severity=WARN,
)
def bootstrap_cache(facts: Facts) -> Fine | Trouble:
    code_mtime = int(facts["app/code_mtime"])
    old = [
        each for each in rows(facts["app/bootstrap_cache"]) if int(each.get("mtime") or 0) + SLACK_SECONDS < code_mtime
    ]
    if not old:
        return Fine()
    oldest = min(int(each.get("mtime") or 0) for each in old)
    again = remedy.artisan(facts, "optimize" if facts.kind == "v5" else "optimize:clear")
    return Trouble(
        f"{some(each.get('name') for each in old)} of before the code came ({span(code_mtime - oldest)} older)",
        f"{remedy.in_root(facts, 'rm -f bootstrap/cache/*.php')} && {again}",
    )


@check("application.snappdf", "The browser that prints PDFs is there", needs=("app/artisan",), kinds=("v5",))
def snappdf(facts: Facts) -> Fine | Trouble | Skip:
    generator = remedy.setting(facts, "PDF_GENERATOR")
    if generator in ("hosted_ninja", "phantom"):
        return Skip(f"PDF_GENERATOR is {generator}, which needs no browser on this host")
    if "SNAPPDF_CHROMIUM_PATH" in facts.get("env/keys", []):
        return Skip("Not checked: SNAPPDF_CHROMIUM_PATH names a browser of the system")
    mine = facts.document.get("app") or {}
    if "snappdf" not in mine:
        return Skip(f"Not checked: {facts.why_missing('app/snappdf')} (app/snappdf)")
    browser = mine["snappdf"]
    if not browser:
        return Trouble(
            "snappdf has no browser: no PDF is printed", remedy.as_web_user(facts, "vendor/bin/snappdf download")
        )
    if browser.get("executable") is False:
        path = shlex.quote(str(browser.get("path")))
        return Trouble(f"{browser.get('path')} is not executable", f"chmod +x {path}")
    return Fine(str(browser.get("path")))


@check(
    "application.blank-companies",
    "No failed try left a blank company",
    needs=("database/companies",),
    severity=WARN,
    kinds=("v5",),
)
def blank_companies(facts: Facts) -> Fine | Trouble:
    # V5's own first company is blank too, and stays after a perfect import.
    first = {
        min(_ids(_companies(facts), account)) for account in {each.get("account_id") for each in _companies(facts)}
    }
    importing = bool(facts.get("database/jobs/migration"))
    left = [
        each
        for each in _companies(facts)
        if each.get("blank")
        and each.get("disabled")
        and each.get("id") not in first
        and not (importing and int(each.get("age_seconds") or 0) < YOUNG_SECONDS)
    ]
    if not left:
        return Fine()
    return Trouble(
        f"{count(len(left), 'company', 'companies')} without clients, invoices and products, and disabled: "
        f"{some(_name(each) for each in left)}. Ten companies block the account",
        "# in the project's folder: ./cli.py migrate CLIENT --remove-blank\n"
        + remedy.sql(facts, "SELECT id, company_key, is_disabled, created_at FROM companies"),
    )


def _ids(companies: Iterable[dict[str, Any]], account: Any) -> list[int]:
    return [int(each.get("id") or 0) for each in companies if each.get("account_id") == account]


@check(
    "application.disabled-companies",
    "Every company with data is active",
    needs=("database/companies",),
    severity=WARN,
    kinds=("v5",),
)
def disabled_companies(facts: Facts) -> Fine | list[Trouble]:
    off = [each for each in _companies(facts) if each.get("disabled") and not each.get("blank")]
    whole = [each for each in off if each.get("imported")]
    other = [each for each in off if not each.get("imported")]
    troubles = []
    if whole:
        ids = ", ".join(str(int(each.get("id") or 0)) for each in whole)
        activate = remedy.sql(facts, f"UPDATE companies SET is_disabled = 0 WHERE id IN ({ids})")
        troubles.append(
            Trouble(
                f"Imported and inactive, so that it sends nothing: {some(_name(each) for each in whole)}",
                "# when V4 is quiet, or both send: in V5, Settings > Account Management > Activate Company; or:\n"
                + activate,
            )
        )
    if other:
        show = remedy.sql(facts, "SELECT id, company_key, is_disabled, created_at FROM companies WHERE is_disabled = 1")
        said = (
            f"Inactive: {some(_name(each) for each in other)}. Either its import did not end (migration.last-import),"
        )
        troubles.append(Trouble(f"{said} or somebody switched it off", show))
    return troubles or Fine()


@check("application.company-limit", "There is room for another company", needs=("database/accounts",), kinds=("v5",))
def company_limit(facts: Facts) -> Fine | list[Trouble]:
    mend = "# in the project's folder: ./cli.py migrate CLIENT --remove-blank\n" + remedy.sql(
        facts, "SELECT account_id, id, company_key, is_disabled, created_at FROM companies"
    )
    troubles = []
    for each in rows(facts["database/accounts"]):
        number = int(each.get("companies") or 0)
        if number >= MOST_COMPANIES:
            said = f"Account {each.get('id')} has {number} companies: V5 answers 200 to an import, and does nothing"
            troubles.append(Trouble(said, mend))
        elif number >= MANY_COMPANIES:
            said = f"Account {each.get('id')} has {number} of at most {MOST_COMPANIES} companies"
            troubles.append(Trouble(said, mend, WARN))
    return troubles or Fine(
        some(f"account {each.get('id')}: {each.get('companies')}" for each in rows(facts["database/accounts"]))
    )


def _imported(facts: Facts, active: bool = False) -> list[dict[str, Any]]:
    """The companies that came from V4; only those that work already where ``active``."""
    companies = rows(facts.get("database/companies"))
    return [each for each in companies if each.get("imported") and not (active and each.get("disabled"))]


@check(
    "application.two-factor",
    "V4's wizard can log in",
    needs=("database/users/two_factor",),
    severity=WARN,
    kinds=("v5",),
)
def two_factor(facts: Facts) -> Fine | Trouble:
    number = int(facts["database/users/two_factor"])
    if not number:
        return Fine("No user has a second factor")
    if _imported(facts):
        return Fine(f"{count(number, 'user')} with a second factor; it is only in the way of another import")
    return Trouble(
        f"{count(number, 'user')} with a second factor: V4's wizard cannot send one, and fails with a bare HTTP 500",
        remedy.sql(facts, "SELECT id, email FROM users WHERE google_2fa_secret IS NOT NULL AND google_2fa_secret <> ''")
        + "\n"
        + remedy.later(
            "for the migration, which clears it anyway",
            remedy.sql(facts, "UPDATE users SET google_2fa_secret = NULL WHERE email = 'OWNER'"),
        ),
    )


@check(
    "application.users-company",
    "Every user belongs to a company",
    needs=("database/users/without_company",),
    severity=WARN,
    kinds=("v5",),
)
def users_company(facts: Facts) -> Fine | Trouble:
    number = int(facts["database/users/without_company"])
    if not number:
        return Fine()
    lonely = "SELECT id, email FROM users WHERE deleted_at IS NULL AND id NOT IN (SELECT user_id FROM company_user)"
    return Trouble(
        f"{count(number, 'user')} without a company: a login answers 400 'not attached to any companies'",
        remedy.sql(facts, lonely),
    )


@check("application.v4-users", "V4's users can be imported", needs=("database/users",), kinds=("v4",))
def v4_users(facts: Facts) -> Fine | list[Trouble]:
    show = remedy.sql(
        facts,
        "SELECT id, account_id, public_id, username, email, deleted_at FROM users"
        " WHERE username <> email OR email IS NULL OR email NOT LIKE '%@%'",
    )
    without, unlike = (
        int(facts.get(f"database/users/{name}") or 0) for name in ("without_email", "username_not_email")
    )
    troubles = []
    if without:
        said = f"{count(without, 'user')} without an e-mail address, deleted ones too: V5 refuses the whole import"
        troubles.append(Trouble(said, show))
    if unlike:
        said = (
            f"{count(unlike, 'user')} whose user name is not the e-mail address: V5 takes the user name where it has"
            " an @, and the data may become a second user's"
        )
        troubles.append(Trouble(said, show, WARN))
    return troubles or Fine()


@check(
    "application.v4-email-settings",
    "Every account has its e-mail settings",
    needs=("database/v4/email_settings_missing",),
    kinds=("v4",),
)
def v4_email_settings(facts: Facts) -> Fine | Trouble:
    number = int(facts["database/v4/email_settings_missing"])
    if not number:
        return Fine()
    add = (
        "INSERT INTO account_email_settings (account_id, created_at, updated_at) SELECT a.id, NOW(), NOW() FROM"
        " accounts a LEFT JOIN account_email_settings s ON s.account_id = a.id WHERE s.id IS NULL"
    )
    said = f"{count(number, 'account')} without a row in account_email_settings: the export ends with 'reply_to_email'"
    return Trouble(said, remedy.sql(facts, add))


@check(
    "application.documents", "Every attachment has its file", needs=("database/documents/files_missing",), severity=WARN
)
def documents(facts: Facts) -> Fine | Trouble:
    number = int(facts["database/documents/files_missing"])
    total = facts.get("database/documents/count", 0)
    if not number:
        return Fine(count(int(total or 0), "attachment"))
    what = "they cannot move to V5" if facts.kind == "v4" else "they cannot be opened"
    columns = "id, path, name, size" if facts.kind == "v4" else "id, url, name, size"
    return Trouble(
        f"{count(number, 'attachment')} of {total} without a file: {what}",
        remedy.sql(facts, f"SELECT {columns} FROM documents ORDER BY id"),
    )


@check(
    "application.v4-quiet",
    "V4 sends nothing for an account that went to V5",
    needs=("database/accounts",),
    kinds=("v4",),
)
def v4_quiet(facts: Facts) -> Fine | Trouble:
    accounts = rows(facts["database/accounts"])
    gone = [each for each in accounts if each.get("forward_url")]
    loud = [each for each in gone if not each.get("disabled")]
    if not gone:
        return Fine("No account forwards to V5 yet")
    if not loud:
        return Fine(f"{count(len(gone), 'account')} forwarded, and quiet")
    due = int(facts.get("database/v4/recurring_due") or 0)
    last = facts.get("database/v4/last_invoice_age_seconds")
    seen = f"; {count(due, 'recurring invoice')} due" if due else ""
    seen += f"; its newest invoice is {span(int(last))} old" if last is not None else ""
    ids = ", ".join(str(int(each.get("id") or 0)) for each in loud)
    return Trouble(
        f"{some(_account(each) for each in loud)} forwards to {some({each['forward_url'] for each in loud})}, and is"
        f" not disabled: V4 goes on to send invoices and reminders beside V5{seen}",
        remedy.sql(facts, f"UPDATE account_email_settings SET is_disabled = 1 WHERE account_id IN ({ids})"),
    )


def _account(account: dict[str, Any]) -> str:
    return f"account {account.get('id')} {account.get('key') or ''}".strip()


@check("application.second-v4", "No other V4 on this host sends beside V5", needs=("cron/entries",))
def second_v4(facts: Facts) -> Fine | Trouble | Skip:
    if facts.kind == "v5":
        over = bool(_imported(facts, active=True))
    else:
        accounts = rows(facts.get("database/accounts"))
        over = bool(accounts) and all(each.get("forward_url") and each.get("disabled") for each in accounts)
    if not over:
        return Skip("Nothing has been cut over here yet")
    others = [
        str(each["root"]) for each in rows(facts.get("app/others")) if each.get("kind") == "v4" and each.get("root")
    ]
    jobs = [
        each
        for each in rows(facts["cron/entries"])
        if not each.get("this_root")
        and not each.get("disabled")
        and (each.get("kind") in V4_SENDS or any(_within(root, str(each.get("command", ""))) for root in others))
    ]
    if not jobs:
        return Fine(some(f"{root} has no job" for root in others))
    edits = dict.fromkeys(f"{each.get('source')}" for each in jobs)
    return Trouble(
        "The company works in V5, and another V4 on this host still has jobs:\n"
        + "\n".join(line(each) for each in jobs),
        "\n".join(_comment_out(source) for source in edits),
        WARN if facts.kind == "v5" else FAIL,
    )


def _within(root: str, command: str) -> bool:
    return re.search(rf"{re.escape(root.rstrip('/'))}(?![\w.-])", command) is not None


def _comment_out(source: str) -> str:
    off = r"'/^[^#].*artisan.*\(ninja:send-\|schedule:run\)/s/^/#/'"
    if source.startswith("crontab of "):
        user = shlex.quote(source[len("crontab of ") :])
        return f"crontab -u {user} -l | sed {off} | crontab -u {user} -"
    return (
        f"sed -i {off} {shlex.quote(source)}"
        if source.startswith("/")
        else f"systemctl disable --now {shlex.quote(source)}"
    )
