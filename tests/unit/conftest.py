"""What many of these tests begin with; a file that needs another release makes its own."""

import pytest
import web_release


@pytest.fixture(scope="module")
def release(tmp_path_factory):
    """The small release of `web_release`, one for each file: what a file writes into its home is seen by no other."""
    return web_release.make_release(tmp_path_factory.mktemp("home"))
