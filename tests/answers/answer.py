"""What every answer to a browser or a machine must carry, whatever it says."""

import re
from http.cookies import Morsel, SimpleCookie

import httpx

NOSNIFF = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
INLINE = re.compile(
    r"<style|<[a-z][^>]*\s(?:style|on[a-z]+)\s*=|<script(?![^>]*\ssrc=)|javascript:|<(?:iframe|object|embed|base)\b",
    re.IGNORECASE,
)
ELSEWHERE = re.compile(r"""(?:src|href|action)\s*=\s*["']?(?:https?:)?//""", re.IGNORECASE)
TELLS = ("server", "x-powered-by", "x-aspnet-version", "via")


def check(answer: httpx.Response, *, data: bool, https: bool = False, machine: bool = False) -> None:
    """All of it. `data`: it may be no file that everybody gets; `machine`: an API's."""
    where = f"{answer.request.method} {answer.url} {answer.status_code}"
    headers = answer.headers
    for name, value in NOSNIFF.items():
        assert headers.get_list(name) == [value], (where, name, headers.get_list(name))
    policies = headers.get_list("content-security-policy")
    assert len(policies) == 1, where
    directives = dict(part.strip().partition(" ")[::2] for part in policies[0].split(";") if part.strip())
    assert directives["default-src"] == ("'none'" if machine else "'self'"), where
    assert directives["frame-ancestors"] == "'none'", where
    assert "unsafe" not in policies[0], where
    assert "*" not in policies[0], where
    if not machine:
        assert {directives["base-uri"], directives["object-src"]} == {"'none'"}, where
        assert directives["form-action"] == "'self'", where
    assert headers["referrer-policy"] in ("same-origin", "no-referrer"), where
    assert "geolocation=()" in headers["permissions-policy"], where
    assert ("max-age=31536000" in headers.get("strict-transport-security", "")) is https, where
    for name in TELLS:
        assert name not in headers, (where, name)
    if data:
        assert "no-store" in headers.get("cache-control", ""), where
    if headers.get("content-type", "").startswith("text/html"):
        html = answer.text
        assert not INLINE.search(html), (where, INLINE.search(html))
        assert not ELSEWHERE.search(html), (where, ELSEWHERE.search(html))


def cookies(answer: httpx.Response) -> list[Morsel[str]]:
    """What an answer leaves with the browser."""
    return [morsel for line in answer.headers.get_list("set-cookie") for morsel in SimpleCookie(line).values()]


def check_cookies(answer: httpx.Response, *, https: bool) -> None:
    """Each is for this host, no script and no foreign site; over https it is bound to the host by its name."""
    for cookie in cookies(answer):
        if not cookie.value and str(cookie["max-age"]) == "0":
            continue  # taken away
        if "language" in cookie.key:
            continue  # `de` or `en`: nothing to steal
        assert cookie["httponly"], cookie.key
        assert cookie["samesite"] in ("Strict", "Lax"), cookie.key
        assert not cookie["domain"], cookie.key
        if https:
            assert cookie["secure"], cookie.key
            assert cookie.key.startswith("__Host-") or (cookie.key.startswith("__Secure-") and cookie["path"] != "/"), (
                cookie.key
            )


class Browser:
    """Keeps cookies like a browser behind the operator's https proxy."""

    def __init__(self, url: str, *, https: bool) -> None:
        self._https = https
        forwarded = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.7"} if https else {}
        self._url = url
        self._forwarded = forwarded
        self.kept: dict[str, str] = {}

    def ask(self, method: str, path: str, **form: str) -> httpx.Response:
        """One request, its answer checked."""
        kept = "; ".join(f"{name}={value}" for name, value in self.kept.items())
        headers = {**self._forwarded, "Cookie": kept, "Referer": self._origin + path, "Origin": self._origin}
        mark = next((value for name, value in self.kept.items() if name.endswith("csrf")), "")
        data = {**form, "csrfmiddlewaretoken": mark} if method == "POST" else None
        url = self._url + path
        with httpx.stream(method, url, headers=headers, data=data, timeout=30, trust_env=False) as answer:
            if "event-stream" not in answer.headers.get("content-type", ""):
                answer.read()
            check_cookies(answer, https=self._https)
            for cookie in cookies(answer):
                self.kept[cookie.key] = cookie.value
        return answer

    @property
    def _origin(self) -> str:
        return self._url.replace("http:", "https:") if self._https else self._url
