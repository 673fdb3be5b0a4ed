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
import itertools
import pathlib
import runpy
import sys
import traceback

from reference import OrderedSet  # for wait

asyncio.taskgroups.set = OrderedSet


class Deadlock(BaseException):
    """Nothing is ready and no timer is set."""


class Loop(asyncio.BaseEventLoop):
    """asyncio's loop, without I/O. Time passes only while nothing is ready."""

    def __init__(self):
        super().__init__()
        self._selector = self  # what the loop asks to wait; see select
        self._clock_resolution = 1e-5
        self.now = 0  # in milliseconds
        self.tasks = []
        self.delays = itertools.count(step=1e-10)

    def time(self):
        return self.now / 1000

    def select(self, timeout):
        """Called once a turn: instead of waiting, move the clock to the next timer."""
        if timeout is None:
            raise Deadlock
        if timeout > 0:
            self.now = round(self._scheduled[0].when() * 1000)
        return []

    def _process_events(self, events):
        pass

    def call_at(self, when, callback, *args, context=None):
        return super().call_at(when + next(self.delays), callback, *args, context=context)

    def create_task(self, coro, **options):
        task = super().create_task(coro, **options)
        self.tasks.append(task)
        return task


def all_tasks(loop=None):
    """As asyncio's, in the order of their making."""
    loop = loop or asyncio.get_running_loop()
    return OrderedSet(task for task in loop.tasks if not task.done())


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
