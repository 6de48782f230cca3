"""What the house rules are tested against: `cargo metadata` and the sources."""

import functools
import json
import pathlib
import re
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]


@functools.cache
def metadata(*, all_packages: bool) -> dict:
    command = ["cargo", "metadata", "--format-version", "1", "--locked"]
    if not all_packages:
        command.append("--no-deps")
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    return json.loads(done.stdout)


def crates() -> list[dict]:
    """The workspace's own packages."""
    return metadata(all_packages=False)["packages"]


def folder(crate: dict) -> pathlib.Path:
    return pathlib.Path(crate["manifest_path"]).parent


def product_sources(crate: dict) -> list[tuple[pathlib.Path, str]]:
    """Every product file with its code: without comments and without `mod tests`."""
    sources = []
    for path in sorted((folder(crate) / "src").rglob("*.rs")):
        if path.name == "tests.rs" or "tests" in path.relative_to(folder(crate)).parts:
            continue
        sources.append((path.relative_to(ROOT), product_code(path.read_text())))
    return sources


def product_code(text: str) -> str:
    text = re.split(r"^\s*#\[cfg\((?:test|all\(test)", text, maxsplit=1, flags=re.MULTILINE)[0]
    return re.sub(r"//.*", "", text)
