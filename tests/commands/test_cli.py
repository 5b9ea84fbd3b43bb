"""The command line as a whole; each command is tested with the part that it runs."""

from typer.testing import CliRunner

import tinygrad_bp as bp
from tinygrad_bp.commands.cli import app


def test_version():
    done = CliRunner().invoke(app, ["--version"])
    assert (done.exit_code, done.stdout) == (0, f"tinygrad-bp {bp.__version__}\n")


def test_the_commands_are_told_where_none_is_given():
    done = CliRunner().invoke(app, [])
    assert all(name in done.output for name in ("demo", "derive", "draw", "explore", "check"))
