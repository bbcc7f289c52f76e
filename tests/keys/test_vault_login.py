"""Werda shows itself to a vault by its pod's service account; the token is renewed before it ends (B5)."""

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import hvac  # type: ignore[import-untyped]
import pytest

from tests.keys.vault import LOGGED_IN, LOGGED_IN_BY_KUBERNETES, Vault, start_vault, written
from werda.core.secret import Secret
from werda.keys import ring
from werda.keys.ring import RingName
from werda.keys.transit import Transit
from werda.keys.vault import VaultFailed, VaultRefused
from werda.keys.vault_login import SERVICE_ACCOUNT, AppRole, Kubernetes, Tokens

LOGIN, RENEW = "/v1/auth/kubernetes/login", "/v1/auth/token/renew-self"


@pytest.fixture
def vault() -> Iterator[Vault]:
    started = start_vault()
    yield started
    started.server.shutdown()
    started.server.server_close()


class Clock:
    """Seconds that a test lets pass."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def settings(vault: Vault, folder: Path, **more: str) -> dict[str, str]:
    file = written(folder, "service-account", f"{vault.service_account}\n")
    names = ("WERDA_TRANSIT_URL", "WERDA_TRANSIT_KUBERNETES_ROLE", "WERDA_TRANSIT_KUBERNETES_TOKEN_FILE")
    return {**dict(zip(names, (vault.url, "werda", file), strict=True)), **more}


def transit(vault: Vault, folder: Path, clock: Clock) -> Transit:
    made = Transit.of_environment(settings(vault, folder))
    assert made is not None
    return replace(made, tokens=Tokens(clock))


def asked(vault: Vault) -> list[str]:
    """The paths since the last time."""
    paths = [path for _, path, _, _ in vault.asked]
    vault.asked.clear()
    return [path for path in paths if not path.startswith("/v1/transit")]


def test_a_login_by_kubernetes_and_a_renewal_are_those_of_the_documented_client(
    vault: Vault, tmp_path: Path, clock: Clock
) -> None:
    """hvac 2 makes the same requests and reads the same answers."""
    ours = transit(vault, tmp_path, clock)
    ciphertext = ours.encrypt("custody", Secret("fox"))
    clock.now = 3000
    assert ours.decrypt("custody", ciphertext) == Secret("fox")
    mine = [vault.asked[0], vault.asked[2]]
    vault.asked.clear()
    client = hvac.Client(url=vault.url)
    client.auth.kubernetes.login(role="werda", jwt=vault.service_account)
    assert client.token in vault.live
    client.auth.token.renew_self()
    for own, theirs in zip(mine, vault.asked, strict=True):
        assert own[:2] == theirs[:2]
        assert own[3] == theirs[3]
        assert own[2].get("X-Vault-Request") == theirs[2].get("X-Vault-Request")
    assert [path for _, path, _, _ in mine] == [LOGIN, RENEW]
    assert mine[0][2].get("X-Vault-Token") is None
    assert mine[1][2]["X-Vault-Token"] == vault.live[0]


def test_the_documented_answers_have_what_is_read() -> None:
    for sample in (LOGGED_IN, LOGGED_IN_BY_KUBERNETES):
        auth = sample["auth"]
        assert isinstance(auth, dict)
        assert isinstance(auth["client_token"], str)
        assert isinstance(auth["lease_duration"], int)
        assert auth["renewable"] is True


def test_a_token_is_kept_and_renewed_when_less_than_a_third_of_its_time_is_left(
    vault: Vault, tmp_path: Path, clock: Clock
) -> None:
    ours = transit(vault, tmp_path, clock)
    for now, paths in ((0, [LOGIN]), (2399, []), (2400, [RENEW]), (4799, []), (4800, [RENEW])):
        clock.now = now
        ours.encrypt("custody", Secret("fox"))
        assert asked(vault) == paths, now
    assert len(vault.live) == 1


def test_a_token_that_has_ended_is_not_renewed_and_the_file_is_read_anew(
    vault: Vault, tmp_path: Path, clock: Clock
) -> None:
    """Kubernetes has put another token there meanwhile."""
    ours = transit(vault, tmp_path, clock)
    ours.encrypt("custody", Secret("fox"))
    vault.live.clear()
    vault.service_account = "eyJ.werda.2"
    written(tmp_path, "service-account", vault.service_account)
    clock.now = 3600
    asked(vault)
    ours.encrypt("custody", Secret("fox"))
    assert asked(vault) == [LOGIN]


@pytest.mark.parametrize("renewed", [None, 600], ids=["refused", "near its last end"])
def test_where_the_vault_renews_no_more_werda_logs_in(
    vault: Vault, tmp_path: Path, clock: Clock, renewed: int | None
) -> None:
    ours = transit(vault, tmp_path, clock)
    ours.encrypt("custody", Secret("fox"))
    vault.renewed = renewed
    clock.now = 3000
    asked(vault)
    ours.encrypt("custody", Secret("fox"))
    assert asked(vault) == [RENEW, LOGIN]
    assert len(vault.live) == 2


def test_a_token_that_was_revoked_is_replaced_once(vault: Vault, tmp_path: Path, clock: Clock) -> None:
    ours = transit(vault, tmp_path, clock)
    ours.encrypt("custody", Secret("fox"))
    vault.live.clear()
    asked(vault)
    ours.encrypt("custody", Secret("fox"))
    assert asked(vault) == [LOGIN]
    with pytest.raises(VaultRefused, match="400"):
        ours.decrypt("verifier", ours.encrypt("custody", Secret("fox")))
    assert asked(vault) == [], "what is refused for another reason is no reason to log in"


def test_a_service_account_that_the_vault_does_not_know_is_told_without_its_token(
    vault: Vault, tmp_path: Path, clock: Clock
) -> None:
    """B9"""
    ours = transit(vault, tmp_path, clock)
    written(tmp_path, "service-account", "eyJ.somebody-else")
    with pytest.raises(VaultFailed) as failed:
        ours.encrypt("custody", Secret("fox"))
    assert "refuses to log in by Kubernetes as werda: 403" in str(failed.value)
    assert "eyJ" not in str(failed.value)
    (tmp_path / "service-account").unlink()
    with pytest.raises(VaultFailed, match="service-account, with which Werda shows itself to the vault, is missing"):
        ours.encrypt("custody", Secret("fox"))
    assert "s.kubernetes" not in repr(ours)


def test_rings_are_kept_by_a_vault_that_knows_the_pod(
    vault: Vault, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """B5: several rings, one login."""
    for variable, value in settings(vault, tmp_path).items():
        monkeypatch.setenv(variable, value)
    for name in RingName:
        ring.create(tmp_path / "keys", name)
        ring.load(tmp_path / "keys", name)
    assert sorted(os.listdir(tmp_path / "keys")) == sorted(f"{name}.json" for name in RingName)
    assert asked(vault) == [LOGIN]


def test_a_token_file_goes_before_an_approle_and_that_before_kubernetes(vault: Vault, tmp_path: Path) -> None:
    found = Transit.of_environment({"WERDA_TRANSIT_URL": vault.url, "WERDA_TRANSIT_KUBERNETES_ROLE": "werda"})
    assert found is not None
    assert found.login == Kubernetes("werda", SERVICE_ACCOUNT, "kubernetes")
    both = {"WERDA_TRANSIT_ROLE_ID_FILE": "a", "WERDA_TRANSIT_SECRET_ID_FILE": "b"}
    found = Transit.of_environment(settings(vault, tmp_path, **both))
    assert found is not None
    assert found.login == AppRole(Path("a"), Path("b"))
    with pytest.raises(VaultFailed, match="WERDA_TRANSIT_KUBERNETES_MOUNT must be a name"):
        Transit.of_environment(settings(vault, tmp_path, WERDA_TRANSIT_KUBERNETES_MOUNT="../sys"))
