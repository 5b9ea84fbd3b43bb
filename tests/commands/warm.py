"""A process that has imported what commands need, and forks for each file: as one that starts.

Most tests of the commands are about reports, and a process takes longer to start than to report.
Those of the process itself start one.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import traceback
from pathlib import Path

from tinygrad_bp.commands import process
from tinygrad_bp.commands.worker import main

ROOT = Path(__file__).parents[2]
BOOT = (
    "import sys; sys.path.insert(0, sys.argv[1]); from tests.commands.warm import serve; "
    "import tinygrad_bp.commands.check_file, tinygrad_bp.numpy.random, rich.console; "
    "del sys.path[0]; serve(sys.argv[2])"
)


class Forked:
    """A process as `subprocess.Popen` gives it, as far as commands ask."""

    def __init__(self, address, file):
        self.returncode = None
        self._connection = socket.socket(socket.AF_UNIX)
        self._connection.connect(address)
        theirs, stdin = os.pipe()
        stdout, printed = os.pipe()
        about = json.dumps([file, os.getcwd(), dict(os.environ)]).encode()
        socket.send_fds(self._connection, [len(about).to_bytes(4, "big")], [theirs, printed])
        self._connection.sendall(about)
        os.close(theirs)
        os.close(printed)
        self.stdin, self.stdout = os.fdopen(stdin, "wb"), os.fdopen(stdout, "rb")
        self.pid = int.from_bytes(_read(self._connection, 4), "big")

    def wait(self, timeout=None):
        if self.returncode is None:
            self._connection.settimeout(timeout)
            try:
                self.returncode = int.from_bytes(_read(self._connection, 4), "big", signed=True)
            except TimeoutError:
                raise subprocess.TimeoutExpired("a forked process", timeout) from None
            self._connection.close()
        return self.returncode

    def kill(self):
        os.kill(self.pid, signal.SIGKILL)


def start(folder):
    """Start the process that forks, and return it and where it listens."""
    address = str(Path(folder, "warm"))
    forking = subprocess.Popen(
        [sys.executable, "-P", "-c", BOOT, str(ROOT), address],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        env=process._environment(),
    )
    forking.stdout.readline()  # it listens
    return forking, address


def _read(connection, size):
    content = b""
    while len(content) < size:
        content += connection.recv(size - len(content))
    return content


def serve(address):
    """Fork for whoever connects, until this process is killed."""
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(address)
    listening.listen()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    print("listening", flush=True)
    while True:
        connection, _ = listening.accept()
        if os.fork() == 0:
            listening.close()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            _attend(connection)
            os._exit(0)
        connection.close()


def _attend(connection):
    """Fork a process for a file, and tell its number and, when it has ended, how."""
    size, (stdin, stdout), *_ = socket.recv_fds(connection, 4, 2)
    file, folder, environment = json.loads(_read(connection, int.from_bytes(size, "big")))
    forked = os.fork()
    if forked == 0:
        connection.close()
        os.setsid()
        for number, stream in enumerate((stdin, stdout, stdout)):
            os.dup2(stream, number)
        os.close(stdin)
        os.close(stdout)
        os.chdir(folder)
        os.environ.update(environment)
        sys.argv[:] = [file]
        try:
            main()
        except BaseException:
            traceback.print_exc()
        os._exit(1)
    os.close(stdin)
    os.close(stdout)
    connection.sendall(forked.to_bytes(4, "big"))
    _, status = os.waitpid(forked, 0)
    connection.sendall(os.waitstatus_to_exitcode(status).to_bytes(4, "big", signed=True))
