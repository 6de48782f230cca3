"""Holds JSON against the table of Mastodon's entities: field by field, nullability included."""

import functools
import pathlib
import re
from dataclasses import dataclass

TABLE = pathlib.Path(__file__).resolve().parents[2] / "crates" / "api" / "tests" / "data" / "entities.tsv"

# As the table names it, and what it is.
SAME_AS = {
    "Quote, ShallowQuote": "Quote",
    "Quote or ShallowQuote": "Quote",
}
DATETIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
DATE = re.compile(r"\d{4}-\d\d-\d\d")
# https://github.com/woltapp/blurhash: base 83, six characters at least.
BLURHASH = re.compile(r"[0-9A-Za-z#$%*+,\-.:;=?@\[\]^_{|}~]{6,}")
# What another entity inherits.
BASES = {
    "CredentialAccount": ["Account"],
    "MutedAccount": ["Account"],
    "CredentialApplication": ["Application"],
    "Trends::Link": ["PreviewCard"],
    "Admin::Tag": ["Tag"],
}


@dataclass(frozen=True)
class Row:
    entity: str
    path: tuple[str, ...]
    kind: str
    nullable: bool
    optional: bool
    values: tuple[str, ...]

    @property
    def field(self) -> str:
        return f"{self.entity}.{'.'.join(part or '[]' for part in self.path)}"


@functools.cache
def rows_of(entity: str) -> tuple[Row, ...]:
    own = [row for row in all_rows() if row.entity == entity]
    for base in BASES.get(entity, []):
        own += [row for row in rows_of(base)]
    return tuple(own)


@functools.cache
def all_rows() -> tuple[Row, ...]:
    rows = []
    for line in TABLE.read_text().splitlines()[1:]:
        cells = line.split("\t") + [""] * 8
        entity, field, kind, nullable, optional, _, values, note = cells[:8]
        rows.append(
            Row(
                entity=entity,
                path=segments(field),
                kind=kind,
                nullable=nullable == "yes",
                optional=optional == "yes" or "deprecated" in note or "not in docs" in note,
                values=tuple(filter(None, values.split("|"))),
            )
        )
    return tuple(rows)


def segments(field: str) -> tuple[str, ...]:
    """`a[b][]` is `a`, `b`, and an empty one that stands for each item."""
    # `params[poll][options[]]` and `poll.options[].title` are written otherwise in the table.
    field = field.replace("[options[]]", "[options]")
    if "." in field.split("[")[0] or "[]." in field:
        parts = []
        for part in field.split("."):
            parts.append(part.removesuffix("[]"))
            if part.endswith("[]"):
                parts.append("")
        # The last one stands for the list itself.
        return tuple(parts[:-1] if field.endswith("[]") else parts)
    return tuple(part.rstrip("]") for part in field.split("["))


def differences(value, entity: str) -> list[str]:
    """What differs between a value and the table. `[Status]` is a list of them, `{Marker}` a map
    to them, `A|B` is either, `nothing` an empty object, `any` is not looked at."""
    if entity == "any":
        return []
    if entity == "nothing":
        return [] if value in ({}, []) else [f"{shown(value)} should be empty"]
    if "|" in entity:
        answers = [differences(value, choice) for choice in entity.split("|")]
        return min(answers, key=len)
    if entity.startswith("["):
        if not isinstance(value, list):
            return [f"{shown(value)} is not a list"]
        return [text for item in value for text in differences(item, entity[1:-1])]
    if entity.startswith("{"):
        if not isinstance(value, dict):
            return [f"{shown(value)} is not a map"]
        return [text for item in value.values() for text in differences(item, entity[1:-1])]
    found: list[str] = []
    check(value, entity, found)
    return found


def check(value, entity: str, found: list[str]):
    rows = rows_of(entity)
    if not rows:
        found.append(f"the table has no rows for {entity}")
        return
    if not isinstance(value, dict):
        found.append(f"{entity} is not an object: {shown(value)}")
        return
    for row in rows:
        visit(value, row.path, row, found)
    known = {row.path[0] for row in rows}
    found += [f"{entity} has {name}, which the table does not know" for name in value if name not in known]


def visit(value, path: tuple[str, ...], row: Row, found: list[str]):
    if not path:
        leaf(value, row, found)
        return
    first, rest = path[0], path[1:]
    if first == "":
        for item in value if isinstance(value, list) else []:
            visit(item, rest, row, found)
        return
    if isinstance(value, dict) and first in value:
        visit(value[first], rest, row, found)
    elif row.optional or value is None:
        return
    elif rest and has_own_row(row, rest):
        # What is missing further up has a row of its own, which says whether it may be.
        return
    else:
        found.append(f"{row.field} is missing")


def has_own_row(row: Row, below: tuple[str, ...]) -> bool:
    parent = row.path[: len(row.path) - len(below)]
    return any(other.entity == row.entity and other.path == parent for other in all_rows())


def leaf(value, row: Row, found: list[str]):
    if value is None:
        if not row.nullable:
            found.append(f"{row.field} is null")
        return
    if row.kind.startswith("Array of "):
        if not isinstance(value, list):
            found.append(f"{row.field}: {shown(value)} is not a list")
            return
        for item in value:
            one(item, row.kind.removeprefix("Array of "), row, found)
    else:
        one(value, row.kind, row, found)


def one(value, kind: str, row: Row, found: list[str]):
    right = is_plain(value, kind, row.values)
    if right is None:
        inner: list[str] = []
        check(value, SAME_AS.get(kind, kind), inner)
        found += [f"{row.field}: {text}" for text in inner]
    elif not right:
        found.append(f"{row.field}: {shown(value)} is not {kind} {'|'.join(row.values)}".rstrip())


def is_plain(value, kind: str, values) -> bool | None:
    """Whether it is of a kind that is no entity; none if the kind is one."""
    whole = isinstance(value, int) and not isinstance(value, bool)
    text = value if isinstance(value, str) else None
    if kind == "Boolean":
        return isinstance(value, bool)
    if kind in ("Integer", "integer"):
        return whole and value >= 0
    if kind == "Hash":
        return isinstance(value, dict)
    if kind == "Null":
        return value is None
    if kind == "Float" or kind.startswith("Number"):
        return whole or isinstance(value, float)
    if kind.startswith("String"):
        return text is not None and is_text(text, kind, values)
    return None


def is_text(text: str, kind: str, values) -> bool:
    if "enum" in kind or "Enumerable" in kind:
        return text in values
    if "(int as string)" in kind or "UNIX timestamp" in kind:
        return text.isdecimal()
    if "(Datetime)" in kind:
        return DATETIME.fullmatch(text) is not None
    if "(Date)" in kind:
        return DATE.fullmatch(text) is not None
    if "(URL)" in kind:
        return "://" in text
    if "(Blurhash)" in kind:
        return BLURHASH.fullmatch(text) is not None
    return True


def shown(value) -> str:
    text = repr(value)
    return text if len(text) <= 120 else f"{text[:117]}..."
