"""How every process serves HTTP: what a server tells about itself, and the headers that each answer carries.

A header that an answer brings itself stays as it is; the rest come from here, so that static files, problems and pages
of errors have them too. Browsers are told to run nothing, frame nothing and send no address onward (OWASP Secure
Headers); what is no file that we ship is stored by nobody.
"""

from collections.abc import Mapping
from typing import Any, Final

import uvicorn
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_EVERYWHERE: Final = {
    b"x-content-type-options": b"nosniff",
    b"x-frame-options": b"DENY",
    b"cross-origin-opener-policy": b"same-origin",
    b"cross-origin-resource-policy": b"same-origin",
    b"cache-control": b"no-store",
    b"permissions-policy": b"camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
}
PAGES: Final[Mapping[bytes, bytes]] = {
    **_EVERYWHERE,
    b"content-security-policy": b"default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none';"
    b" object-src 'none'",
    b"referrer-policy": b"same-origin",
}
"""For people's browsers. Django sends a policy of the same words."""
MACHINES: Final[Mapping[bytes, bytes]] = {
    **_EVERYWHERE,
    b"content-security-policy": b"default-src 'none'; frame-ancestors 'none'",
    b"referrer-policy": b"no-referrer",
}
"""For APIs: a browser that is led there shows nothing."""
_HSTS: Final = (b"strict-transport-security", b"max-age=31536000; includeSubDomains")


def with_headers(app: ASGIApp, headers: Mapping[bytes, bytes], *, https: bool) -> ASGIApp:
    """`app`, each of whose answers has these headers."""
    added = (*headers.items(), *([_HSTS] if https else []))

    async def answering(scope: Scope, receive: Receive, send: Send) -> None:
        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = list(message.get("headers", ()))
                known = {name.lower() for name, _ in own}
                message = {**message, "headers": [*own, *(header for header in added if header[0] not in known)]}
            await send(message)

        await app(scope, receive, sent)

    return answering


def configured(app: ASGIApp, **options: Any) -> uvicorn.Config:
    """A server that names neither itself nor its version, logs no address, believes no proxy, and speaks HTTP only.

    Who stands behind a proxy is read by `look.address`, where the operator said that there is one.
    """
    return uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        ws="none",
        lifespan="off",
        **options,
    )
