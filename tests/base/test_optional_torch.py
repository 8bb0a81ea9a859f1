"""What fastemb.torch says where torch is missing."""

from __future__ import annotations

import subprocess
import sys

import pytest

HIDE = """
import sys
sys.modules["torch"] = None
try:
    import fastemb.torch
except ImportError as error:
    print(error)
"""


@pytest.mark.integration
def test_without_torch_the_message_says_what_to_install() -> None:
    done = subprocess.run([sys.executable, "-c", HIDE], capture_output=True, text=True, check=True)
    assert done.stdout == "fastemb.torch needs PyTorch: pip install 'fastemb[torch]'\n"
    assert done.stderr == ""
