"""Nodes that are actors of Ray, on this machine; ``make test-ray`` installs what that needs."""

from __future__ import annotations

import importlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cluster_texts import topics

from fastemb import Word2Vec, scale
from fastemb.scale import fitting, on_ray
from fastemb.scale.transport import InProcess

ray = pytest.importorskip("ray")
pytestmark = [
    pytest.mark.integration,
    pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::FutureWarning", "ignore::DeprecationWarning"),
]
SETTINGS: dict[str, Any] = {"sg": 1, "vector_size": 20, "min_count": 2, "epochs": 3, "seed": 5}


@pytest.fixture(scope="module", autouse=True)
def _cluster() -> Iterator[None]:
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    ray.init(address="local", num_cpus=5, include_dashboard=False, log_to_driver=False, logging_level="ERROR")
    yield
    ray.shutdown()


@pytest.fixture
def text(tmp_path: Path) -> Path:
    return topics(tmp_path / "text")


def in_process(text: Path, nodes: int, monkeypatch: pytest.MonkeyPatch, **options: Any) -> Word2Vec:
    with monkeypatch.context() as patched:
        patched.setattr(fitting, "OnRay", lambda *_: InProcess(nodes, 1))
        return scale.fit(Word2Vec(**SETTINGS), text, **options)


def test_one_node_of_one_worker_has_the_bits_of_one_machine(text: Path) -> None:
    model = scale.fit(Word2Vec(**SETTINGS), text, nodes=1, workers_per_node=1)
    alone = Word2Vec(corpus_file=text, workers=1, **SETTINGS)
    np.testing.assert_array_equal(alone.wv.vectors, model.wv.vectors)
    np.testing.assert_array_equal(alone.syn1neg, model.syn1neg)


def test_nodes_have_the_bits_of_nodes_in_one_process(text: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = scale.fit(Word2Vec(**SETTINGS), text, nodes=3, workers_per_node=1, rounds=4)
    np.testing.assert_array_equal(in_process(text, 3, monkeypatch, rounds=4).wv.vectors, model.wv.vectors)


def test_a_dataset_of_ray_data_gives_what_its_text_gives(text: Path) -> None:
    pytest.importorskip("pyarrow")
    data = importlib.import_module("ray.data").read_text(str(text))
    model = scale.fit(Word2Vec(**SETTINGS), data, nodes=1, workers_per_node=1)
    alone = Word2Vec(corpus_file=text, workers=1, **SETTINGS)
    np.testing.assert_array_equal(alone.wv.vectors, model.wv.vectors)
    with pytest.raises(ValueError, match="give column=, one of 'text'"):
        scale.fit(Word2Vec(**SETTINGS), data, column="txt")


def test_nodes_that_are_killed_change_no_bit(text: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = in_process(text, 3, monkeypatch, rounds=6)
    start, made = on_ray.OnRay.__init__, []

    def remember(self: Any, *arguments: Any) -> None:
        made.append(self)
        start(self, *arguments)

    monkeypatch.setattr(on_ray.OnRay, "__init__", remember)
    ends = threading.Event()

    def kill() -> None:
        rng = np.random.default_rng(1)
        killed = 0
        while not ends.wait(0.4) and killed < 4:
            transport = made[0] if made else None
            if transport is None or len(transport.hosts) < 3:
                continue
            process = int(ray.get(transport._actors[int(rng.integers(3))].about.remote(), timeout=5)["process"])
            os.kill(process, signal.SIGKILL)
            killed += 1

    class Slowly:
        def on_epoch_begin(self, model: Any) -> None:
            time.sleep(0.5)

    killer = threading.Thread(target=kill, daemon=True)
    killer.start()
    try:
        with pytest.warns(UserWarning, match="replaced"):
            model = scale.fit(Word2Vec(**SETTINGS), text, nodes=3, workers_per_node=1, rounds=6, callbacks=[Slowly()])
    finally:
        ends.set()
        killer.join()
    np.testing.assert_array_equal(whole.wv.vectors, model.wv.vectors)


def test_what_a_node_cannot_read_names_node_and_file(text: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with text.open("ab") as file:
        file.write(b"bad \xff\n")
    host = socket.gethostname()
    with pytest.raises(ValueError, match=rf"node 1 \({host}\): {text} from byte .*UTF-8"):
        scale.fit(Word2Vec(**SETTINGS), text, nodes=2, workers_per_node=1)
    cut = fitting.text_shards

    def gone(*arguments: Any) -> Any:
        found = cut(*arguments)
        text.unlink()
        return found

    monkeypatch.setattr(fitting, "text_shards", gone)
    monkeypatch.setattr(fitting, "origin_of_files", lambda *_, **__: None)
    monkeypatch.setattr(fitting, "find_inputs", lambda _: [])
    monkeypatch.setattr(fitting, "_source", str)
    with pytest.raises(FileNotFoundError, match=rf"\(on node 0 \({host}\)\): '{text}'"):
        scale.fit(Word2Vec(**SETTINGS), text, nodes=2, workers_per_node=1)


def test_a_cluster_that_is_too_small(text: Path) -> None:
    with pytest.raises(ValueError, match="has 5 CPUs on 1 machine, room for 2 nodes of 2 workers, not for 3"):
        scale.fit(Word2Vec(**SETTINGS), text, nodes=3, workers_per_node=2)


def test_other_versions_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(np, "__version__", "1.0")  # the nodes have their own
    with pytest.raises(ValueError, match=r"node 0 \(.*\) has numpy .*, and this process 1.0: install the same version"):
        on_ray.OnRay(None, 1, 1)


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("nowhere", "'nowhere' is no address of a Ray cluster"),
        ("127.0.0.1:1", "no Ray cluster answers at 127.0.0.1:1: Connection refused"),
        ("ray://127.0.0.1:1", "no Ray cluster answers at ray://127.0.0.1:1"),
        ("127.0.0.1:port", "is no address"),
    ],
)
def test_an_address_that_does_not_answer(address: str, message: str) -> None:
    with pytest.raises((ValueError, ConnectionError), match=message):
        on_ray._require_answer(address)


def run(command: list[str], **options: Any) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "fastemb", "train", *command], stderr=subprocess.PIPE, text=True, **options
    )


def test_the_command_line(text: Path, tmp_path: Path) -> None:
    ran = run([str(text), "-o", str(tmp_path / "v"), "--ray", "local", "--nodes", "2", "-t", "1", "-d", "10"])
    _, told = ran.communicate(timeout=300)
    assert ran.returncode == 0, told
    assert "2 nodes: " in told
    assert (tmp_path / "v").exists()


def test_ctrl_c_ends_all_nodes_and_saves(text: Path, tmp_path: Path) -> None:
    topics(text, 20_000)
    checkpoint = tmp_path / "run.ckpt"
    options = ["--ray", "local", "--nodes", "2", "-t", "1", "-e", "3000", "--checkpoint", str(checkpoint)]
    ran = run([str(text), "-o", str(tmp_path / "v"), *options], start_new_session=True)
    until = time.monotonic() + 240
    while not checkpoint.exists() and time.monotonic() < until:
        time.sleep(0.2)
    time.sleep(5)
    os.kill(ran.pid, signal.SIGINT)
    begun = time.monotonic()
    _, told = ran.communicate(timeout=120)
    assert ran.returncode == 130, told
    assert "interrupted; saving what was learned so far" in told
    assert time.monotonic() - begun < 60
    assert (tmp_path / "v").exists()
    left = subprocess.run(["ps", "-o", "pid,args", "-s", str(ran.pid)], capture_output=True, text=True, check=False)
    assert "ray" not in left.stdout
