"""Prometheus metrics of the gate; never a phone number or a customer as a label."""

from functools import cache

from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from starlette.requests import Request
from starlette.responses import Response

from werda.core.alarm import AlarmState
from werda.core.call import Channel
from werda.core.verdict import Verdict, Verified


class Metrics:
    """The gate's counters, in a registry of their own."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._attempts = Counter(
            "werda_attempts",
            "Attempts by brand, channel, method and outcome",
            ["brand", "channel", "method", "outcome"],
            registry=self._registry,
        )

        self._alarms = Gauge(
            "werda_alarm",
            "Whether a brand is sprayed: 0 calm, 1 suspicious, 2 attack",
            ["brand"],
            registry=self._registry,
        )

        self._incidents = Gauge(
            "werda_incidents_due",
            "Deadlines of incidents that end within hours or are over, and nobody was told",
            ["brand"],
            registry=self._registry,
        )

    def incidents_due(self, brand: str, due: int) -> None:
        """Tell how many deadlines press (A7)."""
        self._incidents.labels(brand).set(due)

    def alarm(self, brand: str, state: AlarmState) -> None:
        """Tell a brand's state (C6)."""
        self._alarms.labels(brand).set(state)

    def attempt(self, brand: str, channel: Channel, verdict: Verdict) -> None:
        """Count one. A refusal has no method: a guess is not told apart by its length."""
        if isinstance(verdict, Verified):
            self._counter(brand, channel.slug, verdict.method.slug, "verified").inc()
        else:
            self._counter(brand, channel.slug, "none", verdict.outcome.slug).inc()

    @cache  # noqa: B019 - as few as brands × channels × outcomes, and the gate has one Metrics for life
    def _counter(self, *labels: str) -> Counter:
        return self._attempts.labels(*labels)

    async def page(self, _: Request) -> Response:
        """`GET /metrics`."""
        return Response(generate_latest(self._registry), media_type=CONTENT_TYPE_LATEST)
