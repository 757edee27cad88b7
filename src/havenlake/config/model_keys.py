"""Which keys a model takes at some place inside it, found through its annotations: for hints on misspelt keys."""

from __future__ import annotations

from typing import Any, get_args, get_origin

from pydantic import BaseModel

from havenlake.config.base import FrozenDict
from havenlake.config.nodes import KeyPath


def known_keys(model: type[BaseModel], loc: KeyPath) -> list[str]:
    """Keys as they are written at `loc` inside a model."""
    nested = model_at(model, loc)
    return [field.alias or name for name, field in nested.model_fields.items()] if nested else []


def model_at(model: type[BaseModel], loc: KeyPath) -> type[BaseModel] | None:
    """The model that stands at `loc` inside `model`, found through its annotations."""
    current: Any = model
    for part in loc:
        if isinstance(current, type) and issubclass(current, BaseModel):
            fields = {field.alias or name: field.annotation for name, field in current.model_fields.items()}
            current = _unwrapped(fields.get(str(part)))
        else:
            args = get_args(current)
            current = _unwrapped(args[0 if isinstance(part, int) else -1]) if args else None
    return current if isinstance(current, type) and issubclass(current, BaseModel) else None


def _unwrapped(annotation: Any) -> Any:
    """The annotation without Annotated and None; of a union, the part that is a model."""
    if hasattr(annotation, "__metadata__"):
        return _unwrapped(get_args(annotation)[0])
    if get_origin(annotation) in (tuple, dict, FrozenDict) or not get_args(annotation):
        return annotation
    parts = [_unwrapped(part) for part in get_args(annotation) if part is not type(None)]
    models = [part for part in parts if isinstance(part, type) and issubclass(part, BaseModel)]
    return (models or parts)[0]
