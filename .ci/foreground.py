"""Run a command as the terminal's own job: `python .ci/foreground.py COMMAND ...`.

Ctrl-C goes to every process of the terminal's foreground group. Inside a recipe that includes make,
which then dies of the signal and turns the clean end of the command into an error. Here the command
gets the terminal for itself, ends as it likes, and make sees its exit status.
"""

import os
import signal
import subprocess
import sys


def owns_terminal():
    """Are we in the foreground of a terminal? Otherwise there is nothing to hand over."""
    try:
        return os.tcgetpgrp(0) == os.getpgrp()
    except OSError:
        return False


def run_in_front(command):
    """Give the terminal to the command, wait for its end, take the terminal back."""
    ours = os.getpgrp()

    def lead():
        os.setpgid(0, 0)
        signal.signal(signal.SIGTTOU, signal.SIG_IGN)
        os.tcsetpgrp(0, os.getpid())
        signal.signal(signal.SIGTTOU, signal.SIG_DFL)
        # No shell watches this group, so a Ctrl-Z would leave a terminal that nobody answers.
        signal.signal(signal.SIGTSTP, signal.SIG_IGN)

    signal.signal(signal.SIGTTOU, signal.SIG_IGN)
    child = subprocess.Popen(command, preexec_fn=lead)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda received, frame: child.send_signal(received))
    status = child.wait()
    os.tcsetpgrp(0, ours)
    return status if status >= 0 else 128 - status


if __name__ == "__main__":
    if not owns_terminal():
        os.execvp(sys.argv[1], sys.argv[1:])
    sys.exit(run_in_front(sys.argv[1:]))
