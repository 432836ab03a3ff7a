"""The commands `models ...`: shipped models, base checkpoints, your own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    pass

from ...inference.commands.options import EngineName, OverwriteOption
from ...inference.commands.terminal import say
from ...models.files import write_whole

app = typer.Typer(help="Models: the shipped ones, base checkpoints, your own.", no_args_is_help=True)


@app.command("list")
def models_list() -> None:
    """List the shipped models and the base checkpoints that can be pulled."""
    from ...models.folder import shipped_models
    from ..base_models import BASE_MODELS, is_pulled

    typer.echo("Shipped models:")
    for name, folder in shipped_models().items():
        kind = json.loads((folder / "config.json").read_text(encoding="utf-8"))["kind"]
        typer.echo(f"  {name:<16} {kind}")
    typer.echo("Base checkpoints to train from:")
    for model in BASE_MODELS:
        state = "pulled" if is_pulled(model) else "not pulled"
        typer.echo(f"  {model.name:<16} {model.description}, {model.licence} ({state})")


@app.command("info")
def models_info(
    model: Annotated[str, typer.Argument(help="A shipped model's name, or a model folder.")],
) -> None:
    """Print a model's card."""
    from ...models.folder import find_model_folder

    typer.echo((find_model_folder(model) / "README.md").read_text(encoding="utf-8"))


@app.command("pull")
def models_pull(
    names: Annotated[
        list[str] | None, typer.Argument(help="Base checkpoints; all of them if none is named.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Pull again what is there.")] = False,
) -> None:
    """Bring base checkpoints into the cache folder, for training."""
    from ..base_models import BASE_MODELS, known_base_model, pull

    chosen = [known_base_model(name) for name in names] if names else BASE_MODELS
    for model in chosen:
        typer.echo(f"{model.name}: {pull(model, force=force)}")


@app.command("export")
def models_export(
    model: Annotated[str, typer.Argument(help="A shipped model's name, or a model folder.")],
    engine: Annotated[EngineName, typer.Option(help="The engine to export for.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The model folder to write.")],
    overwrite: OverwriteOption = False,
) -> None:
    """Write a model folder that holds only what one engine needs, converting where necessary."""
    from ...models.engines.export import export_model

    if engine is EngineName.auto:
        raise typer.BadParameter("name the engine: --engine openvino or --engine torch")
    name: Literal["openvino", "torch"] = "torch" if engine is EngineName.torch else "openvino"
    say(f"wrote {export_model(model, name, output, overwrite=overwrite)}")


@app.command("calibrate")
def models_calibrate(
    model: Annotated[str, typer.Argument(help="A shipped classifier's name, or a model folder.")],
    data: Annotated[
        list[Path],
        typer.Option("--data", help="Annotated documents that the classifier has not learned from."),
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="The model folder to write.")],
    overwrite: OverwriteOption = False,
) -> None:
    """Fit probabilities, thresholds and confidence anew to texts of your own; the weights stay as they are."""
    from ..classifier import calibrate_classifier

    metrics = calibrate_classifier(model, data, output, overwrite=overwrite)
    say(f"wrote {output}; macro-F1 on these texts {metrics['primary_macro_f1']:.3f}")


@app.command("card")
def models_card(
    folder: Annotated[Path | None, typer.Argument(help="A model folder.")] = None,
    readme: Annotated[
        Path | None,
        typer.Option("--readme", help="Write the marked figures of this Markdown file anew, too."),
    ] = None,
) -> None:
    """Write a model's card, or a README's figures, anew from run records and evaluations."""
    if folder is None and readme is None:
        raise typer.BadParameter("name a model folder, or a file with --readme")
    if folder is not None:
        from ..cards import write_card

        say(f"wrote {write_card(folder)}")
    if readme is not None:
        from ..readme import with_figures

        write_whole(readme, with_figures(readme))
        say(f"wrote {readme}")
