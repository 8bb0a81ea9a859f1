"""Completions in the shells themselves, and what the command line says about names that it does not have."""

from __future__ import annotations

import os
import pty
import select
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from fastemb.cli import main

pytestmark = pytest.mark.integration

ASKED = {  # what is typed -> what is completed, at least
    "fastemb sim": {"similar"},
    "fastemb eval --ana": {"--analogies"},
    "fastemb eval --method 3": {"3cosadd", "3cosmul"},
    "fastemb items tr": {"train"},
    "fastemb similar vect": {"vectors.bin"},
}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("shtab")
    monkeypatch.chdir(tmp_path)
    Path("vectors.bin").touch()
    Path("fastemb").write_text("#!/bin/sh\n")
    Path("fastemb").chmod(0o755)


def script(shell: str, capsys: pytest.CaptureFixture[str]) -> str:
    assert main(["completion", shell]) == 0
    return capsys.readouterr().out


def needs(shell: str) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")


@pytest.mark.parametrize("typed", ASKED)
def test_bash(typed: str, capsys: pytest.CaptureFixture[str]) -> None:
    needs("bash")
    Path("done.bash").write_text(script("bash", capsys))
    words = typed.split()
    program = (
        f"source ./done.bash; COMP_WORDS=({' '.join(words)}); COMP_CWORD={len(words) - 1}; COMP_LINE='{typed}'; "
        'COMP_POINT=${#COMP_LINE}; _shtab_fastemb 2>/dev/null; printf "%s\\n" "${COMPREPLY[@]}"'
    )
    done = subprocess.run(["bash", "--norc", "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert ASKED[typed] <= set(done.stdout.split()), done


@pytest.mark.parametrize("typed", ASKED)
def test_fish(typed: str, capsys: pytest.CaptureFixture[str]) -> None:
    needs("fish")
    Path("done.fish").write_text(script("fish", capsys))
    program = f"set -x PATH . $PATH; source ./done.fish; complete -C '{typed}'"
    environment = {**os.environ, "HOME": os.getcwd()}
    done = subprocess.run(
        ["fish", "--no-config", "-c", program], capture_output=True, text=True, timeout=60, env=environment, check=True
    )
    assert ASKED[typed] <= {line.split("\t")[0] for line in done.stdout.splitlines()}, done


@pytest.mark.parametrize("typed", ASKED)
def test_zsh(typed: str, capsys: pytest.CaptureFixture[str]) -> None:
    needs("zsh")
    Path("functions").mkdir()
    Path("functions/_fastemb").write_text(script("zsh", capsys))
    process, terminal = pty.fork()
    if process == 0:
        os.environ.update(HOME=os.getcwd(), TERM="dumb", PS1="> ", PATH=f".:{os.environ['PATH']}")
        os.execvp("zsh", ["zsh", "-f", "-i"])
    try:
        start = "fpath=($PWD/functions $fpath); autoload -Uz compinit; compinit -u; echo re''ady\n"
        os.write(terminal, start.encode())
        read_until(terminal, "ready")
        os.write(terminal, f"{typed}\t\t".encode())
        shown = read_until(terminal, *ASKED[typed])
    finally:
        os.kill(process, 9)
        os.waitpid(process, 0)
        os.close(terminal)
    assert all(word in shown for word in ASKED[typed]), shown


def read_until(terminal: int, *words: str) -> str:
    """What a shell prints until all of the words were in it, or for ten seconds."""
    shown, end = "", time.monotonic() + 10
    while time.monotonic() < end and not all(word in shown for word in words):
        if select.select([terminal], [], [], 0.2)[0]:
            shown += os.read(terminal, 65536).decode(errors="replace")
    return shown


def test_completions_need_shtab(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setitem(sys.modules, "shtab", None)
    assert main(["completion", "bash"]) == 1
    assert "pip install 'fastemb[completion]'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("simlar v.bin", "invalid choice: 'simlar' .*; did you mean 'similar'?"),
        ("items recomend v", "did you mean 'recommend'?"),
        ("train x -o y --model cbwo", "did you mean 'cbow'?"),
        ("completion bsh", "did you mean 'bash'?"),
        ("similar v.bin word --topm 3", "unrecognized arguments: --topm 3; did you mean --topn in place of --topm?"),
        ("similar v.bin word --topm=3", "did you mean --topn in place of --topm?"),
        ("train x --ouput y", "required: -o/--output; did you mean --output in place of --ouput?"),
        ("eval v --analogys x", "did you mean --analogies in place of --analogys?"),
        ("items train x --sesion a", "did you mean --session in place of --sesion?"),
        ("train x -o y --sg 1", "did you mean --model skipgram in place of --sg?"),
        ("train x -o y --sg=0", "did you mean --model cbow in place of --sg?"),
        ("train x -o y -cbow 0", "did you mean --model skipgram in place of -cbow?"),
        ("train x -o y --skip-gram", "did you mean --model skipgram in place of --skip-gram?"),
        ("train x -o y --hs 1", "did you mean --loss hs in place of --hs?"),
        ("train x -o y -size 100", "did you mean --vector-size in place of -size?"),
        ("train x -o y --vector_size 100", "did you mean --vector-size in place of --vector_size?"),
        ("train x -o y -window 5", "did you mean --window in place of -window?"),
        ("train x -o y --iter 3 --threads 2", "of --iter?; did you mean --workers in place of --threads?"),
        ("items train x -o y --iter 3", "did you mean --epochs in place of --iter?"),
        ("similar v.bin word --top-k 3", "did you mean --topn in place of --top-k?"),
        ("--verion", "did you mean --version in place of --verion?"),
    ],
)
def test_the_nearest_name_is_the_answer_to_a_wrong_one(
    command: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stop:
        main(command.split())
    assert stop.value.code == 2
    said = capsys.readouterr().err
    for part in message.split(".*"):
        assert part in said


@pytest.mark.parametrize("command", ["similar v.bin --quokka", "nothing-like-it", "similar v.bin word --xx=1"])
def test_what_is_like_nothing_gets_no_guess(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(command.split())
    assert stop.value.code == 2
    assert "did you mean" not in capsys.readouterr().err


def test_words_after_two_dashes_are_no_options(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["analogy", "v.bin", "--", "--topm", "a"])
    assert "did you mean" not in capsys.readouterr().err
