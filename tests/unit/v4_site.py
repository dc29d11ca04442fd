"""A small V4 over HTTP: the pages of its wizard, in the shape of its views, with a session and a CSRF token."""

from __future__ import annotations

import html
import secrets
import urllib.parse

OWNER = "owner@client1.test"
PASSWORD = "V4 päss+&word"
KEY = "9nrwevhjtlxoochx5kk1b533cebkjblj"
STARTED = "Migration has started. We'll update you with status, on your company e-mail."
OOPS = "Oops, something went wrong! Please make sure you have setup an Invoice Ninja v5 instance."
CROSS = 'Not allowed: <a href="https://invoiceninja.github.io/docs/migration/#troubleshooting">here</a> Cross account'


def view(body: str, token: str) -> bytes:
    return (
        f'<!DOCTYPE html><html><head><title>Invoice Ninja</title><meta name="csrf-token" content="{token}">'
        "<script>var s = '<div class=\"panel-body\">not text</div>';</script></head><body>"
        '<div class="row"><div class="panel panel-default"><div class="panel-heading">Settings</div></div>'
        f'<div class="col-md-9">{body}</div></div></body></html>'
    ).encode()


def panel(inner: str) -> str:
    return (
        '<div class="panel panel-default"><div class="panel-heading"><h3 class="panel-title">Welcome</h3></div>'
        f'<div class="panel-body"><br/>{inner}</div><div class="panel-footer"><button>Go</button></div></div>'
    )


class V4Site:
    """Answers requests as V4 does. What a test wants differently is an attribute."""

    def __init__(self) -> None:
        self.companies = [(KEY, "Acme &amp; Co")]
        self.owner = True
        self.two_factor = False
        self.pending_update = False
        self.auth = "ok"  # ok, 500, oops, cross, strange
        self.final = (200, STARTED)
        self.base = ""
        self.token = ""
        self.session = ""
        self.flash = ""
        self.logged_in = False
        self.steps = {}
        self.posts = []

    def __call__(self, handler):
        body = handler.read_body()
        path = handler.path.split("?")[0]
        if path.startswith("/api/v1/"):
            return 403, [("X-Ninja-Version", "4.5.50"), ("Content-Type", "application/json")], b"{}"
        if self.pending_update:
            return self.to("/update")
        if handler.command == "GET":
            return self.get(path)
        fields = urllib.parse.parse_qs(body.decode(), keep_blank_values=True)
        assert f"laravel_session={self.session}" in (handler.headers["Cookie"] or "")
        if fields.get("_token") != [self.token]:
            return 419, [], b"Page Expired"
        given = {name: values[0] for name, values in fields.items()}
        self.posts.append((path, given))
        return getattr(self, "post_" + path.strip("/").replace("/", "_"))(given)

    def to(self, path: str):
        return 302, [("Location", (self.base + path) if self.base else path), *self.cookies()], b""

    def cookies(self):
        session = f"laravel_session={self.session}; Path=/; HttpOnly"
        return [("Set-Cookie", session), ("Set-Cookie", "XSRF-TOKEN=x; Path=/")]

    def page(self, body: str):
        alert, self.flash = self.flash, ""
        shown = f'<div class="alert alert-danger"><p>{alert}</p></div>' if alert else ""
        return 200, [("Content-Type", "text/html"), *self.cookies()], view(shown + body, self.token)

    def form(self, action: str, inner: str = "") -> str:
        token = f'<input type="hidden" name="_token" value="{self.token}">'
        return f'<form action="{action}" method="post">{token}{inner}</form>'

    def renew(self) -> None:
        self.session, self.token = secrets.token_hex(8), secrets.token_hex(20)

    def get(self, path: str):
        if not self.session:
            self.renew()
        if path == "/login":
            return self.page(self.form("/login", '<input name="email"><input name="password" type="password">'))
        if not self.logged_in:
            return self.to("/login")
        if path.startswith("/migration/") and not self.owner:
            return self.to("/settings/account_management")
        if path == "/migration/companies":
            if "auth" not in self.steps:
                return self.to("/migration/auth")
            rows = "".join(
                f'<div><input id="{key}" type="checkbox" name="companies[{key}][id]" value="{key}">'
                f'<label for="{key}"> {name} </label></div>'
                f'<label for="f"><input type="checkbox" name="companies[{key}][force]">Force</label>'
                for key, name in self.companies
            )
            own = f'<input type="hidden" name="account_key" value="{KEY}">'
            return self.page(panel(self.form(path, own + rows)))
        return self.page(panel(self.form(path)))

    def post_login(self, given: dict):
        if (given["email"].lower(), given["password"]) != (OWNER, PASSWORD):
            self.flash = "These credentials do not match our records"
            return self.to("/login")
        if self.two_factor:
            return self.to(f"/validate_two_factor/{KEY}")
        self.logged_in = True
        self.renew()
        return self.to("/dashboard")

    def post_migration_type(self, given: dict):
        return self.to("/migration/endpoint" if given["option"] == "1" else "/migration/companies?hosted=true")

    def post_migration_endpoint(self, given: dict):
        if not given["endpoint"].startswith("http"):
            self.flash = "The endpoint format is invalid."
            return self.to("/migration/endpoint")
        return self.to("/migration/auth")

    def post_migration_auth(self, given: dict):
        if self.auth == "500":
            return 500, [], b"<html>500 | Server Error</html>"
        texts = {"oops": OOPS, "cross": CROSS, "strange": "The email must be a valid email address."}
        if self.auth in texts:
            self.flash = texts[self.auth]
            return self.to("/migration/auth")
        self.steps["auth"] = given
        return self.to("/migration/companies")

    def post_migration_companies(self, given: dict):
        status, text = self.final
        if status != 200:
            return status, [], text.encode()
        return self.page(panel(html.escape(text)))
