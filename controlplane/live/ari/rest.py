"""ARI over plain HTTP: one keep-alive session, no WebSocket, no Stasis application.

For engines that cannot do REST over the WebSocket, and for tools (apply, doctor) that must
not register the application of a running controller.
"""

from __future__ import annotations

from types import TracebackType

import aiohttp
from yarl import URL

from controlplane.live.ari.messages import parse_json
from controlplane.live.ari.requests import Request, http_target
from controlplane.live.ari.response import Response
from controlplane.live.ari.settings import DEFAULT_TIMINGS, AriSettings, AriTimings
from controlplane.live.errors import (
    EngineDown,
    LinkLost,
    ProtocolError,
    RequestTimeout,
    WrongCredentials,
)

_JSON = {"Content-Type": "application/json"}


def _new_session(settings: AriSettings, timings: AriTimings) -> aiohttp.ClientSession:
    """A session that carries the credentials; the caller closes it."""
    return aiohttp.ClientSession(
        headers={"Authorization": settings.authorization()},
        connector=aiohttp.TCPConnector(limit=32, keepalive_timeout=timings.keep_alive),
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=timings.connect),
        trust_env=False,
    )


class AriHttp:
    """`async with AriHttp(settings) as ari: await ari.request(asterisk_info())`."""

    def __init__(
        self,
        settings: AriSettings,
        timings: AriTimings = DEFAULT_TIMINGS,
    ) -> None:
        self._settings = settings
        self._timings = timings
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> AriHttp:
        self._session = _new_session(self._settings, self._timings)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def request(self, request: Request, within: float | None = None) -> Response:
        """The answer, 2xx only. Raises AriError for any other status, else as `exchange`."""
        return (await self.exchange(request, within)).checked(request)

    async def exchange(self, request: Request, within: float | None = None) -> Response:
        """The answer of any status but 401. `within` is seconds.

        Raises EngineDown where nothing listens, LinkLost where the connection broke after
        sending, RequestTimeout, WrongCredentials, ProtocolError.
        """
        seconds = self._timings.request if within is None else within
        try:
            status, reason, text = await self._exchange(request, seconds)
        except TimeoutError:
            raise RequestTimeout(f"ARI did not answer {request} within {seconds:g} s") from None
        except aiohttp.ClientConnectorError as error:
            raise EngineDown(
                f"ARI at {self._settings.base} is not reachable: {error.strerror or error}"
            ) from None
        except (aiohttp.ClientConnectionError, aiohttp.ClientPayloadError):
            raise LinkLost(f"the connection to ARI broke during {request}") from None
        except aiohttp.ClientError as error:
            raise ProtocolError(f"ARI answered {request} with bad HTTP: {error}") from None
        if status == 401:
            raise WrongCredentials(
                f"ARI at {self._settings.base} refuses the user {self._settings.user!r}"
            )
        return Response(status, reason, _body(status, text))

    async def _exchange(self, request: Request, seconds: float) -> tuple[int, str, bytes]:
        if self._session is None:
            raise LinkLost("the ARI session is not open")
        # encoded=True: the target is percent-encoded already, and must stay as it is.
        url = URL(f"{self._settings.base}/{http_target(request)}", encoded=True)
        async with self._session.request(
            request.method,
            url,
            data=request.body or None,
            headers=_JSON if request.body else None,
            timeout=aiohttp.ClientTimeout(total=seconds, sock_connect=self._timings.connect),
            allow_redirects=False,
        ) as answer:
            return answer.status, answer.reason or "", await answer.read()


def _body(status: int, text: bytes) -> object:
    if not text:
        return None
    try:
        return parse_json(text)
    except ProtocolError:
        # Errors of the HTTP server itself are HTML pages.
        if status >= 300:
            return None
        raise
