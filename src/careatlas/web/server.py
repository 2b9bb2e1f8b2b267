"""Runs the web server: makes the charts' script if it is not there yet, then serves until Ctrl-C."""

import encodings.idna  # noqa: F401 - a worker forked while a thread imports it would wait for ever at its first letter
import multiprocessing
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable
from functools import partial
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from careatlas.errors import AtlasError
from careatlas.web.configuration import THREADS, WORKERS

VEGA_LITE = "6.4"
SCRIPT = "vega.js"
BUNDLE = """
import sys, vl_convert
bundle = vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;", vl_version=sys.argv[1])
sys.stdout.buffer.write(bundle.encode())
"""
SECONDS_TO_START = 120
SECONDS_TO_STOP = 10  # then what a worker still does is cut off


def serve(
    home: Path,
    port: int,
    host: str = "127.0.0.1",
    workers: int = WORKERS,
    say: Callable[[str], None] = print,
    allow_upload: bool = False,
) -> None:
    """Serve the releases in ``home`` at http://host:port until interrupted. ``say`` is told what happens.
    ``allow_upload``: whoever reaches the server may publish files: on this machine only."""
    if allow_upload and host != "127.0.0.1":
        raise AtlasError("--allow-upload", f"is not for {host}.", "Files are taken on this machine only.")
    refuse_unless_free(host, port)
    make_charts_script(home, say)
    os.environ["CAREATLAS_HOME"] = str(home.resolve())
    os.environ["CAREATLAS_ALLOW_UPLOAD"] = "1" if allow_upload else "0"
    from careatlas.web.authored import prepare

    prepare(home)

    from granian import Granian
    from granian.constants import Interfaces
    from granian.log import LogLevels

    server = Granian(
        "careatlas.web.wsgi:application",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=workers,
        blocking_threads=THREADS,
        log_level=LogLevels.warning,
        respawn_failed_workers=True,
        workers_kill_timeout=SECONDS_TO_STOP,
    )
    server.on_startup(threading.Thread(target=say_when_ready, args=(host, port, say), daemon=True).start)
    is_stuck = multiprocessing.Event()
    try:
        server.serve(target_loader=partial(_made_ready, is_stuck), wrap_loader=False)
    finally:
        if is_stuck.is_set():
            raise AtlasError(
                "the server", "could not make its pages ready: see above.", "Build the release again."
            )


def _made_ready(is_stuck: Any) -> Any:
    """What a worker runs. Until it does, it stops at once when it is told to: the handlers that it was forked with
    would swallow that, and it would serve for ever. Where it cannot be made ready no other worker can: all stop."""
    for told in (signal.SIGINT, signal.SIGTERM):
        signal.signal(told, signal.SIG_DFL)
    try:
        from careatlas.web.wsgi import application
    except Exception:
        if not is_stuck.is_set():  # once, and before the others are told
            traceback.print_exc()
        is_stuck.set()
        os.kill(os.getppid(), signal.SIGTERM)
        raise SystemExit(1) from None
    return application


def say_when_ready(host: str, port: int, say: Callable[[str], None]) -> None:
    """Workers make themselves ready before they listen: until one answers, nobody is sent there."""
    for _ in range(SECONDS_TO_START * 10):
        connection = HTTPConnection(host, port, timeout=SECONDS_TO_START)
        try:
            connection.request("GET", "/healthz")
            connection.getresponse()
        except OSError:
            time.sleep(0.1)
        else:
            say(f"Serving at http://{host}:{port} (Ctrl-C stops)")
            return
        finally:
            connection.close()


def refuse_unless_free(host: str, port: int) -> None:
    """The server's own sockets share a port with whoever has it: readers would get pages of two atlases in turn."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # a port left a moment ago is free
        try:
            probe.bind((host, port))
        except (OSError, OverflowError):
            raise AtlasError(
                f"port {port}", "is taken, or cannot be used.", "Choose another with --port, such as 8080."
            ) from None


def make_charts_script(home: Path, say: Callable[[str], None] = print) -> Path:
    """The script that draws charts in the browser, in one file: made once a version, whole or not at all."""
    script = home / "static" / SCRIPT
    if script.is_file():
        return script
    say("Making the charts' script (once) ...")
    # In a process of its own: its JavaScript engine has threads, and workers are forked from this one.
    made = subprocess.run([sys.executable, "-c", BUNDLE, VEGA_LITE], stdout=subprocess.PIPE, check=True)
    script.parent.mkdir(parents=True, exist_ok=True)
    unfinished = script.with_suffix(".unfinished")
    unfinished.write_bytes(made.stdout)
    os.replace(unfinished, script)
    return script
