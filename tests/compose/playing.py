"""Plays docker-compose.yml with processes of this machine, on loopback.

Each service's own command runs with its own environment, in the order of the file, and is healthy when its own health
check says so. Only what belongs to a container is translated: host names and ports become loopback ports, volumes become
folders, and the list of web processes that the proxy looks up becomes a fixed one.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import httpx

from tests import provide, servers
from tests.compose import reading

SECONDS_TO_BE_HEALTHY = 60
SECONDS_TO_END = 15
BIN = Path(sys.executable).parent


def wait_for(what: str, is_so: Callable[[], bool], *, seconds: float = SECONDS_TO_BE_HEALTHY, pause: float = 0.1) -> None:
    """Ask until it is so; TimeoutError with `what` otherwise."""
    limit = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > limit:
            raise TimeoutError(what)
        time.sleep(pause)


class Play:
    """The services of one compose file as children of this process. Leaving it ends and reaps them all."""

    def __init__(self, folder: Path, variables: dict[str, str]) -> None:
        self.folder, self.variables = folder, variables
        self.file = reading.compose(variables)
        self.services: dict[str, Any] = self.file["services"]
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        self._stack = contextlib.ExitStack()
        self._redis = contextlib.ExitStack()
        count = int(self.services["web"]["deploy"]["replicas"])
        self.web_ports = [servers.free_port() for _ in range(count)]
        self.ports = {name: servers.free_port() for name in ("postgres", "redis", "http", "https", "admin")}
        self.origin = f"https://{variables['ESTRADE_SITE']}:{self.ports['https']}"
        self.authority = folder / "volumes/proxy/caddy/pki/authorities/local/root.crt"

    def __enter__(self) -> Play:
        return self

    def __exit__(self, *error: object) -> None:
        self.stop_all()
        self._redis.close()
        self._stack.close()

    # --- Translation ----------------------------------------------------------------------------------------------

    def translated(self, text: str, *, port: int = 0) -> str:
        """A value or a command of a container, for this machine. `port`: that of the one web process it is for."""
        for name, inside in (("postgres", 5432), ("redis", 6379)):
            text = text.replace(f"@{name}:{inside}", f"@127.0.0.1:{self.ports[name]}")
        text = re.sub(r"(?<=-p )6379|(?<=--port )6379", str(self.ports["redis"]), text)
        text = re.sub(r"(?:0\.0\.0\.0|127\.0\.0\.1):8000", f"127.0.0.1:{port}", text)
        text = text.replace("localhost:2019", f"localhost:{self.ports['admin']}")
        text = text.replace("/etc/caddy/Caddyfile", str(self.folder / "Caddyfile"))
        return re.sub(r"(?<![\w./])/(data|static|backups|certificates)\b", lambda found: str(self._volume(found[1])), text)

    def _volume(self, name: str) -> Path:
        folder = self.folder / "volumes" / name
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def caddyfile(self) -> str:
        text: str = self.file["configs"]["caddyfile"]["content"]
        upstreams = " ".join(f"127.0.0.1:{port}" for port in self.web_ports)
        text, found = re.subn(r"dynamic a web 8000 \{[^}]*\}", f"to {upstreams}", text)
        assert found == 1
        text = text.replace("http_port 80\n", f"default_bind 127.0.0.1\nhttp_port {self.ports['http']}\n")
        text = text.replace("https_port 443\n", f"https_port {self.ports['https']}\n")
        return self.translated(text)

    def environment(self, service: str) -> dict[str, str]:
        foreign = ("ESTRADE_", "DATABASE_URL", "REDIS_URL", "DJANGO_", "POSTGRES_", "PYTEST")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
        own = {} if "image" in self.services[service] and "build" not in self.services[service] else reading.image_environment()
        own |= {name: str(value) for name, value in self.services[service].get("environment", {}).items()}
        volume = str(self._volume("proxy"))
        return {
            **kept,
            **{name: self.translated(value) for name, value in own.items()},
            "PATH": os.pathsep.join([str(BIN), str(self._programs()), os.environ["PATH"]]),
            # Where the images of PostgreSQL and Caddy have it by default.
            "PGHOST": "127.0.0.1", "PGPORT": str(self.ports["postgres"]),
            "XDG_DATA_HOME": volume, "XDG_CONFIG_HOME": volume,
        }  # fmt: skip

    def _programs(self) -> Path:
        """The programs of PostgreSQL and Redis under the names that the file uses."""
        folder = self.folder / "programs"
        if not folder.exists():
            folder.mkdir()
            postgres, redis = servers.postgres_programs(), servers.redis_program()
            assert postgres is not None
            assert redis is not None
            client = redis.parent / redis.name.replace("server", "cli")
            for name, program in {"redis-server": redis, "redis-cli": client, "pg_isready": postgres / "pg_isready"}.items():
                if program.exists():
                    (folder / name).symlink_to(program)
        return folder

    # --- Starting -------------------------------------------------------------------------------------------------

    def build(self) -> None:
        """The step of the Dockerfile that runs our code."""
        commands = [rest for word, rest in reading.dockerfile() if word == "RUN" and "manage.py" in rest]
        (self.folder / "build").mkdir()
        for command in commands:
            steps = [step.strip() for step in command.split("&&") if "compileall" not in step]
            text = " && ".join(steps).replace("/tmp/build", str(self.folder / "build"))
            self._run("build", ["sh", "-c", text], {**self.environment("migrate")})

    def start(self, name: str) -> None:
        """One service when those it waits for are as it wants them: healthy, or ended well."""
        for earlier, how in self.services[name].get("depends_on", {}).items():
            if how["condition"] == "service_healthy":
                self.wait_until_service_is_healthy(earlier)
        if name == "postgres":
            self._start_postgres()
        elif name == "redis":
            self.start_redis()
        elif name == "web":
            for number in range(len(self.web_ports)):
                self.spawn(f"web{number}")
        elif self.services[name].get("restart") in {"no", "on-failure"}:
            self._run(name, self._command(name), self.environment(name))
        else:
            if name == "proxy":
                (self.folder / "Caddyfile").write_text(self.caddyfile())
            self.spawn(name)

    def _start_postgres(self) -> None:
        command = self.services["postgres"]["command"]
        environment = self.services["postgres"]["environment"]
        assert command[0] == "postgres"
        server = servers.postgres(durable=True, password=environment["POSTGRES_PASSWORD"], options=command[1:])
        url = self._stack.enter_context(server)
        self.ports["postgres"] = int(url.rpartition(":")[2].partition("/")[0])
        self.database_url = url.rpartition("/")[0] + f"/{environment['POSTGRES_DB']}"
        import psycopg  # noqa: PLC0415 - the finding of programs must work before the packages are there

        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{environment["POSTGRES_DB"]}"'.encode())

    def start_redis(self) -> None:
        shell, flag, text = self.services["redis"]["command"]
        program = servers.redis_program()
        assert program is not None
        text = self.translated(text).replace("redis-server", str(program)) + ' "$@"'
        words = text.replace("$REDIS_PASSWORD", self.variables["REDIS_PASSWORD"])
        folder = self._volume("redis")
        self._redis.enter_context(servers.redis_at(self.ports["redis"], folder, [shell, flag, words, "redis"]))

    def stop_redis(self) -> None:
        self._redis.close()
        self._redis = contextlib.ExitStack()

    def spawn(self, name: str) -> None:
        """Start a process; `web1` is the second of `web`."""
        service = re.sub(r"\d+$", "", name)
        with self._log(name).open("ab") as output:
            self.running[name] = subprocess.Popen(
                self._command(service, port=self.port_of(name)),
                cwd=reading.ROOT, env=self.environment(service), stdin=subprocess.DEVNULL,
                stdout=output, stderr=subprocess.STDOUT, start_new_session=True,
                preexec_fn=servers.dies_with_parent(signal.SIGKILL),
            )  # fmt: skip

    def _command(self, service: str, *, port: int = 0) -> list[str]:
        return [self.translated(str(part), port=port) for part in self.services[service]["command"]]

    def port_of(self, name: str) -> int:
        return self.web_ports[int(name[3:])] if re.fullmatch(r"web\d", name) else 0

    def _run(self, name: str, command: Sequence[str], environment: dict[str, str]) -> None:
        done = subprocess.run(
            command, cwd=reading.ROOT, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
        )
        self._log(name).write_text(done.stdout + done.stderr)
        assert done.returncode == 0, f"{name}: {done.stdout}{done.stderr}"

    def python(self, *arguments: str) -> str:
        """Run a module of the tests in the environment of the web processes. What it printed."""
        environment = self.environment("web")
        done = subprocess.run(
            [sys.executable, *arguments], cwd=reading.ROOT, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    # --- Health ---------------------------------------------------------------------------------------------------

    def health_check(self, name: str) -> list[str]:
        """The kind and the words of the service's own health check."""
        words = self.services[re.sub(r"\d+$", "", name)]["healthcheck"]["test"]
        return [self.translated(str(word), port=self.port_of(name)) for word in words]

    def is_healthy(self, name: str) -> bool:
        """What the service's own health check says."""
        service = re.sub(r"\d+$", "", name)
        kind, *words = self.health_check(name)
        if kind == "CMD" and words[0] == "wget" and shutil.which("wget") is None:
            with contextlib.suppress(httpx.HTTPError):
                return httpx.get(words[-1], timeout=3).is_success
            return False
        command = ["sh", "-c", words[0]] if kind == "CMD-SHELL" else words
        done = subprocess.run(command, cwd=reading.ROOT, env=self.environment(service), capture_output=True, check=False)
        return done.returncode == 0

    def wait_until_service_is_healthy(self, service: str) -> None:
        names = [name for name in self.running if re.sub(r"\d+$", "", name) == service]
        for name in names or [service]:
            self.wait_until_healthy(name)

    def wait_until_healthy(self, name: str) -> None:
        def is_so() -> bool:
            process = self.running.get(name)
            assert process is None or process.poll() is None, f"{name} ended: {self._log(name).read_text()[-2000:]}"
            return self.is_healthy(name)

        # Each look is a process of its own, which must not slow down those that it waits for.
        wait_for(f"{name} is not healthy", is_so, pause=0.5)

    def wait_until_all_are_healthy(self) -> None:
        """Each that runs; two that are asked the same question (worker and beat) once."""
        for name in {tuple(self.health_check(name)): name for name in self.running}.values():
            self.wait_until_healthy(name)

    # --- Ending ---------------------------------------------------------------------------------------------------

    def stop(self, name: str) -> int:
        """As `docker stop` does. The exit status."""
        process = self.running.pop(name)
        _ask_to_end(process)
        return _end(process)

    def stop_all(self) -> dict[str, int]:
        """All at once, as `docker compose stop` does. The exit statuses."""
        for process in self.running.values():
            _ask_to_end(process)
        return {name: _end(self.running.pop(name)) for name in [*self.running]}

    def kill(self, name: str) -> None:
        """As the kernel does when memory is short: with all of its children, and unasked."""
        process = self.running.pop(name)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def _log(self, name: str) -> Path:
        return self.folder / f"{name}.log"

    def said(self, name: str) -> str:
        log = self._log(name)
        return log.read_text(errors="replace") if log.exists() else ""

    def everything_said(self) -> str:
        return "".join(log.read_text(errors="replace") for log in sorted(self.folder.glob("*.log")))


def _ask_to_end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.terminate()


def _end(process: subprocess.Popen[bytes]) -> int:
    """Wait for one that was asked, then kill it. The exit status."""
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(SECONDS_TO_END)
    # What a service has started ends with it.
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    return process.wait()


def missing_programs() -> list[str]:
    """The names of what this machine lacks for a play."""
    return [need.name for need in provide.missing() if need.name in {"PostgreSQL", "Redis", "Caddy"}]
