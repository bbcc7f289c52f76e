"""Live events of the desk: calls of the agent's brands changed (`look.live`)."""

from allauth.mfa.utils import is_mfa_enabled
from asgiref.sync import sync_to_async
from django.db import connection
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect

from werda.look.live import changes, stream
from werda.store.models.agent import Agent

CHANNEL = "werda_live"


def _brand(payload: str) -> int:
    return int(payload.partition(":")[0])


async def live(request: HttpRequest) -> HttpResponseBase:
    """The stream of the signed-in agent."""
    agent = await request.auser()
    assert isinstance(agent, Agent), "the middleware lets nobody else come this far"
    if not await sync_to_async(is_mfa_enabled)(agent):
        return redirect("mfa_activate_totp")
    await sync_to_async(
        lambda: connection.close()
    )()  # a stream lasts for minutes and reads nothing: it keeps no connection
    return stream(changes(CHANNEL, _brand, agent.brands))
