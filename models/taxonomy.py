"""Label schemas: the nine commitment types, and label sets of a user's own.

A schema is data. The shipped one is `commitment_types.yaml` beside this file; a user's own is a YAML
file of the same form, and every part of the package (training, calibration, inference, reports)
works from the schema and never from a type's name.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from .validation import nearest, read_yaml, validated

Kind = Literal["commitment", "directive", "statement"]


class CommitmentType(BaseModel):
    """One label of a schema: what it means and how to recognise it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(min_length=1, pattern=r"^\S(.*\S)?$")
    """The label as it appears in corpora and results."""
    definition: str = Field(min_length=1)
    """What a sentence with this label records."""
    kind: Kind = "statement"
    """`commitment` binds its actor, `directive` tells others to act, `statement` binds nobody."""
    signals: tuple[str, ...] = ()
    """Typical wordings."""
    excludes: tuple[str, ...] = ()
    """What looks alike and belongs elsewhere."""
    examples: tuple[str, ...] = ()
    """Sentences that carry the label."""


class LabelSchema(BaseModel):
    """A set of labels in order of strength, strongest first.

    The order decides the primary type of a sentence that has several. The exclusive label, when
    there is one, is given to a sentence that has no other.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(min_length=1)
    types: tuple[CommitmentType, ...] = Field(min_length=1)
    """The labels, strongest first."""
    exclusive: str | None = None
    """The label that never stands beside another."""
    several: bool = True
    """Whether a sentence may have several labels; without it, it gets the likeliest."""

    @model_validator(mode="after")
    def _names_are_consistent(self) -> LabelSchema:
        repeated = [name for name, count in Counter(self.names).items() if count > 1]
        if repeated:
            raise ValueError(f"the type '{repeated[0]}' is defined more than once; names must be unique")
        if self.exclusive is not None and self.exclusive not in self.names:
            raise ValueError(
                f"exclusive = '{self.exclusive}' is not one of the types{nearest(self.exclusive, self.names)}"
            )
        return self

    @classmethod
    def from_yaml(cls, path: str | Path) -> LabelSchema:
        """Read a label schema from a YAML file.

        Raises:
            ConfigError: Naming the file and the key, if the file is unreadable, has unknown keys,
                repeats a name, defines no type, or names an exclusive label that it does not define.
        """
        return validated(cls, read_yaml(Path(path)), str(path))

    @property
    def names(self) -> list[str]:
        """The labels' names, strongest first."""
        return [label.name for label in self.types]

    def type_named(self, name: str) -> CommitmentType:
        """Return the label called `name`.

        Raises:
            KeyError: If the schema has no such label; the message names the nearest one.
        """
        for label in self.types:
            if label.name == name:
                return label
        raise KeyError(f"unknown type '{name}'{nearest(name, self.names)}")

    def ordered(self, types: Iterable[str]) -> tuple[str, ...]:
        """Sort a set of label names by strength, strongest first.

        Raises:
            KeyError: If a name is not in the schema.
        """
        wanted = set(types)
        for name in wanted:
            self.type_named(name)
        return tuple(name for name in self.names if name in wanted)

    def primary(self, types: Iterable[str]) -> str:
        """Return the strongest of a non-empty set of label names."""
        return self.ordered(types)[0]

    def is_commitment(self, types: Iterable[str]) -> bool:
        """Say whether a set of label names holds a commitment."""
        return any(self.type_named(name).kind == "commitment" for name in types)

    def problem_with(self, types: Iterable[str]) -> str | None:
        """Say what is wrong with a set of labels, or return None when it is valid."""
        names = list(types)
        for name in names:
            if name not in self.names:
                return f"unknown type '{name}'{nearest(name, self.names)}"
        if not names:
            return "a sentence has no type; give it at least one"
        if len(names) > 1 and not self.several:
            return f"it has the types {names}, but the schema allows one; keep one, or set several: true in the schema"
        if len(set(names)) < len(names):
            return f"a type is named twice in {names}; name it once"
        if self.exclusive in names and len(names) > 1:
            others = [name for name in names if name != self.exclusive]
            return (
                f"'{self.exclusive}' stands beside {others}; it must stand alone, so remove one or the other"
            )
        return None

    def to_dict(self) -> dict[str, Any]:
        """Return the schema as plain data, as stored in a model folder."""
        return self.model_dump(mode="json")


@cache
def commitment_schema() -> LabelSchema:
    """Return the shipped schema of nine commitment types."""
    return LabelSchema.from_yaml(Path(__file__).with_name("commitment_types.yaml"))
