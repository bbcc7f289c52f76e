"""Settings: clear errors, and none that docs/settings.md does not explain."""

import re
from pathlib import Path

import pytest

from werda.core.secret import Secret
from werda.server.settings import BadSetting, Settings
from werda.store.roles import BadDatabaseUrl, Database, Role

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("value", ["", "0", "65536", "80a", "-1", "８０"])
def test_a_port_that_is_none_is_named(value: str) -> None:
    with pytest.raises(BadSetting, match="WERDA_GATE_PORT must be a port number"):
        Settings.from_environment({"WERDA_GATE_PORT": value})


def test_an_unknown_log_level_is_named() -> None:
    with pytest.raises(BadSetting, match="WERDA_LOG_LEVEL"):
        Settings.from_environment({"WERDA_LOG_LEVEL": "chatty"})


@pytest.mark.parametrize(
    "url",
    [
        *("", "mysql://a:b@c/d", "postgresql://host/db", "postgresql://user@/db", "postgresql://u@h"),
        *("postgresql://u:p@one,/db", "postgresql://u:p@one:70000/db", "postgresql://u:p@one:5432:2/db"),
    ],
)
def test_a_database_address_that_is_none_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(BadDatabaseUrl) as refused:
        Database.at(Secret(url), {})
    assert "postgresql://USER:PASSWORD@HOST" in str(refused.value)


def test_a_database_address_may_name_a_leader_and_its_standbys() -> None:
    database = Database.at(Secret("postgresql://werda:a%40b@one:5433,[::1],%2Frun%2FWerda/werda"), {})
    assert database.hosts == (("one", 5433), ("::1", 5432), ("/run/Werda", 5432))
    assert database.parameters(Role.OWNER) == {
        "user": "werda",
        "password": "a@b",
        "host": "one,::1,/run/Werda",
        "port": "5433,5432,5432",
        "target_session_attrs": "read-write",
        "connect_timeout": 2,
    }


def test_every_setting_is_documented() -> None:
    sources = [
        *ROOT.glob("src/**/*.py"),
        *ROOT.glob("parts/*.py"),
        ROOT / "tests/parts.py",
        *ROOT.glob("tests/journeys/*.py"),
    ]
    used = {name for file in sources for name in re.findall(r'"(WERDA_[A-Z_]+|REQUIRE_ALL)"', file.read_text())}
    used -= {"WERDA_RESULT", "WERDA_LEVEL", "WERDA_TOKEN"}  # variables of the dialplan: docs/asterisk.md
    documented = set(re.findall(r"`(WERDA_[A-Z_]+|REQUIRE_ALL)`", (ROOT / "docs/settings.md").read_text()))
    assert used <= documented, used - documented


def test_key_rings_may_lie_apart_from_the_data(tmp_path: Path) -> None:
    """B5"""
    assert Settings.from_environment({"WERDA_HOME": str(tmp_path)}).keys == tmp_path / "keys"
    apart = {"WERDA_HOME": str(tmp_path / "home"), "WERDA_KEYS": str(tmp_path / "rings")}
    assert Settings.from_environment(apart).keys == tmp_path / "rings"
