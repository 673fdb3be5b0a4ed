#!/usr/bin/env python3
"""Run a program on Python's own asyncio, unchanged, but on a virtual clock.

    python3 virtual.py FILE.py
    python3 virtual.py --save FILE.py ..  write FILE.out beside each FILE.py: what it prints, and
                                          the error that it ends with, if any

A sleep takes no time, so that what a program prints doesn't depend on how busy the machine is.
Where CPython leaves an order open, one is fixed as in reference.py: timers with the same
deadline fire in the order in which they were set, and sets of tasks have the order in which
their tasks were put in.
"""

import asyncio
import asyncio.runners
import asyncio.taskgroups
import asyncio.tasks
import contextlib
import gc
import io
import pathlib
import runpy
import sys
import traceback

import reference

asyncio.taskgroups.set = reference.OrderedSet


class Loop(reference.VirtualLoop):
    """The virtual loop of scenarios, in seconds."""

    millisecond = 0.001


def all_tasks(loop=None):
    """As asyncio's, in the order of their making."""
    loop = loop or asyncio.get_running_loop()
    return reference.OrderedSet(task for task in loop.tasks if not task.done())


class Policy(asyncio.DefaultEventLoopPolicy):
    _loop_factory = Loop


asyncio.all_tasks = asyncio.tasks.all_tasks = all_tasks
asyncio.set_event_loop_policy(Policy())


def save(path):
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        try:
            runpy.run_path(path, run_name="__main__")
        except BaseException as error:
            print("!", "".join(traceback.format_exception_only(error)).splitlines()[0])
    with contextlib.redirect_stdout(None):
        gc.collect()  # what is thrown away now isn't of the next program
    pathlib.Path(path).with_suffix(".out").write_text(printed.getvalue())


if sys.argv[1] == "--save":
    for path in sys.argv[2:]:
        save(path)
else:
    runpy.run_path(sys.argv[1], run_name="__main__")
