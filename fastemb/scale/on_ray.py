"""Nodes that are actors of Ray, on a cluster or on this machine."""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from typing import Any
from urllib.parse import urlsplit

from .._version import __version__
from ..checks import warn
from ..config import available_cpus
from ..signals import deliver
from .node import Node
from .transport import Handle, NodeLostError

LOCAL = "local"
AUTO = "auto"
_POLL = 0.1  # seconds until a signal is handled
_ANSWER_SECONDS = 5.0  # for a connection to an address, and again for an answer
_HELLO = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\0\0\0\4\0\0\0\0\0"  # how HTTP/2 begins, on which gRPC runs: RFC 9113
_CLIENT_PORT = 10001  # of addresses that begin with ray://
_SETTINGS = 4  # kind of the first frame that comes back, told by its fourth byte
_ROOM_SECONDS = 60.0  # for the actors to be started
_TIMES = 4  # as long as all others a node may take, or as many seconds more as it is given, if that is more
_EQUAL = ("fastemb", "python", "numpy", "kernel")  # what must be the same on all nodes


def ray_module() -> Any:
    """The package.

    Raises:
        ImportError: it is not installed.
    """
    try:
        return import_module("ray")
    except ImportError:
        raise ImportError("training on a cluster needs Ray: pip install 'fastemb[ray]'") from None


class OnRay:
    """`Transport` to actors of Ray.

    Args:
        address: "local" for nodes on this machine alone; "auto" for the cluster that runs here; "HOST:PORT" or
            "ray://HOST:PORT" for another. None: what the program or RAY_ADDRESS says, or else as "auto".
        nodes: How many. None: one for each machine of the cluster; one with "local".
        threads: That train on each. None: the CPUs of the machine, or its share of them.

    Raises:
        ImportError: Ray, or fastemb on a node, is not installed.
        ConnectionError: no cluster answers there.
        RuntimeError: Ray does not start on this machine, with "local".
        ValueError: the cluster is too small; its nodes have other versions than this process.
    """

    def __init__(self, address: str | None, nodes: int | None, threads: int | None) -> None:
        self._ray = ray = ray_module()
        self._owned = not ray.is_initialized()
        self._actors: list[Any] = []
        self.hosts: list[str] = []
        try:
            if self._owned:
                with _own_handlers():
                    nodes, threads = self._connect(address, nodes, threads)
            elif address not in (None, AUTO):
                warn(f"this program is connected to Ray already: address={address!r} has no effect")
            self.nodes, self.threads = self._sizes(nodes, threads)
            self._class = ray.remote(concurrency_groups={"control": 1})(Node)
            self._actors = [self._start(node) for node in range(self.nodes)]
            self._require_equal()
        except BaseException:
            self.close()
            raise

    # ---- starting ----

    def _connect(self, address: str | None, nodes: int | None, threads: int | None) -> tuple[int | None, int | None]:
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
        quiet: dict[str, Any] = {"log_to_driver": False, "logging_level": "ERROR", "configure_logging": True}
        if address == LOCAL:
            nodes = 1 if nodes is None else nodes
            threads = max(1, available_cpus() // nodes) if threads is None else threads
            try:
                self._ray.init(address=LOCAL, num_cpus=nodes * threads, include_dashboard=False, **quiet)
            except Exception as error:  # Ray has no type of its own for it
                raise RuntimeError(
                    f"Ray did not start on this machine: {_first_line(error)}. It waits 30 seconds for its own "
                    "processes: try again when less else runs"
                ) from error
            return nodes, threads
        address = os.environ.get("RAY_ADDRESS") or AUTO if address is None else address
        if address != AUTO:
            _require_answer(address)
            _require_client(address)
        try:
            self._ray.init(address=address, **quiet)
        except (ConnectionError, ValueError, RuntimeError) as error:
            if address == AUTO:
                raise ConnectionError(
                    "no Ray cluster runs here: start one by 'ray start --head', give its address, as HOST:6379 or "
                    'ray://HOST:10001, or give "local" for nodes on this machine'
                ) from None
            raise ConnectionError(
                f"no connection to the Ray cluster at {address}: {_first_line(error)}. Where it asks for a token, as "
                "clusters do from Ray 2.59 on, set RAY_AUTH_MODE=token and RAY_AUTH_TOKEN or RAY_AUTH_TOKEN_PATH; "
                "where not, look whether both have the same version of Ray"
            ) from None
        return nodes, threads

    def _sizes(self, nodes: int | None, threads: int | None) -> tuple[int, int]:
        machines = [one["Resources"].get("CPU", 0) for one in self._ray.nodes() if one["Alive"]]
        machines = [int(cpus) for cpus in machines if cpus >= 1]
        if not machines:
            raise ValueError("the Ray cluster has no machine with a CPU to work on")
        nodes = len(machines) if nodes is None else nodes
        a_machine = -(-nodes // len(machines))
        threads = max(1, min(machines) // a_machine) if threads is None else threads
        room = sum(cpus // threads for cpus in machines)
        if room < nodes:
            raise ValueError(
                f"the Ray cluster has {sum(machines)} CPUs on {len(machines)} machine{'s' * (len(machines) > 1)}, room "
                f"for {room} node{'s' * (room != 1)} of {threads} worker{'s' * (threads != 1)}, not for {nodes}: lower "
                "nodes or workers_per_node"
            )
        return nodes, threads

    def _start(self, node: int) -> Any:
        options = {"num_cpus": self.threads, "scheduling_strategy": "SPREAD", "max_restarts": 0}
        return self._class.options(**options).remote(node, self.nodes, self.threads)

    def _require_equal(self) -> None:
        asked = [actor.about.remote() for actor in self._actors]
        begun = time.monotonic()
        while len(self._ray.wait(asked, num_returns=len(asked), timeout=_POLL)[0]) < len(asked):
            deliver()
            if time.monotonic() - begun > _ROOM_SECONDS:
                raise ValueError(
                    f"the Ray cluster has not started {self.nodes} nodes of {self.threads} workers in "
                    f"{_ROOM_SECONDS:.0f} s: its CPUs are in use ('ray status' shows by whom)"
                )
        try:
            found: list[dict[str, str]] = self._ray.get(asked)
        except self._ray.exceptions.RayError as error:
            if "No module named 'fastemb" in str(error):
                raise ImportError(
                    f"fastemb is not installed on a node of the Ray cluster: install its version {__version__} on "
                    "every machine, for the Python that Ray runs"
                ) from None
            raise RuntimeError(f"a node could not be started: {_first_line(error)}") from error
        here = Node(0, 1, 1).about()
        self.hosts = [about["host"] for about in found]
        for node, about in enumerate(found):
            for name in _EQUAL:
                if about[name] != here[name]:
                    remedy = (
                        "set FASTEMB_ISA to one that all have"
                        if name == "kernel"
                        else "install the same version on all machines"
                    )
                    at = f"node {node} ({about['host']})"
                    raise ValueError(f"{at} has {name} {about[name]}, and this process {here[name]}: {remedy}")

    # ---- calling ----

    def call(self, node: int, method: str, *arguments: Any, returns: int = 1) -> list[Handle]:
        """As `Transport` says."""
        called = getattr(self._actors[node], method)
        if returns == 1:
            return [called.remote(*arguments)]
        found: list[Handle] = called.options(num_returns=returns).remote(*arguments)
        return found

    def put(self, value: Any) -> Handle:
        """As `Transport` says."""
        return self._ray.put(value)

    def gather(self, handles: Sequence[tuple[int, Handle]], patience: float | None = None) -> list[Any]:
        """As `Transport` says."""
        waiting = [handle for _, handle in handles]
        begun, others = time.monotonic(), None
        while waiting:
            done, waiting = self._ray.wait(waiting, num_returns=len(waiting), timeout=_POLL)
            deliver()
            for handle in done:
                node = next(node for node, one in handles if one is handle or one == handle)
                self._value(node, handle)  # the first error ends it
            if patience is None or len(waiting) * 2 > len(handles) or not waiting:
                continue
            others = time.monotonic() - begun if others is None else others
            if time.monotonic() - begun > others + max(patience, _TIMES * others):
                slow = [node for node, one in handles if one in waiting]
                for node in slow:
                    self._ray.kill(self._actors[node])
                raise NodeLostError(
                    f"node {', '.join(self._named(node) for node in slow)} takes more than {_TIMES} times as long as "
                    "the others"
                )
        return [self._value(node, handle) for node, handle in handles]

    def _value(self, node: int, handle: Handle) -> Any:
        exceptions = self._ray.exceptions
        try:
            return self._ray.get(handle)
        except exceptions.RayTaskError as error:
            cause = error.cause
            while isinstance(cause, exceptions.RayTaskError):
                cause = cause.cause
            if isinstance(cause, exceptions.RayError):
                raise NodeLostError(f"a node was lost: {_first_line(cause)}") from None
            raise _of_node(self._named(node), cause) from None
        except exceptions.RayError as error:
            raise NodeLostError(f"node {self._named(node)} was lost: {_first_line(error)}") from None

    def _named(self, node: int) -> str:
        return f"{node} ({self.hosts[node]})" if node < len(self.hosts) else str(node)

    def alive(self, seconds: float) -> list[int]:
        """As `Transport` says."""
        asked = []
        for node, actor in enumerate(self._actors):
            actor.stop.options(concurrency_group="control").remote()
            asked.append((node, actor.about.options(concurrency_group="control").remote()))
        until = time.monotonic() + seconds
        found = []
        for node, handle in asked:
            try:
                self._ray.get(handle, timeout=max(until - time.monotonic(), 0.1))
                found.append(node)
            except self._ray.exceptions.RayError:
                continue
        return found

    def replace(self, node: int) -> None:
        """As `Transport` says."""
        self._ray.kill(self._actors[node])
        self._actors[node] = self._start(node)
        asked = self._actors[node].about.remote()
        begun = time.monotonic()
        while not self._ray.wait([asked], timeout=_POLL)[0]:
            deliver()
            if time.monotonic() - begun > _ROOM_SECONDS:
                raise ValueError(
                    f"the Ray cluster has no room for another node of {self.threads} workers in place of node {node}"
                )
        self.hosts[node] = self._value(node, asked)["host"]

    def close(self) -> None:
        """As `Transport` says; a cluster that was started for it ends, too."""
        if self._ray.is_initialized():
            for actor in self._actors:
                self._ray.kill(actor)
            if self._owned:
                self._ray.shutdown()
        self._actors = []


@contextmanager
def _own_handlers() -> Iterator[None]:
    """Keep what the program does at SIGTERM: Ray would end it, and what was learned would not be saved."""
    before = signal.getsignal(signal.SIGTERM)
    try:
        yield
    finally:
        if before is not None and threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, before)


def _require_client(address: str) -> None:
    """Require what an address of another network needs.

    Raises:
        ImportError: it is not installed.
    """
    if address.startswith("ray://") and find_spec("grpc") is None:
        raise ImportError(f"{address} needs Ray's client: pip install 'fastemb[ray]', or 'ray[client]'")


def _require_answer(address: str) -> None:
    """Fail at once where nothing answers, as Ray would try for a minute.

    Raises:
        ConnectionError: nothing does.
        ValueError: this is no address.
    """
    try:
        parts = urlsplit(address if "://" in address else f"ray://{address}")
        host, port = parts.hostname, parts.port
    except ValueError:
        host = port = None
    if not host or (port is None and "://" not in address):
        raise ValueError(
            f'{address!r} is no address of a Ray cluster: give HOST:6379, ray://HOST:10001, "auto" for the one that '
            'runs here, or "local" for nodes on this machine'
        )
    try:
        with socket.create_connection((host, port or _CLIENT_PORT), timeout=_ANSWER_SECONDS) as connection:
            is_ray = _speaks_grpc(connection)
    except OSError as error:
        raise ConnectionError(f"no Ray cluster answers at {address}: {error.strerror or error}") from None
    if not is_ray:
        raise ConnectionError(
            f"what answers at {address} is no Ray cluster: its ports are 6379, as HOST:6379, and 10001, as "
            "ray://HOST:10001, where 'ray start' was given no others"
        )


def _speaks_grpc(connection: socket.socket) -> bool:
    """Whether gRPC answers, on which Ray runs; true where this cannot be told, as the cluster encrypts."""
    if os.environ.get("RAY_USE_TLS", "0").lower() not in ("0", "false", ""):
        return True
    try:
        connection.sendall(_HELLO)
        answer = b""
        while len(answer) < 4 and (more := connection.recv(9)):
            answer += more
    except OSError:  # that nothing comes in time, too
        return False
    return answer[3:4] == bytes([_SETTINGS])


def _first_line(error: BaseException) -> str:
    text = str(error).strip()
    return text.splitlines()[0].rstrip(".") if text else type(error).__name__


def _of_node(name: str, error: BaseException) -> BaseException:
    """The same error, which names the node."""
    if isinstance(error, OSError) and error.errno is not None:
        known = [error.errno, f"{error.strerror} (on node {name})", *([error.filename] if error.filename else [])]
        return type(error)(*known)
    try:
        return type(error)(f"node {name}: {error}")
    except Exception:
        return RuntimeError(f"node {name}: {type(error).__name__}: {error}")
