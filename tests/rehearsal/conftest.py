"""A console with a browser, for the page of a rehearsal; the tests of this folder share its event loop."""

from tests.console.conftest import chromium as chromium
from tests.console.conftest import console as console
from tests.console.conftest import database_url as database_url
from tests.console.conftest import home as home
from tests.console.conftest import owner as owner
from tests.console.conftest import seen as seen
