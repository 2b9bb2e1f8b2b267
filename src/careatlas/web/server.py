"""Runs the web server: makes the charts' script if it is not there yet, then serves until Ctrl-C."""

import os
import socket
import threading
import time
from collections.abc import Callable
from http.client import HTTPConnection
from pathlib import Path

from careatlas.errors import AtlasError

VEGA_LITE = "6.4"
SCRIPT = "vega.js"
SECONDS_TO_START = 120


def serve(
    home: Path,
    port: int,
    host: str = "127.0.0.1",
    workers: int = 2,
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
        blocking_threads=2,
        log_level=LogLevels.warning,
        respawn_failed_workers=True,
    )
    server.on_startup(threading.Thread(target=say_when_ready, args=(host, port, say), daemon=True).start)
    server.serve()


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
    import vl_convert

    say("Making the charts' script (once) ...")
    bundle = vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;", vl_version=VEGA_LITE)
    script.parent.mkdir(parents=True, exist_ok=True)
    unfinished = script.with_suffix(".unfinished")
    unfinished.write_text(bundle, encoding="utf-8")
    os.replace(unfinished, script)
    return script
