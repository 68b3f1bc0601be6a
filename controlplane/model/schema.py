"""The JSON Schema of a tenant's YAML file, for editors.

An editor's YAML parser reads `101` as a number and `on` as a word or a truth value, and the
file's reader takes all of them; so does the schema, along with the short forms of settings.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, get_args

from pydantic import TypeAdapter
from pydantic.json_schema import models_json_schema

from controlplane.model.destination import DestinationField
from controlplane.model.documents import COLLECTIONS
from controlplane.model.line import Line
from controlplane.model.part import OneOrMore, Part, Seconds
from controlplane.model.phone_key import KeyKind
from controlplane.model.phone_system import KINDS, PhoneSystem, TenantKey
from controlplane.model.places import Tenant
from controlplane.model.time_frame import DAYS, FramePart, TimeFrame

Schema = dict[str, Any]

_NULL: Schema = {"type": "null"}
_SWITCH: Schema = {
    "anyOf": [
        {"type": "boolean"},
        {"enum": ["yes", "no", "on", "off", "true", "false"], "type": "string"},
    ]
}
_SECONDS: Schema = {
    "type": "string",
    "pattern": r"^([0-9]{1,3}( ?s(ec(onds?)?)?)?|([2-9]|10) ?rings?)$",
    "description": "seconds, as 20 or 20s, or 4 rings of six seconds each",
}
_HOURS: Schema = {
    "type": "string",
    "pattern": r"^([01][0-9]|2[0-3]):[0-5][0-9]-(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$",
    "description": "09:00-17:30; an end before its start runs over midnight",
}
_KEY: Schema = {
    "type": "string",
    "pattern": rf"^({'|'.join(KeyKind)})(/\+?[0-9*#]{{1,20}})?$",
    "description": "line, blf/102, speed-dial/+442071838750, park/701 or none",
}
_DAY = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
_DATES: Schema = {
    "type": "string",
    "pattern": rf"^{_DAY}( *\.\. *{_DAY})?$",
    "description": "2026-12-25 or 2026-12-24..2026-12-26",
}
_NUMERIC_EXAMPLES = ("101", "1234", "+442071838750")


def json_schema() -> Schema:
    """Draft 2020-12; the tenant's own settings stand beside the collections."""
    _, made = models_json_schema([(kind, "validation") for kind in KINDS.values()], by_alias=True)
    definitions: dict[str, Schema] = made["$defs"]
    for kind in _parts():
        _written_forms(kind, definitions[kind.__name__]["properties"])
    for kind in (TimeFrame, FramePart):
        _time_frame(definitions[kind.__name__], kind)
    settings = definitions.pop(Tenant.__name__)["properties"]
    collections = {name: _collection(name) for name in COLLECTIONS}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "The phone system of a tenant",
        "type": "object",
        "required": ["tenant"],
        "additionalProperties": False,
        "properties": {
            "tenant": TypeAdapter(TenantKey).json_schema(),
            **settings,
            **collections,
        },
        "$defs": definitions,
    }


def _collection(name: str) -> Schema:
    kind = KINDS[name]
    key = get_args(PhoneSystem.model_fields[name].annotation)[0]
    return {
        "type": ["object", "null"],
        "description": kind.__doc__,
        "propertyNames": TypeAdapter(key).json_schema(),
        "additionalProperties": {"anyOf": [{"$ref": f"#/$defs/{kind.__name__}"}, _NULL]},
    }


def _parts() -> Iterator[type[Part]]:
    """Every type that settings are made of, each once."""
    waiting, seen = list(KINDS.values()), set[type[Part]]()
    while waiting:
        kind = waiting.pop()
        if kind in seen:
            continue
        seen.add(kind)
        yield kind
        waiting += [
            inner for field in kind.model_fields.values() for inner in _inside(field.annotation)
        ]


def _inside(annotation: Any) -> Iterator[type[Part]]:
    if isinstance(annotation, type) and issubclass(annotation, Part):
        yield annotation
    for argument in get_args(annotation):
        yield from _inside(argument)


def _written_forms(kind: type[Part], properties: dict[str, Schema]) -> None:
    """Widen what the types hold to what may be written for it."""
    seconds = get_args(Seconds)[1]
    for name, field in kind.model_fields.items():
        key = field.alias or name
        schema = _widened(properties[key])
        if seconds in field.metadata:
            limits = {"minimum": schema.pop("ge"), "maximum": schema.pop("le")}
            schema = {**schema, "anyOf": [{"type": "integer", **limits}, _SECONDS]}
            del schema["type"]
        elif any(seconds in getattr(it, "__metadata__", ()) for it in get_args(field.annotation)):
            schema["anyOf"] = [*schema["anyOf"], _SECONDS]
        if "items" in schema and (OneOrMore in field.metadata or (kind, name) == (Line, "label")):
            schema = _one_or_more(schema)
        if name == "also_ring":
            # Only whom to ring, in place of the settings.
            to = _widened(TypeAdapter(DestinationField).json_schema())
            schema["anyOf"] = [to, *schema["anyOf"]]
            schema["anyOf"][-1]["items"] = {"anyOf": [to, schema["anyOf"][-1]["items"]]}
        if name == "keys":
            schema["anyOf"] = [_KEY, *schema["anyOf"]]
            schema["anyOf"][-1]["items"] = {"anyOf": [_KEY, schema["anyOf"][-1]["items"]]}
        if (kind, name) == (Line, "voicemail"):
            schema["anyOf"] = [*schema["anyOf"], *_SWITCH["anyOf"]]
        properties[key] = schema


def _widened(schema: Schema) -> Schema:
    """The same schema for values that a YAML parser has taken for numbers or words."""
    wide = {key: value for key, value in schema.items() if key != "title"}
    if "anyOf" in wide:
        options = [_widened(option) for option in wide["anyOf"]]
        wide["anyOf"] = [o for option in options for o in option.get("anyOf", [option])]
    for inner in ("items", "additionalProperties"):
        if isinstance(wide.get(inner), dict):
            wide[inner] = _widened(wide[inner])
    match wide.get("type"):
        case "boolean":
            del wide["type"]
            wide |= _SWITCH
        case "integer" if "ge" not in wide:
            wide |= {"type": ["integer", "string"], "pattern": "^[0-9]+$"}
        case "string" if _may_look_numeric(wide):
            wide["type"] = ["string", "number"]
        case "array" if "maxLength" in wide:
            wide["maxItems"] = wide.pop("maxLength")
    return wide


def _may_look_numeric(schema: Schema) -> bool:
    pattern = schema.get("pattern")
    return pattern is None or any(re.fullmatch(pattern, text) for text in _NUMERIC_EXAMPLES)


def _one_or_more(schema: Schema) -> Schema:
    """A list of one may be written without its brackets."""
    about: Schema = {key: schema.pop(key) for key in ("default", "description") if key in schema}
    return {"anyOf": [schema["items"], schema], **about}


def _time_frame(schema: Schema, kind: type[FramePart]) -> None:
    properties = schema["properties"]
    del properties["weekly"]
    days = "|".join(DAYS)
    schema["patternProperties"] = {f"^({days})(-({days}))?$": _list_or_one(_HOURS)}
    properties["dates"] = _list_or_one({"anyOf": [_DATES, {"$ref": "#/$defs/DateSpan"}]})
    schema["description"] = kind.__doc__ or ""


def _list_or_one(item: Schema) -> Schema:
    return {"anyOf": [item, {"type": "array", "items": item}]}
