"""The command line, after clig.dev: noun verb, data on stdout, messages on stderr, secrets by standard input only.

Each file of this folder is one noun and defines a click command or group named like it. They are loaded when they
are called, so that `werda --help` is quick and `werda serve` imports nothing it does not need.
"""

import importlib
import logging

import click

from werda import __version__
from werda.keys.environment import taken

NOUNS = {
    "agent": "Give people a login at the desk, or end it",
    "alarm": "See whether a brand is being sprayed, and set or release its alarm",
    "apikey": "Create, list and revoke the keys of integrators",
    "attack": "Attack a copy of the hotline, and see what guarding is worth",
    "audit": "Check that nobody changed what was recorded",
    "brand": "Add brands and their hotline numbers, and dress them in colour and logo",
    "codes": "Give a customer code to everybody who has none",
    "contract": "End contracts, and destroy secrets whose time has come",
    "customer": "Erase customers who left, and export what is recorded about one",
    "demo": "Run the hotline of the fictional operator Nordfunk",
    "incident": "Mark authentications as an incident, keep its clocks, export its timeline",
    "import": "Bring in customers and SIM profiles from files",
    "keys": "Show, rotate and retire the keys, and go on after one was lost",
    "letterhead": "Check how a brand looks on paper",
    "letters": "Print contracts, code letters and SIM carriers that wait to be posted",
    "option": "Check, activate and show the options a brand offers",
    "outbox": "See what waits for the operator's systems, and send dead messages again",
    "policy": "Check and show who may pass by which method, and from when",
    "retention": "See what is kept for how long, what is due, what incidents hold",
    "serve": "Run gate, pages, sign-up, intake and worker",
    "setup": "Make or upgrade the database, its roles and the key rings",
    "sim": "Show SIM profiles and carry out what happens to them",
    "tariff": "Check and load what a brand sells, and remove orders nobody finished",
    "trunk": "Say which lines of the switch are believed about calling numbers",
    "webhook": "Say where messages for the operator's systems go",
}
_MODULES = {"import": "import_files"}


class _Nouns(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(NOUNS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in NOUNS:
            return None
        module = importlib.import_module(f"werda.cli.{_MODULES.get(cmd_name, cmd_name)}")
        command = module.command
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(sorted(NOUNS.items()))


def _tells_something(record: logging.LogRecord) -> bool:
    return not record.getMessage().startswith("error ignored in rollback")


@click.command(cls=_Nouns, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="werda")
def main() -> None:
    """Werda: caller authentication for telephone hotlines."""
    taken()  # before anything is started that would inherit a key ring
    # Somebody who presses Ctrl-C in mid statement gets one line from the command. That psycopg could not say "rollback"
    # on the connection it then closes tells them nothing: closing rolls back.
    for logger in ("psycopg", "psycopg.transaction"):
        logging.getLogger(logger).addFilter(_tells_something)
