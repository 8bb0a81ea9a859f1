"""The packages that pictures take, which are installed by an extra and imported where a picture is drawn."""

from __future__ import annotations

from importlib import import_module
from typing import Any


def library(module: str, extra: str = "plot") -> Any:
    """A module of matplotlib, openTSNE or plotly.

    Args:
        module: Its name.
        extra: The extra of fastemb that installs it.

    Raises:
        ImportError: It is not installed.
    """
    try:
        return import_module(module)
    except ImportError as error:
        package = module.partition(".")[0]
        if error.name is not None and error.name.partition(".")[0] != package:
            raise  # it is there, and lacks something itself
        raise ImportError(f"pictures are drawn by {package}: pip install 'fastemb[{extra}]'") from None
