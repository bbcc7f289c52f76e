"""The OpenAPI document of the customer API, made of the operations themselves, so that it cannot say something else."""

import re
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import URLPattern
from django.urls.converters import IntConverter, SlugConverter, UUIDConverter

from werda.api.problems import problem_schema
from werda.portal.access import open_file
from werda.portal.native.access import EVERYWHERE, Operation, issuer

_PROBLEM = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}

_PARTS: dict[type, dict[str, str]] = {
    IntConverter: {"type": "integer"},
    UUIDConverter: {"type": "string", "format": "uuid"},
    SlugConverter: {"type": "string", "pattern": "^[-a-zA-Z0-9_]+$"},
}
_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": True,
    "schema": {"type": "string", "minLength": 1, "maxLength": 255},
}


def described(routes: list[URLPattern], here: str) -> dict[str, Any]:
    """The document for these addresses, of a portal that is reached `here`."""
    operations: dict[URLPattern, Operation] = {
        route: route.callback.operation  # type: ignore[attr-defined]  # set by `resource`
        for route in routes
    }
    kinds = sorted(
        {kind for operation in operations.values() for kind in (*EVERYWHERE, *operation.problems)},
        key=lambda kind: (kind.status, kind.name),
    )
    scopes = {
        "status": "Call status, history, locks, call codes, and the answer to 'is it you?'",
        "secrets": "Show and change the customer code; show PIN and PUK",
        "options": "See, book, cancel and withdraw from tariff options",
    }
    flow = {
        "authorizationUrl": f"{here}/oauth/authorize",
        "tokenUrl": f"{here}/oauth/token",
        "refreshUrl": f"{here}/oauth/token",
        "scopes": scopes,
    }
    return {
        "openapi": "3.1.0",
        "info": {"title": "Werda customer API", "version": "1", "description": "For the operator's own app."},
        "servers": [{"url": here}],
        "paths": {_path(route): _of(route, operation) for route, operation in operations.items()},
        "components": {
            "schemas": {"Problem": problem_schema(kinds)},
            "securitySchemes": {"oauth": {"type": "oauth2", "flows": {"authorizationCode": flow}}},
        },
    }


def _path(route: URLPattern) -> str:
    address = str(route.pattern)
    return "/" + re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", address)


def _of(route: URLPattern, operation: Operation) -> dict[str, Any]:
    parameters = [
        {"name": name, "in": "path", "required": True, "schema": _PARTS[type(converter)]}
        for name, converter in route.pattern.converters.items()
    ] + [{"name": name, "in": "query", "required": False, "schema": {"type": "string"}} for name in operation.query]
    if operation.key:
        parameters.append(_KEY)
    statuses = sorted({kind.status for kind in (*EVERYWHERE, *operation.problems)})
    answer = {"application/json": {"schema": _object(operation.answer)}}
    said: dict[str, Any] = {
        "operationId": route.name,
        "summary": operation.summary,
        "security": [{"oauth": [operation.scope.value]}],
        "responses": {
            "200": {"description": "Done", "content": answer},
            **{str(status): {"description": "Problem details (RFC 9457)", "content": _PROBLEM} for status in statuses},
        },
    }
    if parameters:
        said["parameters"] = parameters
    if operation.body:
        content = {"application/json": {"schema": _object(operation.body) | {"additionalProperties": False}}}
        said["requestBody"] = {"required": not operation.may_be_empty, "content": content}
    return {operation.method.lower(): said}


def _object(fields: Any) -> dict[str, Any]:
    return {"type": "object", "required": list(fields), "properties": dict(fields)}


@open_file
def openapi(request: HttpRequest) -> HttpResponse:
    """The document; it is the same for everybody."""
    from werda.portal.native.urls import resources  # the addresses name this view, too

    return JsonResponse(described(resources, issuer(request)))
