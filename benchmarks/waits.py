"""How long one page's waits take: a specialty of every area over the months, read and worked out.

    python benchmarks/waits.py HOME MONTHS

Asked twice, and the second is printed: a server has opened the release and imported everything before.
"""

import sys
import time
from pathlib import Path

import careatlas as ca
from careatlas.present.waits import waiting_times


def main(home: Path, months: int) -> None:
    release = ca.open_release(home)
    for specialty in ("110", "130"):  # another one the second time: nothing of it was kept from the first
        started = time.perf_counter()
        waiting_times(release, specialty, "completed", "sub_icb", months)
        seconds = time.perf_counter() - started
    print(f"{1000 * seconds:5.0f} ms")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
