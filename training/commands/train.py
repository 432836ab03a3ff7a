"""The commands `train classifier` and `train summarizer`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from ..config import ClassifierConfig, SummarizerConfig

from ...inference.commands.options import OverwriteOption, QuietOption
from ...inference.commands.terminal import say

app = typer.Typer(help="Fine-tune a model from a configuration.", no_args_is_help=True)
ConfigArgument = Annotated[
    str, typer.Argument(help="A YAML file, yours or a shipped one such as classifier.yaml.")
]
SetOption = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Override a key, such as training.epochs=2."),
]
ResumeOption = Annotated[bool, typer.Option("--resume", help="Go on with an interrupted run.")]
DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Print the resolved configuration and stop.")]


@app.command("classifier")
def train_classifier(
    config: ConfigArgument,
    set_: SetOption = None,
    resume: ResumeOption = False,
    overwrite: OverwriteOption = False,
    dry_run: DryRunOption = False,
    quiet: QuietOption = False,
) -> None:
    """Fine-tune a sentence classifier."""
    from ..config import ClassifierConfig, load_config

    resolved = load_config(ClassifierConfig, config, set_ or [])
    if not dry_run:
        from ..classifier import train_classifier as train

        say(f"wrote {train(resolved, resume=resume, overwrite=overwrite, quiet=quiet)}")
    else:
        _print_config(resolved)


@app.command("summarizer")
def train_summarizer(
    config: ConfigArgument,
    set_: SetOption = None,
    resume: ResumeOption = False,
    overwrite: OverwriteOption = False,
    dry_run: DryRunOption = False,
    quiet: QuietOption = False,
) -> None:
    """Fine-tune a summarizer."""
    from ..config import SummarizerConfig, load_config

    resolved = load_config(SummarizerConfig, config, set_ or [])
    if not dry_run:
        from ..summarizer import train_summarizer as train

        say(f"wrote {train(resolved, resume=resume, overwrite=overwrite, quiet=quiet)}")
    else:
        _print_config(resolved)


def train_classifier_main() -> None:
    """Run `communique train classifier` for `python -m communique.training.classifier`."""
    sys.argv[1:1] = ["train", "classifier"]
    from ...cli import main

    main()


def train_summarizer_main() -> None:
    """Run `communique train summarizer` for `python -m communique.training.summarizer`."""
    sys.argv[1:1] = ["train", "summarizer"]
    from ...cli import main

    main()


def _print_config(config: ClassifierConfig | SummarizerConfig) -> None:
    from ..config import to_yaml

    typer.echo(to_yaml(config), nl=False)
