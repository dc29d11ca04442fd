"""V4's web pages as its wizard needs them: a session with cookies and a CSRF token, forms, and the texts that V4 shows.

What is looked for: ``input`` fields by name (``_token``, ``companies[KEY][id]``), ``meta name=csrf-token``, the labels
of the companies, ``div.alert-danger`` and ``div.panel-body`` (V4's views migration/*, auth/login, header).
"""

from __future__ import annotations

from html.parser import HTMLParser
from urllib.parse import urlencode, urljoin, urlsplit

from .errors import MigrationError
from .http import Response, Server, Url


class Page(HTMLParser):
    """One page: ``fields`` (name to value), ``token``, ``label(id)``, ``alert`` (all errors), ``panel`` (the first)."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.fields = {}
        self._labels = {}
        self.token = ""
        self._alerts = []
        self._panels = []
        self._catching = []  # [tag, depth, list of texts] of every element whose text is being collected
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attributes: list) -> None:
        given = {name: value or "" for name, value in attributes}
        classes = given.get("class", "").split()
        for catch in self._catching:
            catch[1] += catch[0] == tag
        if tag == "input" and given.get("name"):
            self.fields.setdefault(given["name"], given.get("value", ""))
            if given["name"] == "_token":
                self.token = self.token or given.get("value", "")
        elif tag == "meta" and given.get("name") == "csrf-token":
            self.token = self.token or given.get("content", "")
        elif tag == "label" and given.get("for"):
            self._labels[given["for"]] = []
            self._catching.append([tag, 1, self._labels[given["for"]]])
        elif tag == "div" and "alert-danger" in classes:
            self._alerts.append([])
            self._catching.append([tag, 1, self._alerts[-1]])
        elif tag == "div" and "panel-body" in classes:
            self._panels.append([])
            self._catching.append([tag, 1, self._panels[-1]])

    def handle_endtag(self, tag: str) -> None:
        for catch in self._catching:
            catch[1] -= catch[0] == tag
        self._catching = [catch for catch in self._catching if catch[1] > 0]

    def handle_data(self, data: str) -> None:
        for _, _, texts in self._catching:
            texts.append(data)

    @property
    def panel(self) -> str:
        return _joined(self._panels[0]) if self._panels else ""

    @property
    def alert(self) -> str:
        """All error texts of the page in one line, at most 300 characters."""
        return " ".join(filter(None, map(_joined, self._alerts)))[:300]

    def label(self, id: str) -> str:
        return _joined(self._labels.get(id, []))


def _joined(texts: list) -> str:
    return " ".join("".join(texts).split())


class Session:
    """A browser's session with V4: cookies, the last CSRF token, and redirects that stay on V4's own host.

    ``get`` and ``post`` return the answer; ``landing`` says where a redirect leads. Nothing is followed unasked.
    """

    def __init__(self, url: str, address: str = "", ca_file: str = "", timeout: float = 60.0) -> None:
        self._server = Server(url, address, ca_file, timeout)
        self._cookies = {}
        self._referer = ""
        self.url = self._server.url
        self.token = ""

    def get(self, path: str) -> Response:
        answer = self._send("GET", path, {}, b"", None)
        self._referer = f"{self.url}{path}"
        if answer.status == 200:
            self.token = Page(answer.text).token or self.token
        return answer

    def post(self, path: str, fields: list, timeout=None) -> Response:
        """Send a form: (name, value) pairs, the CSRF token added."""
        body = urlencode([("_token", self.token), *fields]).encode("ascii")
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Origin": self.url.origin}
        return self._send("POST", path, headers, body, timeout)

    def _send(self, method: str, path: str, headers: dict, body: bytes, timeout) -> Response:
        every = {"Accept": "text/html,application/xhtml+xml", "User-Agent": "Mozilla/5.0 (compatible; Ninjalift)"}
        every.update(headers)
        if self._cookies:
            every["Cookie"] = "; ".join(f"{name}={value}" for name, value in self._cookies.items())
        if self._referer:
            every["Referer"] = self._referer
        answer = self._server.request(method, path, every, body, timeout=timeout)
        for cookie in answer.headers.get_all("Set-Cookie") or []:
            name, _, value = cookie.split(";", 1)[0].strip().partition("=")
            self._cookies[name] = value
        return answer

    def landing(self, answer: Response) -> str:
        """The path (below V4's URL) to which a redirect leads, or "" for no redirect.

        Raises MigrationError for another host, or from http to https. A redirect from https to http on the same host,
        as V4 makes behind a proxy that ends TLS, stays on https.
        """
        if not answer.is_redirect:
            return ""
        target = urljoin(f"{self.url}/", answer.header("Location"))
        parts = urlsplit(target)
        there = Url(f"{parts.scheme}://{parts.netloc}")
        ends_tls = self.url.scheme == "https" and there.scheme == "http" and there.port in (80, self.url.port)
        if there.host != self.url.host or (there.origin != self.url.origin and not ends_tls):
            raise MigrationError(
                f"V4 at {self.url} sends its visitors to {there.origin}; v4_url must be the address where V4 stays",
                f"curl -sI {self.url}/login",
                "v4-redirects-away",
            )
        path = parts.path.rstrip("/") or "/"
        prefix = self.url.prefix
        return path[len(prefix) :] or "/" if prefix and path.startswith(prefix) else path
