"""The machine that something is measured on: its name, its memory, a process of one's own."""

from __future__ import annotations

import json
import os
import platform
import re
import resource
import subprocess
import sys
from pathlib import Path
from typing import Any

from ..errors import CommuniqueError


def machine_description() -> dict[str, Any]:
    """Return what a reader of speeds must know of this machine."""
    return {
        "processor": processor_name(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
    }


def processor_name() -> str:
    """Return the name of this machine's processor."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").split("\n")
    except OSError:
        return platform.processor() or platform.machine()
    return next(
        (line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown"
    )


def peak_memory_mb() -> int:
    """Return the process's largest memory use so far in MB."""
    try:
        status = Path("/proc/self/status").read_text(encoding="utf-8")
    except OSError:
        status = ""
    # What getrusage counts on Linux begins with the memory of the process that started this one.
    match = re.search(r"^VmHWM:\s+(\d+) kB", status, re.MULTILINE)
    if match:
        return round(int(match[1]) / 1024)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / (1024 * 1024 if sys.platform == "darwin" else 1024))


def run_in_own_process(module: str, arguments: Any, threads: int, name: str) -> Any:  # noqa: ANN401 - JSON
    """Run a module of ours with arguments as JSON, and return the JSON that it prints in its last line.

    Args:
        module: Its name.
        arguments: Anything that JSON holds.
        threads: Processor threads of its libraries.
        name: What it does, for the error.

    Raises:
        CommuniqueError: If it fails; with its message.
    """
    environment = {**os.environ, "OMP_NUM_THREADS": str(threads), "TOKENIZERS_PARALLELISM": "true"}
    # The packages are found as this process found them.
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, sys.path))
    command = [sys.executable, "-m", module, json.dumps(arguments)]
    result = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    if result.returncode != 0:
        raise CommuniqueError(f"{name} failed: {result.stderr.strip()[-2000:]}")
    return json.loads(result.stdout.strip().split("\n")[-1])
