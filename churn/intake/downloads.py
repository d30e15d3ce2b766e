"""Downloads a file over http(s): streamed to a file, limited in size and in time, whole or not at all."""

import base64
import http.client
import ipaddress
import socket
import time
from email.message import Message
from typing import IO, BinaryIO
from urllib.error import HTTPError, URLError
from urllib.parse import SplitResult, quote, unquote, urlsplit, urlunsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from churn.errors import ContractBroken, Unavailable, WrongUsage

_CHUNK = 256 * 1024
_NOT_NOW = (408, 425, 429)


def download(address: str, target: BinaryIO, max_bytes: int, patience: tuple[float, float]) -> None:
    """Downloads an address into an open file.

    A login in the address is sent to that host only. A redirect to this machine or to its own network segment (where
    cloud providers answer with credentials) is not followed.

    Args:
        address: an http or https address.
        target: the file that receives the bytes.
        max_bytes: the largest size allowed.
        patience: the longest wait for the next bytes, and the longest time for the whole download, in seconds.

    Raises:
        WrongUsage: the server answers that the file does not exist or that this user may not read it, redirects to a
            forbidden address, or does not say how long the file is.
        Unavailable: the server does not answer in time, breaks the connection, or answers that it is overloaded.
        ContractBroken: the file is larger than `max_bytes`.
    """
    silence, in_all = patience
    request, host = _request(address)
    # The timeout of open() counts from the last byte. A server that sends one byte a minute never reaches it, so the
    # whole download has a limit of its own.
    give_up_at = time.monotonic() + in_all
    try:
        with build_opener(_CarefulRedirects).open(request, timeout=silence) as answer:
            _check_whole(answer, host)
            _copy(answer, target, max_bytes, give_up_at)
    except HTTPError as error:
        raise _refused_by_server(error, host) from error
    except TimeoutError as error:
        raise _silent(host, silence) from error
    except (URLError, ConnectionError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", error)
        if isinstance(reason, TimeoutError):  # urllib wraps a timeout while connecting in a URLError.
            raise _silent(host, silence) from error
        raise Unavailable(
            f"{host} cannot be reached, or it broke the connection: {reason}.",
            "check the address and the network, then run again.",
        ) from error


def _request(address: str) -> tuple[Request, str]:
    """Returns the request and the host's name. urllib would take a login in the address for a part of the host."""
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname or "", parts.port  # Reading the port checks that it is a number.
    except ValueError as error:
        raise WrongUsage("The address of the extract has no valid host and port.", "correct --source.") from error
    if not host:
        raise WrongUsage("The address of the extract names no host.", "correct --source.")
    login, is_there, place = parts.netloc.rpartition("@")
    # A request holds only ASCII: an umlaut of the path travels percent-encoded, one of the host as Punycode.
    path, query = (quote(part, safe="/%:=&?~+!$,;'@()*[]") for part in (parts.path, parts.query))
    ascii_place = place.encode("idna").decode() if not place.isascii() else place
    plain = urlunsplit(parts._replace(netloc=ascii_place, path=path, query=query))
    request = Request(plain, headers={"User-Agent": "churn"})
    if is_there:
        encoded = base64.b64encode(unquote(login).encode()).decode()
        # Unredirected: urllib would send an ordinary header to the host of a redirect as well.
        request.add_unredirected_header("Authorization", f"Basic {encoded}")
    return request, host


class _CarefulRedirects(HTTPRedirectHandler):
    """Follows a redirect within the same host and port, or to another machine over http(s)."""

    def redirect_request(
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: Message, newurl: str
    ) -> Request | None:
        """Returns the next request; raises WrongUsage where it leads to a forbidden address."""
        before, after = urlsplit(req.full_url), urlsplit(newurl)
        if (before.scheme, before.netloc) != (after.scheme, after.netloc) and _is_forbidden(after):
            raise WrongUsage(
                f"{before.hostname} redirects to {after.scheme}://{after.hostname}, which is not http(s), or is this "
                "machine or its own network segment.",
                "give --source the final address, if you trust it.",
            )
        return super().redirect_request(req, fp, code, msg, headers, newurl)  # type: ignore[arg-type]


def _is_forbidden(address: SplitResult) -> bool:
    if address.scheme not in ("http", "https"):
        return True
    try:
        found = socket.getaddrinfo(address.hostname, None, type=socket.SOCK_STREAM)
    except OSError:
        return False  # A name that only a proxy can look up, or that does not exist: the request itself says which.
    return any(_is_local(str(place[0])) for *_, place in found)


def _is_local(text: str) -> bool:
    """Returns whether an IP address is of this machine or link-local (169.254.169.254 hands out credentials)."""
    ip = ipaddress.ip_address(text.partition("%")[0])
    ip = getattr(ip, "ipv4_mapped", None) or ip  # ::ffff:127.0.0.1 reaches 127.0.0.1.
    return ip.is_loopback or ip.is_link_local or ip.is_unspecified or ip.is_multicast


def _check_whole(answer: http.client.HTTPResponse, host: str) -> None:
    """Refuses an answer that is a part of a file, or whose end looks like a broken connection."""
    if answer.status != 200:
        raise WrongUsage(
            f"{host} answered {answer.status} {answer.reason}, not the whole file.",
            "check the address, then run again.",
        )
    if answer.length is None and not answer.chunked:
        raise WrongUsage(
            f"{host} did not say how long the file is, so that half a file would look like a whole one.",
            "let the server send Content-Length, or download the file and give --source its path.",
        )


def _copy(answer: http.client.HTTPResponse, target: BinaryIO, max_bytes: int, give_up_at: float) -> None:
    expected = answer.length
    copied = 0
    while chunk := answer.read1(_CHUNK):
        copied += len(chunk)
        if copied > max_bytes:
            raise ContractBroken(
                f"The file at {answer.url.partition('?')[0]} is larger than {max_bytes // 1_000_000:,} MB.",
                "check the address, or raise CHURN_MAX_EXTRACT_MEGABYTES.",
            )
        if time.monotonic() > give_up_at:
            raise TimeoutError
        target.write(chunk)
    # Unlike read(), read1() ends without an error when the connection breaks: half a file would look like a whole one.
    if expected is not None and copied != expected:
        raise http.client.IncompleteRead(b"", expected - copied)


def _silent(host: str, seconds: float) -> Unavailable:
    return Unavailable(
        f"{host} did not answer within {seconds:g} seconds.",
        "check the address, or raise CHURN_DOWNLOAD_TIMEOUT_SECONDS.",
    )


def _refused_by_server(error: HTTPError, host: str) -> Unavailable | WrongUsage:
    fact = f"{host} answered {error.code} {str(error.reason).splitlines()[0].rstrip('.')}."
    if error.code >= 500 or error.code in _NOT_NOW:
        return Unavailable(fact, "wait a few minutes, then run again.")
    return WrongUsage(fact, "check the address, and check that a reader needs no login.")
