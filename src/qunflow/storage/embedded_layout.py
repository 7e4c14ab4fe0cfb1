"""Where an embedded PostgreSQL lies: its folder, its account, its binaries and its socket.

An ordinary user runs the server directly, with everything below the data folder. Root cannot, so an existing
unprivileged account does; where that account cannot enter the data folder or reach the binaries, the cluster
lies below ``SYSTEM_FOLDER`` with a copy of the binaries. No folder that was there before changes its rights.
"""

from __future__ import annotations

import hashlib
import os
import pwd
import re
import secrets
import stat
from dataclasses import dataclass
from pathlib import Path

from qunflow.storage.embedded_binaries import copied_binaries, wheel_binaries
from qunflow.storage.embedded_errors import EmbeddedError
from qunflow.storage.embedded_tools import Account, reaches

SYSTEM_FOLDER = Path("/var/lib/qunflow")
SOCKET_PARENT = Path("/tmp")
ACCOUNTS = ("postgres", "nobody")
PORT = 5432
INSTANCE = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True)
class Layout:
    """The places of one server. ``account`` is None where the calling user runs it."""

    instance: str
    account: Account | None
    cluster: Path
    binaries: Path

    @property
    def cluster_name(self) -> str:
        """The name that the running server answers with and all its processes carry; at most 63 bytes."""
        return f"qunflow-{self.instance}-{self._digest}"

    @property
    def socket_folder(self) -> Path:
        """Short, because a socket path over 107 bytes fails; one for each instance at each place."""
        return SOCKET_PARENT / f"qunflow-{self._digest}"

    @property
    def socket(self) -> Path:
        """The socket that clients connect to."""
        return self.socket_folder / f".s.PGSQL.{PORT}"

    @property
    def _digest(self) -> str:
        return hashlib.sha256(f"{self.instance}\n{self.cluster}".encode()).hexdigest()[:16]

    @property
    def owner_uid(self) -> int:
        """User id that the server runs under."""
        return os.geteuid() if self.account is None else self.account.uid


def home_of(data_dir: Path) -> Path:
    """The folder below the data folder that says which database belongs to it."""
    return data_dir.resolve() / "postgres"


def make_home(data_dir: Path) -> Path:
    """The home, made when missing. Raises EmbeddedError ``embedded_folder`` when this user may not."""
    home = home_of(data_dir)
    try:
        home.parent.mkdir(parents=True, exist_ok=True)
        if not home.is_dir():
            home.mkdir(exist_ok=True)
            # Below root's the server's account has to pass through, but not to look.
            home.chmod(0o711 if os.geteuid() == 0 else 0o700)
        if not os.access(home, os.W_OK | os.X_OK):
            raise PermissionError(13, os.strerror(13))
    except OSError as error:
        raise EmbeddedError(
            "embedded_folder",
            f"the data folder {home.parent} cannot be used by this user ({error.strerror}).",
            way_out="Name a folder that you may write, or run as its owner.",
        ) from error
    return home


def read_instance(home: Path) -> str | None:
    """The id of the database that belongs to this data folder; None before the first start."""
    path = home / "instance"
    if not path.exists():
        return None
    text = path.read_text("utf-8", errors="replace")[:64].strip()
    if not INSTANCE.fullmatch(text):
        raise EmbeddedError(
            "embedded_instance",
            f"{path} does not hold an instance id (32 hexadecimal digits).",
            way_out="Restore it from a copy; without it the database cannot be told from others.",
        )
    return text


def make_instance(home: Path) -> str:
    """The instance id, made when missing; complete or absent after a crash. Call in one's turn."""
    known = read_instance(home)
    if known is not None:
        return known
    instance = secrets.token_hex(16)
    _write_whole(home / "instance", f"{instance}\n")
    return instance


def _write_whole(path: Path, text: str) -> None:
    """Write a file so that a crash leaves the old one, or none, or the new one."""
    fresh = path.with_name(f"{path.name}.new")
    with fresh.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


def find_layout(home: Path, instance: str) -> Layout:
    """Where the server of this data folder lies, or will lie. Call in one's turn; only root's may write.

    Raises EmbeddedError when the database belongs to another account, or when this data folder is a copy.
    """
    if os.geteuid() == 0:
        return _layout_for_root(home, instance)
    inside, outside = home / "data", SYSTEM_FOLDER / instance / "data"
    theirs = inside if inside.exists() else outside
    if theirs.exists() and theirs.stat().st_uid != os.geteuid():
        raise EmbeddedError(
            "embedded_account",
            f"the database of {home.parent} belongs to the account '{_account_of(theirs).name}'.",
            way_out="Run as root, or choose another data folder.",
        )
    return Layout(instance, None, inside, wheel_binaries())


def _layout_for_root(home: Path, instance: str) -> Layout:
    inside, system = home / "data", SYSTEM_FOLDER / instance
    wheel = wheel_binaries()
    if inside.exists():
        account = _account_of(inside)
        if not reaches(account, home):
            raise EmbeddedError(
                "embedded_unreachable",
                f"the account '{account.name}', which owns the database, may not enter {home} any more.",
                way_out="Let it pass through the folders above, as when the database was made.",
            )
        cluster = inside
    elif (system / "data").exists():
        account, cluster = _account_of(system / "data"), system / "data"
        _check_belonging(system, home, instance)
    else:
        account = _unprivileged_account()
        cluster = inside if reaches(account, home, wheel) else system / "data"
        if cluster != inside:
            _make_system_folder(system)
            _check_belonging(system, home, instance)
    if not reaches(account, Path("/"), wheel):
        _make_system_folder(system)
        wheel = copied_binaries(wheel, system)
    return Layout(instance, account, cluster, wheel)


def _unprivileged_account() -> Account:
    for name in ACCOUNTS:
        try:
            found = pwd.getpwnam(name)
        except KeyError:
            continue
        if found.pw_uid != 0:
            return Account(name, found.pw_uid, found.pw_gid)
    raise EmbeddedError(
        "embedded_no_account",
        "PostgreSQL does not run as root, and there is neither an account 'postgres' nor 'nobody'.",
        way_out="Run as an ordinary user, or give the URL of a PostgreSQL server.",
    )


def _account_of(path: Path) -> Account:
    owner = path.stat()
    try:
        name = pwd.getpwuid(owner.st_uid).pw_name
    except KeyError:
        name = str(owner.st_uid)
    return Account(name, owner.st_uid, owner.st_gid)


def _make_system_folder(system: Path) -> None:
    for folder in (SYSTEM_FOLDER, system):
        if not folder.is_dir():
            folder.mkdir(parents=True, exist_ok=True)
            folder.chmod(0o711)


def _check_belonging(system: Path, home: Path, instance: str) -> None:
    """A copied data folder carries the id of its origin and must not get the origin's database."""
    record = system / "belongs-to"
    if record.exists():
        other = Path(record.read_text("utf-8").rstrip("\n"))
        if other == home:
            return
        if other.is_dir() and read_instance(other) == instance:
            raise EmbeddedError(
                "embedded_copied",
                f"{home.parent} is a copy of {other.parent}, and its database stayed with the original.",
                way_out=f"Use the original, or delete {home} to begin with an empty database.",
            )
    _write_whole(record, f"{home}\n")


def make_socket_folder(layout: Layout) -> None:
    """The socket's folder, 0700 and of the server's account; anything else found there is refused."""
    folder = layout.socket_folder
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError:
        pass
    else:
        folder.chmod(0o700)
        if layout.account is not None:
            os.chown(folder, layout.account.uid, layout.account.gid)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != layout.owner_uid or stat.S_IMODE(found.st_mode) != 0o700:
        raise EmbeddedError(
            "embedded_socket_folder",
            f"{folder} is not a folder that only the database's account may enter.",
            way_out="Somebody else made it; delete it and try again.",
        )
