"""HTTP for notifications: what `requests` does, less what a peer could make of it.

Invariant: without TLS nothing goes to where it isn't listed; certificates and names are verified
against the system's store; no redirect is followed, no proxy asked; of a reply no more is read than
MAX_REPLY.
"""

from __future__ import annotations

import ssl
from typing import Any, Final

import requests
import requests.sessions
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError

from tracer.respond.outward import Forbidden, errand

PATIENCE_S: Final = 5.0
"""Of connecting, and of each read."""
MAX_REPLY: Final = 1 << 16


class BadReply(requests.RequestException):
    """What is wrong with a reply, as a sentence."""


class Adapter(HTTPAdapter):
    """Sends one request, within the Errand of this thread."""

    def send(  # type: ignore[override]
        self, request: requests.PreparedRequest, **options: Any
    ) -> requests.Response:
        """The response, its body read. RequestException as `requests` has it."""
        here = errand()
        if here is None:
            raise Forbidden("nothing is to be sent now")
        here.is_plain |= not str(request.url).lower().startswith("https:")
        try:
            response = self._send(request, options.get("cert"))
        except requests.RequestException as error:
            here.note(_reason(error))
            raise
        if not response.ok:
            here.note(f"it answered {response.status_code}")
        return response

    def _send(self, request: requests.PreparedRequest, cert: Any) -> requests.Response:
        request.headers["Accept-Encoding"] = "identity"
        response = super().send(
            request, stream=True, timeout=PATIENCE_S, verify=trusted(), cert=cert, proxies={}
        )
        try:
            if response.is_redirect:
                raise BadReply("it redirects")
            data = response.raw.read(MAX_REPLY + 1, decode_content=False)
            if len(data) > MAX_REPLY:
                raise BadReply("its reply is too long")
        except HTTPError as error:  # urllib3's
            raise BadReply("its reply broke off") from error
        finally:
            response.close()
        response._content, response._content_consumed = data, True
        return response


def restrain() -> None:
    """Has all that uses `requests` in this process send like this."""
    setattr(requests.sessions, "HTTPAdapter", Adapter)  # noqa: B010 - it exports no such name


def trusted() -> str:
    """Where the system's certificates are, as OpenSSL finds them: SSL_CERT_FILE is heeded."""
    paths = ssl.get_default_verify_paths()
    return paths.cafile or paths.capath or paths.openssl_cafile


def _reason(error: requests.RequestException) -> str:
    """In words that can't hold the URL."""
    match error:
        case BadReply():
            return str(error)
        case requests.exceptions.SSLError():
            return "TLS failed, or its certificate is not to be trusted"
        case requests.Timeout():
            return "it took too long"
    return "it can't be reached"
