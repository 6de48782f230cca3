"""docs/api-coverage.md says what is so."""

import subprocess
import sys

from house import ROOT


def test_the_coverage_of_the_api_is_up_to_date():
    done = subprocess.run([sys.executable, ROOT / "tests" / "api" / "coverage.py", "--check"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
