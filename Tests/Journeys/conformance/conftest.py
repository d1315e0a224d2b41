# SPDX-License-Identifier: Apache-2.0
"""One server of each temper for all cases. Cases are coroutines."""

import asyncio
import inspect
from collections.abc import Iterator

import pytest

from conformance.program import PATIENT, running
from conformance.wire import Wire
from visitor import run


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    arguments = {name: pyfuncitem.funcargs[name] for name in inspect.signature(pyfuncitem.obj).parameters}
    run(asyncio.wait_for(pyfuncitem.obj(**arguments), timeout=60))
    return True


@pytest.fixture(scope="session")
def patient() -> Iterator[Wire]:
    """Never pings while a case lasts."""
    with running(*PATIENT) as port:
        yield Wire(port)


@pytest.fixture(scope="session")
def brisk() -> Iterator[Wire]:
    """The times that the published cases want: a ping each 300 ms, to be answered within 200 ms."""
    with running() as port:
        yield Wire(port)


@pytest.fixture(scope="session")
def pinging() -> Iterator[Wire]:
    """Pings often, and does not mind late answers."""
    with running("--ping-interval", "300", "--ping-timeout", "20000") as port:
        yield Wire(port)


@pytest.fixture(params=["/engine.io/", "/socket.io/"], ids=["engine.io", "socket.io"])
def path(request: pytest.FixtureRequest) -> str:
    return request.param
