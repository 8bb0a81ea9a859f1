"""Which instruction set runs, and what ``show_config`` tells."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import fastemb
from fastemb import _native, config

SUPPORTED = [name for name, _, works in _native.kernels() if works]

CHILD = """
import fastemb
from fastemb.config import isa
model = fastemb.Word2Vec([["a", "b", "c"]] * 500, min_count=1, sample=0, vector_size=20, workers=1, sg=1)
print(isa(), *model.wv["a"])
"""


def run_with(isa: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "FASTEMB_ISA": isa}
    return subprocess.run([sys.executable, "-c", CHILD], env=environment, capture_output=True, text=True, timeout=60)


@pytest.mark.integration
def test_every_supported_kernel_can_be_forced_and_learns_the_same() -> None:
    vectors = []
    for isa in SUPPORTED:
        done = run_with(isa)
        assert done.returncode == 0, done.stderr
        name, *numbers = done.stdout.split()
        assert name == isa
        vectors.append(np.array(numbers, np.float64))
    for vector in vectors:
        np.testing.assert_allclose(vector, vectors[0], rtol=1e-3, atol=1e-4)
    assert np.abs(vectors[0]).max() > 0.05


@pytest.mark.integration
def test_an_empty_variable_is_none() -> None:
    assert run_with("").stdout.split()[0] == SUPPORTED[-1]


@pytest.mark.integration
@pytest.mark.parametrize("name", ["sse9", "AVX2", "base ", "日本"])
def test_an_unknown_kernel_is_a_clear_error_when_it_is_to_run(name: str) -> None:
    done = run_with(name)
    assert done.returncode == 1
    message = f"RuntimeError: FASTEMB_ISA={name!r} is not a kernel of this build; use one of: base"
    assert message in done.stderr.encode("latin-1", "backslashreplace").decode("latin-1") or message in done.stderr


@pytest.mark.integration
@pytest.mark.parametrize("start", ["module", "script"])
def test_for_the_command_it_is_one_line(start: str, tmp_path: Path) -> None:
    script = tmp_path / "fastemb"
    script.write_text("import sys\nfrom fastemb.cli import main\nsys.exit(main())\n")
    environment = {**os.environ, "PYTHONPATH": str(Path(fastemb.__file__).parents[1])}
    for isa, status in (("sse9", 1), ("base", 0)):
        done = subprocess.run(
            [sys.executable, *(["-m", "fastemb"] if start == "module" else [str(script)]), "info"],
            env={**environment, "FASTEMB_ISA": isa},
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == status, done.stderr
        error = "fastemb: error: FASTEMB_ISA='sse9' is not a kernel of this build; use one of: base"
        assert done.stderr.count("\n") == (status == 1)
        assert done.stderr.startswith(error) == (status == 1)


def test_the_widest_supported_kernel_is_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    kernels = [("base", 4, True), ("avx2", 8, True), ("avx512", 16, False)]
    monkeypatch.setattr(_native, "kernels", lambda: kernels)
    assert config.choose_isa(None) == config.choose_isa("") == "avx2"
    assert config.choose_isa("base") == "base"
    with pytest.raises(
        RuntimeError, match="FASTEMB_ISA='avx512': this CPU does not support it; use one of: base, avx2"
    ):
        config.choose_isa("avx512")
    with pytest.raises(
        RuntimeError, match=r"FASTEMB_ISA='neon' is not a kernel of this build; use one of: base, avx2$"
    ):
        config.choose_isa("neon")


def test_the_configuration_is_told(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    kernels = [("base", 4, True), ("avx2", 8, False)]
    monkeypatch.setattr(_native, "kernels", lambda: kernels)
    monkeypatch.setattr(config, "isa", lambda: "base")
    monkeypatch.delenv("FASTEMB_ISA", raising=False)
    fastemb.show_config()
    lines = dict(line.split(maxsplit=1) for line in capsys.readouterr().out.replace("in use", "in_use").splitlines())
    assert lines["fastemb"] == fastemb.__version__
    assert np.__version__ in lines["Python"]
    assert lines["kernels"] == "base (4 floats), avx2 (8 floats, not on this CPU)"
    assert lines["in_use"] == "base"
    assert lines["CPUs"] == f"{config.available_cpus()} for this process"
    monkeypatch.setenv("FASTEMB_ISA", "base")
    fastemb.show_config()
    assert "in use      base (set by FASTEMB_ISA)" in capsys.readouterr().out


def test_cpus_are_those_that_the_process_may_use(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {0, 3, 5}, raising=False)
    assert config.available_cpus() == 3
    monkeypatch.delattr(os, "sched_getaffinity")
    monkeypatch.setattr(os, "cpu_count", lambda: 6)
    assert config.available_cpus() == 6
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert config.available_cpus() == 1
