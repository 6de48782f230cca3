"""Folders that a running server changes."""

import os
import pathlib


def files_below(folder: pathlib.Path) -> list[pathlib.Path]:
    """All files at any depth. What goes away meanwhile is left out; `Path.rglob` may fail for it before Python 3.12."""
    return [pathlib.Path(at, name) for at, _, names in os.walk(folder) for name in names]
