"""Reading YAML and validating it, with errors that name the file, the key and the cure."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from ..errors import ConfigError

Model = TypeVar("Model", bound=BaseModel)


def read_yaml(path: Path) -> dict[str, Any]:
    """Read a YAML file whose top level is a mapping.

    Raises:
        ConfigError: If the file cannot be read, is not YAML, or holds no mapping.
    """
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror})") from None
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: is not UTF-8 text (byte {error.start}); save it as UTF-8") from None
    except yaml.YAMLError as error:
        raise ConfigError(f"{path}: is not valid YAML: {error}") from None
    if not isinstance(data, dict):
        raise ConfigError(f"{path}: holds {type(data).__name__}, not a mapping of keys to values")
    return data


def validated(model: type[Model], data: dict[str, Any], source: str) -> Model:
    """Validate `data` against a pydantic model.

    Args:
        model: The pydantic model; unknown keys are errors when it forbids them.
        data: The raw mapping.
        source: Where the data came from, named in the error.

    Raises:
        ConfigError: With one line for each wrong key: its dotted path, what is wrong, the nearest
            valid key where the key is unknown.
    """
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise ConfigError("\n".join(_problem_lines(model, error, source))) from None


def nearest(name: str, choices: list[str]) -> str:
    """Return "; did you mean 'x'?" for the choice most like `name`, else the list of choices."""
    close = difflib.get_close_matches(name, choices, n=1, cutoff=0.5)
    return f"; did you mean '{close[0]}'?" if close else f"; valid are: {', '.join(choices)}"


def _problem_lines(model: type[BaseModel], error: ValidationError, source: str) -> list[str]:
    lines = []
    for problem in error.errors():
        path = ".".join(str(part) for part in problem["loc"])
        if problem["type"] == "extra_forbidden":
            *parents, unknown = problem["loc"]
            keys = _keys_at(model, parents)
            lines.append(f"{source}: unknown key '{path}'{nearest(str(unknown), keys) if keys else ''}")
        elif problem["type"] == "missing":
            lines.append(f"{source}: key '{path}' is missing")
        elif problem["type"] == "value_error":
            place = f"key '{path}': " if path else ""
            lines.append(f"{source}: {place}{problem['ctx']['error']}")
        else:
            lines.append(f"{source}: key '{path}' = {problem['input']!r}: {problem['msg']}")
    return lines


def _keys_at(model: type[BaseModel], parents: list[Any]) -> list[str]:
    """List the field names (aliases first) of the model found by following `parents`."""
    current: Any = model
    for part in parents:
        if isinstance(part, int):
            continue
        field = next(
            (field for name, field in current.model_fields.items() if part in (name, field.alias)), None
        )
        current = _model_in(field.annotation) if field is not None else None
        if current is None:
            return []
    return [field.alias or name for name, field in current.model_fields.items()]


def _model_in(annotation: Any) -> type[BaseModel] | None:  # noqa: ANN401 - any type annotation
    """Find the pydantic model inside `X`, `X | None`, `list[X]` or `tuple[X, ...]`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for argument in getattr(annotation, "__args__", ()):
        found = _model_in(argument)
        if found is not None:
            return found
    return None
