"""Rings kept by Vault or OpenBao: their files hold what its transit engine encrypted (B5)."""

import base64
import json
import os
from collections.abc import Iterator
from pathlib import Path

import hvac  # type: ignore[import-untyped]
import pytest

from tests.database import TestDatabase, werda
from tests.keys.vault import (
    DECRYPTED,
    ENCRYPTED,
    LOGGED_IN,
    LOGGED_IN_BY_KUBERNETES,
    Vault,
    speak_tls,
    start_vault,
    written,
)
from werda.core.secret import Secret
from werda.keys import ring
from werda.keys.ring import BadKeyRing, RingName
from werda.keys.transit import Transit
from werda.keys.vault import Vault as Server
from werda.keys.vault import VaultFailed
from werda.keys.vault_login import TokenFile


@pytest.fixture
def vault() -> Iterator[Vault]:
    started = start_vault()
    yield started
    started.server.shutdown()
    started.server.server_close()


def settings(vault: Vault, folder: Path, **more: str) -> dict[str, str]:
    token = written(folder, "token", f"{vault.token}\n")
    return {"WERDA_TRANSIT_URL": vault.url, "WERDA_TRANSIT_TOKEN_FILE": token, **more}


def transit(vault: Vault, folder: Path, **more: str) -> Transit:
    made = Transit.of_environment(settings(vault, folder, **more))
    assert made is not None
    return made


def test_the_calls_are_those_of_the_documented_client(vault: Vault, tmp_path: Path) -> None:
    """hvac 2 makes the same requests and reads the same answers."""
    ours = transit(vault, tmp_path)
    ciphertext = ours.encrypt("custody", Secret("the quick brown fox"))
    assert ours.decrypt("custody", ciphertext) == Secret("the quick brown fox")
    client = hvac.Client(url=vault.url, token=vault.token)
    bound = base64.b64encode(b"custody").decode()
    plain = base64.b64encode(b"the quick brown fox").decode()
    answer = client.secrets.transit.encrypt_data(name="werda", plaintext=plain, associated_data=bound)
    assert ours.decrypt("custody", answer["data"]["ciphertext"]) == Secret("the quick brown fox")
    answer = client.secrets.transit.decrypt_data(name="werda", ciphertext=ciphertext, associated_data=bound)
    assert answer["data"]["plaintext"] == plain
    mine, theirs = vault.asked[:2], [vault.asked[2], vault.asked[4]]
    assert [request[:2] for request in mine] == [request[:2] for request in theirs]
    assert mine[0][3] == theirs[0][3]
    assert mine[1][3].keys() == theirs[1][3].keys()
    for name in ("X-Vault-Token", "X-Vault-Request"):
        assert {request[2].get(name) for request in mine} == {request[2].get(name) for request in theirs}


def test_a_login_by_approle_is_that_of_the_documented_client(vault: Vault, tmp_path: Path) -> None:
    ours = Transit.of_environment(
        {
            "WERDA_TRANSIT_URL": vault.url,
            "WERDA_TRANSIT_ROLE_ID_FILE": written(tmp_path, "role", "werda-role"),
            "WERDA_TRANSIT_SECRET_ID_FILE": written(tmp_path, "secret", "werda-secret"),
        }
    )
    assert ours is not None
    ciphertext = ours.encrypt("verifier", Secret("fox"))
    client = hvac.Client(url=vault.url)
    client.auth.approle.login(role_id="werda-role", secret_id="werda-secret")
    assert client.token == vault.token
    assert vault.asked[0][:2] == vault.asked[2][:2]
    assert vault.asked[0][3] == vault.asked[2][3]
    assert ours.decrypt("verifier", ciphertext) == Secret("fox")


@pytest.mark.parametrize(
    ("sample", "path"),
    [
        (ENCRYPTED, ("data", "ciphertext")),
        (DECRYPTED, ("data", "plaintext")),
        (LOGGED_IN, ("auth", "client_token")),
        (LOGGED_IN_BY_KUBERNETES, ("auth", "client_token")),
    ],
)
def test_documented_answers_have_what_is_read(sample: dict[str, dict[str, str]], path: tuple[str, str]) -> None:
    assert isinstance(sample[path[0]][path[1]], str)


def test_a_ring_is_bound_to_its_name(vault: Vault, tmp_path: Path) -> None:
    """B5: a file put in the place of another ring's does not open."""
    ours = transit(vault, tmp_path)
    ciphertext = ours.encrypt("custody", Secret("fox"))
    with pytest.raises(VaultFailed, match="ciphertext of another ring"):
        ours.decrypt("verifier", ciphertext)


def test_set_up_and_start_with_rings_that_the_vault_keeps(
    database: TestDatabase, vault: Vault, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """B5: no plain ring on any disk, and the same keys."""
    for name in RingName:
        text = ring.text_of(database.home / "keys", name)
        with monkeypatch.context() as patched:
            for variable, value in settings(vault, tmp_path).items():
                patched.setenv(variable, value)
            ring.write(tmp_path / "keys", name, text)
            assert ring.text_of(tmp_path / "keys", name) == text
        kept = (tmp_path / "keys" / f"{name}.json").read_text()
        assert kept.startswith("vault:v1:")
    (tmp_path / "database.json").write_bytes((database.home / "database.json").read_bytes())
    environment = {**database.environment, "WERDA_HOME": str(tmp_path)}
    opened = werda("setup", environment={**environment, **settings(vault, tmp_path)})
    assert opened.returncode == 0, opened.stderr
    without = werda("setup", environment=environment)
    assert without.returncode == 2
    assert "was encrypted by a vault; set WERDA_TRANSIT_URL" in without.stderr
    shown = werda("keys", "show", "--json", environment={**environment, **settings(vault, tmp_path)})
    assert json.loads(shown.stdout)["custody"]["problem"] == ""


def test_a_certificate_that_nobody_trusts_is_refused(vault: Vault, tmp_path: Path) -> None:
    ca = speak_tls(vault, tmp_path)
    with pytest.raises(VaultFailed, match="name its authority in WERDA_TRANSIT_CA"):
        transit(vault, tmp_path).encrypt("custody", Secret("fox"))
    trusting = transit(vault, tmp_path, WERDA_TRANSIT_CA=str(ca))
    assert trusting.decrypt("custody", trusting.encrypt("custody", Secret("fox"))) == Secret("fox")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"WERDA_TRANSIT_URL": "http://vault.example.org:8200"}, "must begin with https"),
        ({"WERDA_TRANSIT_URL": "vault.example.org"}, "must be an address such as"),
        ({"WERDA_TRANSIT_KEY": "../sys/seal"}, "must be a name"),
        ({"WERDA_TRANSIT_TOKEN_FILE": ""}, "say who Werda is to the vault"),
    ],
)
def test_a_wrong_setting_is_told_with_its_name(
    vault: Vault, tmp_path: Path, changes: dict[str, str], message: str
) -> None:
    with pytest.raises(VaultFailed, match=message):
        Transit.of_environment({**settings(vault, tmp_path), **changes})


def test_what_is_wrong_with_the_vault_is_told_and_nothing_secret_with_it(vault: Vault, tmp_path: Path) -> None:
    """B9"""
    ours = transit(vault, tmp_path)
    ciphertext = ours.encrypt("custody", Secret("fox"))
    written(tmp_path, "token", "s.wrong-token")
    messages = []
    for state in ("403", "sealed", "away"):
        vault.sealed = state == "sealed"
        if state == "away":
            vault.server.shutdown()
            vault.server.server_close()
        with pytest.raises(VaultFailed) as failed:
            ours.decrypt("custody", ciphertext)
        messages.append(str(failed.value))
    assert "403" in messages[0]
    assert "is sealed or out of order" in messages[1]
    assert "does not answer (ConnectError)" in messages[2]
    assert not any("s.wrong" in message or ciphertext in message for message in messages)
    with pytest.raises(VaultFailed, match="is missing or empty"):
        Transit(Server(vault.url), TokenFile(Path("nowhere")), "werda").decrypt("custody", ciphertext)


def test_a_vault_that_is_away_keeps_a_ring_closed(
    vault: Vault, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A failure refuses."""
    for variable, value in settings(vault, tmp_path).items():
        monkeypatch.setenv(variable, value)
    ring.create(tmp_path / "keys", RingName.CUSTODY)
    vault.sealed = True
    with pytest.raises(BadKeyRing, match="is sealed or out of order"):
        ring.load(tmp_path / "keys", RingName.CUSTODY)
    assert os.listdir(tmp_path / "keys") == ["custody.json"]
