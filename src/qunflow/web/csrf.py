"""Proof that a form came from our own page: a code made from the session (before one: from a visit's cookie)."""

from __future__ import annotations

import base64
import hmac

from qunflow.domain.errors import QunflowError

FIELD = "form_code"


class FormCodes:
    """Makes and checks the codes; ``secret`` belongs to this purpose alone."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def make(self, holder: str) -> str:
        """The code of everything that ``holder`` (a session's or a visit's token) may send."""
        return base64.urlsafe_b64encode(hmac.digest(self._secret, holder.encode(), "sha256")).rstrip(b"=").decode()

    def check(self, holder: str, code: str) -> None:
        """Raises QunflowError (403) when the form is not from our page, or from before a new sign-in."""
        if not holder or not hmac.compare_digest(self.make(holder).encode(), code.encode()):
            raise QunflowError(
                "form_expired", "this form is no longer valid", way_out="Open the page again.", status=403
            )
