"""Runs one command and prints its seconds, those of the processor, the KiB of its peak, and its exit code.

    launcher.py COMMAND...

A child's peak is never less than its parent's memory at the start. So this stands between, and loads
nothing that the interpreter has not loaded already.
"""

import os
import sys
import time

quiet = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
began = time.perf_counter()
child = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ, file_actions=quiet)
_, status, usage = os.wait4(child, 0)
seconds = time.perf_counter() - began
print(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss, os.waitstatus_to_exitcode(status))
