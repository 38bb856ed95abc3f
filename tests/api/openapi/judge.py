"""Judges the document of the API with openapi-spec-validator, and answers and examples by the document.

Usage: judge.py FILE, where FILE holds {"document": …, "values": [{"what", "pointer", "value"}, …]}; the pointer
leads to the media type in the document whose schema the value must meet. Prints every fault; ends with 1 if any.
"""

import json
import sys

from openapi_schema_validator import OAS31Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

FILE = json.load(open(sys.argv[1], encoding="utf-8"))
DOCUMENT = FILE["document"]


def at(pointer):
    """The part of the document that a JSON pointer leads to."""
    part = DOCUMENT
    for step in pointer.strip("/").split("/"):
        part = part[step.replace("~1", "/").replace("~0", "~")]
    return part


def resolved(schema):
    return at(schema["$ref"].removeprefix("#")) if "$ref" in schema else schema


def members(schema):
    """The members that an object of this schema may have: every schema that may be meant, by name."""
    schema = resolved(schema)
    found = {name: [one] for name, one in schema.get("properties", {}).items()}
    for part in schema.get("allOf", []) + schema.get("oneOf", []) + schema.get("anyOf", []):
        for name, schemas in members(part).items():
            found.setdefault(name, []).extend(schemas)
    return found


def items(schema):
    """The schemas of the entries of a list or of an object with any names."""
    schema = resolved(schema)
    found = [schema[name] for name in ("items", "additionalProperties") if isinstance(schema.get(name), dict)]
    for part in schema.get("allOf", []) + schema.get("oneOf", []) + schema.get("anyOf", []):
        found += items(part)
    return found


def untold(value, schemas, place=""):
    """Where a value has members that no schema tells of. An object without members may hold anything."""
    if isinstance(value, list):
        for index, one in enumerate(value):
            yield from untold(one, [entry for schema in schemas for entry in items(schema)], f"{place}/{index}")
    elif isinstance(value, dict):
        told = {}
        for schema in schemas:
            for name, found in members(schema).items():
                told.setdefault(name, []).extend(found)
        entries = [entry for schema in schemas for entry in items(schema)]
        for name, one in value.items():
            if name in told:
                yield from untold(one, told[name], f"{place}/{name}")
            elif entries:
                yield from untold(one, entries, f"{place}/{name}")
            elif told:
                yield f"{place}/{name}"


def faults():
    for error in OpenAPIV31SpecValidator(DOCUMENT).iter_errors():
        yield f"the document, {error.json_path}: {error.message}"
    for one in FILE["values"]:
        schema = at(one["pointer"]).get("schema")
        if schema is None:
            yield f"{one['what']}: {one['pointer']} has no schema"
            continue
        whole = {**schema, "components": DOCUMENT["components"]}
        for error in OAS31Validator(whole).iter_errors(one["value"]):
            yield f"{one['what']}, {error.json_path}: {error.message[:300]}"
        for place in untold(one["value"], [schema]):
            yield f"{one['what']}: the document does not tell of {place}"


FAULTS = sorted(set(faults()))
print("\n".join(FAULTS) or f"{len(FILE['values'])} values are as the document says")
sys.exit(bool(FAULTS))
