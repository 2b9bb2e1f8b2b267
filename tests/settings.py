"""Django's settings for the tests: the atlas's own, in a home that goes away again. Tests of pages name other homes."""

import atexit
import os
import shutil
import tempfile

os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = (
    "true"  # the journeys' browser keeps an event loop in the thread of the tests
)
os.environ["CAREATLAS_HOME"] = tempfile.mkdtemp(prefix="careatlas-")
atexit.register(shutil.rmtree, os.environ["CAREATLAS_HOME"], ignore_errors=True)

from careatlas.web.settings import *  # noqa: E402, F403
