"""A console with a browser, for the page of a rehearsal."""

from tests.console.conftest import console as console
from tests.console.conftest import owner as owner
from tests.console.conftest import seen as seen
