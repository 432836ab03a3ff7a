"""The command line: each command is a thin wrapper over one public function.

The commands are in `inference/commands/` and `training/commands/`. Results go to standard output, messages
to standard error. Exit codes: 0 done, 1 some input failed or something was found wrong, 2 wrong usage.
"""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from ._version import __version__
from .errors import CommuniqueError
from .inference.commands import corrections
from .inference.commands.analysis import analyze, classify, summarize
from .inference.commands.batch import batch
from .inference.commands.compare import compare
from .inference.commands.serve import serve
from .inference.commands.terminal import say
from .inference.commands.types import types
from .training.commands import benchmark, corpus, models, train
from .training.commands.evaluate import evaluate, evaluate_facts_command
from .training.commands.labelling import suggest
from .training.commands.reproduce import reproduce
from .training.commands.schemas import schema_command

app = typer.Typer(
    help="Label the commitments in diplomatic communiqués and write grounded abstracts.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command()(analyze)
app.command()(classify)
app.command()(summarize)
app.command()(compare)
app.command()(batch)
app.command()(serve)
app.command()(types)
app.command("schema")(schema_command)
app.command()(evaluate)
app.command("evaluate-facts")(evaluate_facts_command)
app.command()(reproduce)
app.add_typer(corrections.app, name="corrections")
app.command()(suggest)
app.add_typer(train.app, name="train")
app.add_typer(models.app, name="models")
app.add_typer(corpus.app, name="corpus")
app.add_typer(benchmark.app, name="benchmark")


def main() -> None:
    """Run the command line: a known error becomes one message, Ctrl-C leaves no half file."""
    try:
        app(prog_name="communique")
    except CommuniqueError as error:
        say(f"error: {error}")
        sys.exit(1)
    except KeyboardInterrupt:
        say("interrupted")
        sys.exit(130)
    except BrokenPipeError:
        # The reader, such as `head`, has seen enough.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)


@app.callback(invoke_without_command=True)
def _options(
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    if version:
        typer.echo(__version__)
        raise typer.Exit
