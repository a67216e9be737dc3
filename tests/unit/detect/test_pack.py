"""tracer.detect.pack"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.need import lacking
from tracer.detect.pack import is_of_pack, pack
from tracer.paths import rules_dir

AS_NOBODY = """
import os, sys
from pathlib import Path
from tracer import paths
from tracer.detect import load, pack, reader
pack.pack(), reader
os.setgroups([]), os.setresuid(65534, 65534, 65534)
place = Path(sys.argv[1])
assert not os.access(place, os.R_OK)
print(len(load.load([place], pack.pack()).rules))
"""


def test_it_is_all_that_lies_there() -> None:
    """Each file, once read."""
    assert set(pack()) == set(rules_dir().glob("*/*.yml")) | set(rules_dir().glob("*.yml"))
    assert pack() is pack()


def test_which_rules_are_of_it() -> None:
    """By their file."""
    assert is_of_pack(next(iter(pack())))
    assert not is_of_pack(Path("/etc/ttytrace/rules/mine.yml"))


def test_it_is_there_for_who_may_not_read_it(tmp_path: Path) -> None:
    """A worker that has given up root has it still."""
    if os.geteuid():
        lacking("giving up root needs root")
    tmp_path.chmod(0o700)
    command = [sys.executable, "-c", AS_NOBODY, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert int(done.stdout) > 40
