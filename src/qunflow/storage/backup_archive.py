"""The file of a backup: a zip of tables as COPY text, images, and a manifest that says what must be inside."""

from __future__ import annotations

import hashlib
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import orjson

from qunflow.domain.errors import InvalidInput

FORMAT = 1
MANIFEST = "manifest.json"
KEY = "secret.key"
CHUNK = 1 << 18
MAX_MANIFEST = 16 * 1024 * 1024
_TABLE = re.compile(r"[a-z_][a-z0-9_]{0,62}")
_BLOB = re.compile(r"blobs/[\w-]{1,64}/[0-9a-f]{2}/([0-9a-f]{64})")

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class TableCopy:
    """One table in the file: its columns in order, how many rows, and the hash of its bytes before packing."""

    name: str
    columns: tuple[str, ...]
    rows: int
    sha256: str


@dataclass(frozen=True, slots=True)
class LedgerSum:
    """The books of one workspace and unit: accounts and their balances, postings and what they moved."""

    workspace: str
    unit: str
    accounts: int
    balance: int
    postings: int
    moved: int


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup holds. ``tables`` stand in the order in which they can be filled."""

    schema: str
    qunflow: str
    made_at: str
    tables: tuple[TableCopy, ...]
    sequences: Mapping[str, int]  # "table.column" → the last number given out
    ledger: tuple[LedgerSum, ...]
    blobs: int
    blobs_gone: int  # rows whose image had been erased when the copy came to it
    key: str  # which key the sealed secrets need, as a fingerprint; empty when there was none
    key_included: bool
    format: int = FORMAT
    rows: Mapping[str, int] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "rows", {table.name: table.rows for table in self.tables})

    def packed(self) -> bytes:
        """The manifest as it stands in the file."""
        data = asdict(self)
        del data["rows"]
        return orjson.dumps(data, option=orjson.OPT_INDENT_2)


def table_entry(name: str) -> str:
    """Where a table stands in the file."""
    return f"tables/{name}.copy"


def broken(path: Path, why: str) -> InvalidInput:
    """The refusal of a file that is not a whole backup."""
    return InvalidInput(
        "backup_broken",
        f"this file is not a whole backup ({why[:200]})",
        field=str(path),
        way_out="Nothing was changed. Take another backup file.",
    )


@contextmanager
def opened_archive(path: Path) -> Iterator[tuple[zipfile.ZipFile, Manifest]]:
    """The file and its manifest. Raises InvalidInput ``backup_broken`` or ``backup_format``."""
    try:
        with zipfile.ZipFile(path) as archive:
            if archive.getinfo(MANIFEST).file_size > MAX_MANIFEST:
                raise broken(path, "its manifest is too long")
            yield archive, _read_manifest(path, archive.read(MANIFEST))
    except FileNotFoundError as error:
        raise InvalidInput("backup_missing", "there is no such file", field=str(path)) from error
    except (zipfile.BadZipFile, zlib.error, EOFError, KeyError) as error:
        raise broken(path, str(error)) from error


def verify_archive(path: Path, tell: Tell) -> Manifest:
    """Read the whole file and compare every hash. Raises InvalidInput when anything differs."""
    with opened_archive(path) as (archive, manifest):
        wanted = {MANIFEST, *(table_entry(table.name) for table in manifest.tables)}
        for table in manifest.tables:
            tell(f"checking {table.name}")
            if _hash_of(archive, table_entry(table.name)) != table.sha256:
                raise broken(path, f"{table.name} differs from the manifest")
        names = archive.namelist()
        blobs = [name for name in names if name.startswith("blobs/")]
        tell(f"checking {len(blobs)} images")
        for name in blobs:
            match = _BLOB.fullmatch(name)
            if match is None or _hash_of(archive, name) != match.group(1):
                raise broken(path, f"{name} is not what its name says")
        if manifest.key_included:
            wanted.add(KEY)
            archive.read(KEY)
        if len(blobs) != manifest.blobs or set(names) - set(blobs) != wanted or len(set(names)) != len(names):
            raise broken(path, "its contents differ from the manifest")
        return manifest


def _hash_of(archive: zipfile.ZipFile, name: str) -> str:
    digest = hashlib.sha256()
    with archive.open(name) as source:
        while piece := source.read(CHUNK):
            digest.update(piece)
    return digest.hexdigest()


def _read_manifest(path: Path, packed: bytes) -> Manifest:
    try:
        data: dict[str, Any] = orjson.loads(packed)
        if data["format"] != FORMAT:
            raise InvalidInput(
                "backup_format", f"this file has format {data['format']}, known is {FORMAT}", field=str(path)
            )
        tables = tuple(TableCopy(**{**item, "columns": tuple(item["columns"])}) for item in data["tables"])
        ledger = tuple(LedgerSum(**item) for item in data["ledger"])
        manifest = Manifest(**{**data, "tables": tables, "ledger": ledger})
    except (TypeError, KeyError, ValueError) as error:
        raise broken(path, "its manifest cannot be read") from error
    names = [name for table in tables for name in (table.name, *table.columns)]
    names += [part for name in manifest.sequences for part in name.split(".")]
    if not all(_TABLE.fullmatch(name) for name in names):
        raise broken(path, "its manifest has names that are none")
    return manifest
