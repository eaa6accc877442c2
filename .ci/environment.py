"""Create or refresh `.venv` from a lock: `python .ci/environment.py requirements.txt [COMMAND TO NAME]`.

Silent and quick when the lock has not changed since the last time (a stamp in `.venv` says so).
Whatever goes wrong is answered with one sentence and the command to type. The syntax stays readable
for old Pythons, because telling people that theirs is too old is part of the work.
"""

import hashlib
import os
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
VENV = os.path.join(ROOT, ".venv")
VENV_PYTHON = os.path.join(VENV, "bin", "python")
OLDEST = (3, 11)

# What pip prints when no packet leaves the machine, whatever the system calls it.
NO_NETWORK = (
    "Failed to establish a new connection",
    "NewConnectionError",
    "NameResolutionError",
    "Temporary failure in name resolution",
    "nodename nor servname",
    "Network is unreachable",
    "ConnectTimeoutError",
    "Cannot connect to proxy",
    "ProxyError",
)


def stop(sentence):
    """Leave with one sentence on the error output."""
    sys.stderr.write(sentence + "\n")
    sys.exit(1)


def refuse_old_python(command):
    """Say which Python is missing and how to name another one."""
    if sys.version_info >= OLDEST:
        return
    stop(
        "Estrade needs Python {}.{} or newer and {} is {}.{}: install a newer one, then type `{} PYTHON=python3.12`.".format(
            *(OLDEST + (sys.executable,) + tuple(sys.version_info[:2]) + (command,))
        )
    )


def refuse_without_ensurepip(command):
    """Debian and Ubuntu ship Python without the part that creates environments."""
    try:
        import ensurepip  # noqa: F401, PLC0415 - only asked whether it is there
        import venv  # noqa: F401, PLC0415 - only asked whether it is there
    except ImportError:
        package = "python{}.{}-venv".format(*sys.version_info[:2])
        stop(
            "This Python cannot create environments (ensurepip is missing): type "
            "`sudo apt-get install {}`, then `{}` again.".format(package, command)
        )


def answers(python):
    """Does this interpreter start, and is it recent enough? A moved checkout leaves one that does not."""
    question = "import sys; sys.exit(sys.version_info < {!r})".format(OLDEST)
    try:
        return subprocess.call([python, "-c", question], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) == 0
    except OSError:
        return False


def create(command):
    """Create `.venv` anew with the Python that runs this file."""
    refuse_without_ensurepip(command)
    made = subprocess.run(  # noqa: UP022 - `capture_output` is unknown to the oldest Python this must run on
        [sys.executable, "-m", "venv", "--clear", VENV], stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    if made.returncode != 0:
        sys.stderr.write(made.stdout.decode(errors="replace"))
        stop("The environment {} could not be created: type `rm -rf .venv`, then `{}` again.".format(VENV, command))


def install(lock, command):
    """Install the lock; keep pip quiet unless it fails."""
    sys.stderr.write("Installing the packages of {} into .venv (once, about a minute) ...\n".format(lock))
    pip = [VENV_PYTHON, "-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check"]
    ran = subprocess.run(  # noqa: UP022 - as above
        pip + ["--retries", "3", "--require-hashes", "-r", os.path.join(ROOT, lock)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    if ran.returncode == 0:
        return
    said = ran.stdout.decode(errors="replace")
    if any(sign in said for sign in NO_NETWORK):
        stop(
            "No network: the first start downloads the packages. Connect once, then type `{}` again; "
            "afterwards it runs without.".format(command)
        )
    sys.stderr.write("\n".join(said.strip().splitlines()[-8:]) + "\n")
    stop("pip could not install {} (see above): type `rm -rf .venv`, then `{}` again.".format(lock, command))


def fingerprint(lock):
    """What the environment must have been made from to be left alone."""
    with open(os.path.join(ROOT, lock), "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def stamped(stamp, wanted):
    """Was this lock, to the letter, installed here before?"""
    try:
        with open(stamp) as file:
            return file.read() == wanted
    except OSError:
        return False


def ensure(lock, command):
    """Make `.venv` hold exactly what the lock names, or more."""
    wanted = fingerprint(lock)
    stamp = os.path.join(VENV, "installed-" + lock)
    # The lock for development contains the other one, so its stamp must go when the other is newer.
    if answers(VENV_PYTHON):
        if stamped(stamp, wanted):
            return
    else:
        create(command)
    install(lock, command)
    with open(stamp, "w") as file:
        file.write(wanted)


if __name__ == "__main__":
    named = sys.argv[2] if len(sys.argv) > 2 else "make demo"
    refuse_old_python(named)
    try:
        ensure(sys.argv[1], named)
    except KeyboardInterrupt:
        stop("Interrupted: type `{}` again when you are ready.".format(named))
