"""No dependency may bear a licence that Apache-2.0 software may not use."""

import pytest
from house import metadata
from license_expression import get_spdx_licensing

SPDX = get_spdx_licensing()
# https://www.apache.org/legal/resolved.html: permissive licences (category A), and MPL-2.0
# (category B), which binds only the files that bear it, and those we use unchanged.
ALLOWED = {
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-1-Clause",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "BlueOak-1.0.0",
    "CC0-1.0",
    "CDLA-Permissive-2.0",
    "ISC",
    "MIT",
    "MIT-0",
    "MPL-2.0",
    "Unicode-3.0",
    "Unicode-DFS-2016",
    "Unlicense",
    "Zlib",
}


def usable(expression: str) -> bool:
    """Whether a choice that `expression` leaves open consists of allowed licences alone."""
    # Old manifests separate choices by a slash.
    parsed = SPDX.parse(expression.replace("/", " OR "), validate=True)
    return _usable(parsed)


def _usable(node) -> bool:
    operator = getattr(node, "operator", None)
    if operator is None:
        return str(node) in ALLOWED
    choose = any if operator.strip() == "OR" else all
    return choose(_usable(part) for part in node.args)


@pytest.mark.parametrize(
    ("expression", "may"),
    [
        ("MIT", True),
        ("MIT/Apache-2.0", True),
        ("(MIT OR Apache-2.0) AND Unicode-3.0", True),
        ("Apache-2.0 WITH LLVM-exception", True),
        ("GPL-3.0-only OR MIT", True),
        ("GPL-3.0-only", False),
        ("LGPL-3.0-or-later", False),
        ("MIT AND AGPL-3.0-or-later", False),
        ("GPL-2.0-only WITH Classpath-exception-2.0", False),
        ("SSPL-1.0", False),
    ],
)
def test_the_reader_itself(expression, may):
    assert usable(expression) is may


def test_every_dependency_may_be_used():
    packages = metadata(all_packages=True)["packages"]
    assert len(packages) > 20, "cargo metadata lists too few packages to be believed"
    wrong = []
    for package in packages:
        licence = package["license"]
        if licence is None:
            wrong.append(f"{package['name']} {package['version']} names no licence")
        elif not usable(licence):
            wrong.append(f"{package['name']} {package['version']}: {licence}")
    assert not wrong, "\n".join(wrong)
