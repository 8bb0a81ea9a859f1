"""``fastemb merge``."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from fastemb import KeyedVectors, load_vectors
from fastemb.cli import main


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Three parts with 50 words each, of 70."""
    monkeypatch.chdir(tmp_path)
    random = np.random.default_rng(0)
    true = random.normal(size=(70, 4))
    for part in range(3):
        some = range(10 * part, 10 * part + 50)
        rows = true[list(some)] @ np.linalg.qr(random.normal(size=(4, 4)))[0]
        made = KeyedVectors._from_arrays([f"w{row}" for row in some], rows.astype(np.float32), np.full(50, 2))
        made.save(f"{part}.safetensors")
    return [f"{part}.safetensors" for part in range(3)]


def test_parts_become_one_file(files: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["merge", *files, "-o", "all.safetensors"]) == 0
    output, errors = capsys.readouterr()
    assert output == ""
    assert errors.splitlines() == [
        "0.safetensors: 50 words, 40 of them shared, fit 1.000",
        "1.safetensors: 50 words, 50 of them shared, fit 1.000",
        "2.safetensors: 50 words, 40 of them shared, fit 1.000",
        "all.safetensors written: 70 words of 4 dimensions",
    ]
    made = load_vectors("all.safetensors")
    assert made.expandos["count"].tolist() == [6] * 30 + [4] * 20 + [2] * 20


def test_options(files: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    options = ["--maps", "linear", "--weights", "equal", "--min-count", "4", "--to", "word2vec-binary"]
    assert main(["merge", *files, "-o", "all.bin", *options, "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert (facts["output"], facts["words"], facts["dimensions"], facts["converged"]) == ("all.bin", 50, 4, True)
    assert facts["parts"][0] == {"name": "0.safetensors", "keys": 50, "shared": 40, "fit": pytest.approx(1, abs=1e-3)}
    assert len(load_vectors("all.bin")) == 50
    assert main(["merge", *files, "-o", "quiet.txt", "-q"]) == 0
    assert capsys.readouterr() == ("", "")


def test_standard_output(files: list[str], capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    assert main(["merge", *files, "-o", "-", "-q"]) == 0
    assert capfdbinary.readouterr().out.startswith(b"70 4\n")


def test_mistakes(files: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    for arguments, message in (
        ([files[0], "-o", "all.txt"], "merging needs at least two parts, not 1"),
        ([files[0], files[0], "-o", "all.txt"], "0.safetensors is given twice: each part counts once"),
        ([*files, "-o", files[1]], "cannot save to 1.safetensors: it is also the input"),
        ([*files, "-o", "nowhere/all.txt"], "the folder"),
        ([*files, "-o", "-", "--json"], "--json prints to standard output"),
        ([files[0], "missing.txt", "-o", "all.txt"], "missing.txt"),
        ([*files, "-o", "all.txt", "--min-count", "7"], "no key occurs 7 times (--min-count)"),
    ):
        assert main(["merge", *arguments]) == 1
        assert message in capsys.readouterr().err
        assert not Path("all.txt").exists()
    with pytest.raises(SystemExit, match="2"):
        main(["merge", *files, "-o", "all.txt", "--maps", "ortogonal"])
    assert "did you mean 'orthogonal'" in capsys.readouterr().err
