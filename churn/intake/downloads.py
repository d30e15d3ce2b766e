"""Downloads a file over http(s): streamed to a file, limited in size and in time."""

import http.client
import time
from typing import BinaryIO
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from churn.errors import ContractBroken, Unavailable, WrongUsage

_CHUNK = 256 * 1024
_NOT_NOW = (408, 425, 429)


def download(address: str, target: BinaryIO, max_bytes: int, patience: tuple[float, float]) -> None:
    """Downloads an address into an open file.

    Args:
        address: an http or https address.
        target: the file that receives the bytes.
        max_bytes: the largest size allowed.
        patience: the longest wait for the next bytes, and the longest time for the whole download, in seconds.

    Raises:
        WrongUsage: the server answers that the file does not exist or that this user may not read it.
        Unavailable: the server does not answer in time, breaks the connection, or answers that it is overloaded.
        ContractBroken: the file is larger than `max_bytes`.
    """
    silence, in_all = patience
    host = urlsplit(address).hostname or address
    # The timeout of urlopen counts from the last byte. A server that sends one byte a minute never reaches it, so the
    # whole download has a limit of its own.
    give_up_at = time.monotonic() + in_all
    try:
        with urlopen(Request(address, headers={"User-Agent": "churn"}), timeout=silence) as answer:
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
    fact = f"{host} answered {error.code} {error.reason}."
    if error.code >= 500 or error.code in _NOT_NOW:
        return Unavailable(fact, "wait a few minutes, then run again.")
    return WrongUsage(fact, "check the address, and check that a reader needs no login.")
