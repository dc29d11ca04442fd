"""A small browser: cookies, forms with their hidden token, redirects shown and not followed."""

from __future__ import annotations

import html
import re
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass
from http.cookiejar import CookieJar


@dataclass
class Page:
    """One HTTP answer."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        """The body as text, with HTML's entities resolved."""
        return html.unescape(self.body.decode("utf-8", "replace"))

    @property
    def location(self) -> str:
        """The path a redirect leads to, without scheme and host of the same server."""
        target = urllib.parse.urlsplit(self.headers["location"])
        return (target.path or "/") + (f"?{target.query}" if target.query else "")

    def field(self, name: str) -> str:
        """The value of the form field `name`."""
        found = re.search(rf'<input[^>]*name="{re.escape(name)}"[^>]*value="([^"]*)"', self.body.decode())
        assert found, f"no field {name} in {self.text}"
        return html.unescape(found[1])

    @property
    def fields(self) -> list[str]:
        """The names of all form fields."""
        return re.findall(r'name="([^"]+)"', self.body.decode().partition("<form")[2])


class NoRedirect(urllib.request.HTTPRedirectHandler):
    """Shows a redirect instead of following it."""

    def redirect_request(self, *args):
        return None


class Browser:
    """A session with one server."""

    def __init__(self, root: str) -> None:
        self.root = root
        self.cookies = CookieJar()
        self.opener = urllib.request.build_opener(NoRedirect(), urllib.request.HTTPCookieProcessor(self.cookies))
        self.opener.addheaders = [("User-Agent", "contract-test")]

    def request(self, path: str, form: dict[str, str] | None = None, **headers: str) -> Page:
        """Ask for `path`; with `form` as a POST. Header names are given with _ for -."""
        data = None if form is None else urllib.parse.urlencode(form).encode()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        try:
            answer = self.opener.open(urllib.request.Request(self.root + path, data, named), timeout=60)  # noqa: S310
        except urllib.error.HTTPError as error:
            answer = error
        with answer:
            return Page(answer.status, {k.lower(): v for k, v in answer.headers.items()}, answer.read())

    def get(self, path: str, **headers: str) -> Page:
        """GET a page."""
        return self.request(path, **headers)

    def submit(self, path: str, form: dict[str, str], page: str = "") -> Page:
        """Send a form with the token of the page it is on."""
        token = self.get(page or path).field("_token")
        return self.request(path, {"_token": token, **form}, Referer=self.root + (page or path))

    def login(self, email: str, password: str) -> Page:
        """Send the login form."""
        return self.submit("/login", {"email": email, "password": password})
