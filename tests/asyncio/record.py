#!/usr/bin/env python3
"""Record a scenario as Python's own asyncio runs it, in the format of Wheelhouse's recordings.

    python3.13 record.py FILE.json > cpython.jsonl
    python3.13 record.py FILE.json .. --into FOLDER   write FOLDER/FILE.jsonl for each FILE.json
    wheelhouse scenario FILE.json --html run.html --beside cpython.jsonl

The page shows both runs side by side, and says whether the tasks take their turns in the same
order. `reference.py` runs the scenario; the loop here is its loop, and writes down what asyncio
does with its ready queue, its handles and its heap of timers. The format is
`executor/src/trace/format.md`. Callbacks that step no task have no entry in the recorded queue,
nor has the rest of a turn that a SystemExit leaves for the next turn.
"""

import argparse
import asyncio
import collections
import inspect
import json
import pathlib
import platform
import sys

import reference


class Ready(collections.deque):
    """The ready queue, which tells the loop of what joins it and of what is taken."""

    def __init__(self, loop, handles):
        super().__init__(handles)
        self.loop = loop

    def append(self, handle):
        self.loop.sees_ready(handle)
        super().append(handle)

    def popleft(self):
        self.loop.sees_turn()
        handle = super().popleft()
        self.loop.sees_taken(handle)
        return handle


def task_of(handle):
    """The task that a handle of the ready queue steps, or None."""
    owner = getattr(handle._callback, "__self__", None)
    return owner if isinstance(owner, asyncio.Task) else None


def future_of(handle):
    """The future that a handle is about, or None."""
    future = handle._args[0] if handle._args else None
    return future if asyncio.isfuture(future) else None


def innermost(coro):
    """The coroutine in which a coroutine waits."""
    while inspect.iscoroutine(getattr(coro, "cr_await", None)):
        coro = coro.cr_await
    return coro


class Known:
    """What the recording has said of a task."""

    def __init__(self, number):
        self.id = str(number)
        self.polls = 0
        self.requests = 0  # to be cancelled
        self.marked = False
        self.watch = None  # what its last poll waits for, if it is neither task nor timer
        self.spawned = None  # the step
        self.done = None  # the step


class Watched:
    """The part of a loop that records."""

    def __init__(self):
        self.steps = []
        self.known = {}  # by task
        self.timers = {}  # those that are set, by handle: their names
        self.timer_of = {}  # the handle that completes a future
        self.timer_count = 0
        self.watch_count = 0
        self.causes = {}  # by future: the step by which it was completed
        self.cause = None  # the step that causes what the handle does that runs
        self.polled = None  # the task
        self.unwound = False  # if so, before it began
        self.in_turn = False
        super().__init__()
        self._ready = Ready(self, self._ready)

    def step(self, event, **fields):
        """Write a step; its number."""
        self.steps.append({"ev": event, "t": self.nanoseconds(self.time()), **fields})
        return len(self.steps) - 1

    @staticmethod
    def nanoseconds(milliseconds):
        """The loop's timers of the same time lie nanoseconds apart, which are left out."""
        return max(0, int(milliseconds)) * 1_000_000

    def current(self):
        """The name of the task that is polled, or None."""
        return self.known[self.polled].id if self.polled else None

    def name_of(self, task):
        """A task's name in the recording, which may be the first to hear of it."""
        if task not in self.known:
            self.known[task] = known = Known(len(self.known) + 1)
            known.spawned = self.step("spawn", task=known.id, name=f"Task-{known.id}", at=None,
                                      by=self.current())
        return self.known[task].id

    # What asyncio does.

    def create_task(self, coro, **options):
        task = super().create_task(coro, **options)
        self.step("name", task=self.name_of(task), name=task.get_name())
        return task

    def call_at(self, when, callback, *args, context=None):
        self.look()
        handle = super().call_at(when, callback, *args, context=context)
        self.timers[handle] = name = str(self.timer_count)
        self.timer_count += 1
        self.step("timer", timer=name, task=self.current(), deadline=self.nanoseconds(when),
                  delay=None, level=None, list=None)
        if future_of(handle):
            self.timer_of[future_of(handle)] = handle
        else:
            self.step("rings", timer=name, function=callback.__qualname__)
        return handle

    def _timer_handle_cancelled(self, handle):
        if handle in self.timers:
            self.step("untimer", timer=self.timers.pop(handle))
        super()._timer_handle_cancelled(handle)

    def select(self, timeout):
        before = self.time()
        try:
            return super().select(timeout)
        finally:
            if timeout and self.time() != before:
                self.step("jump", to=self.nanoseconds(self.time()))

    def _run_once(self):
        try:
            super()._run_once()
            self.sees_turn()
        finally:
            self.end_of_handle()
            if self.in_turn:
                self.in_turn = False
                self.step("turn_end")

    # What the recording makes of it.

    def sees_turn(self):
        """The turn's batch is fixed, if this is its first handle."""
        if self.in_turn:
            return
        self.in_turn = True
        due = [self.timers[handle] for handle in self._ready if handle in self.timers]
        now = self.nanoseconds(self.time())
        self.step("advance", now=now, started=[], moved=[], due=due)
        self.step("turn", batch=sum(task_of(handle) is not None for handle in self._ready))

    def sees_ready(self, handle):
        self.look()
        task = task_of(handle)
        if task is not None:
            is_new = task not in self.known
            name = self.name_of(task)
            cause = self.known[task].spawned if is_new else self.cause_of(future_of(handle))
            self.step("ready", task=name, because=cause)

    def cause_of(self, future):
        """The step that has completed a future, or that goes on."""
        done = self.known[future].done if future in self.known else None
        return self.cause if done is None else done

    def sees_taken(self, handle):
        self.end_of_handle()
        task, future = task_of(handle), future_of(handle)
        if handle._cancelled:
            return
        if handle in self.timers:
            self.begin_timer(handle)
        elif task is not None:
            self.begin_poll(task)
        else:
            self.cause = self.cause_of(future)

    def begin_timer(self, handle):
        future = self.timer_of.get(future_of(handle)) and future_of(handle)
        waiting = [known.id for task, known in self.known.items()
                   if future and task._fut_waiter is future]
        late = self.nanoseconds(self.time()) - self.nanoseconds(handle.when())
        self.cause = self.step("fire", timer=self.timers.pop(handle), late=max(0, late),
                               task=waiting[0] if waiting else None)

    def begin_poll(self, task):
        known = self.known[task]
        self.polled = task
        if known.polls == 0 and task._must_cancel:
            self.unwound = True  # the error is thrown into a coroutine that has not begun
            self.cause = self.step("unwind", task=known.id)
            return
        self.unwound = False
        known.polls += 1
        self.cause = self.step("poll", task=known.id, number=known.polls)
        if known.watch is not None:
            self.step("unwatch", watch=known.watch)
            known.watch = None

    def end_of_handle(self):
        """The handle that ran is over."""
        self.look()
        if self.polled:
            self.end_of_poll(self.polled)
        self.polled = self.cause = None

    def end_of_poll(self, task):
        """The poll is over, and the task has not ended."""
        name, future = self.known[task].id, task._fut_waiter
        if future is None:
            self.step("awaits", task=name, on={"turn": True}, at=None)
        elif future in self.known:
            self.step("awaits", task=name, on={"task": self.known[future].id}, at=None)
        elif self.timer_of.get(future) in self.timers:
            timer = self.timers[self.timer_of[future]]
            self.step("awaits", task=name, on={"timer": timer}, at=None)
        else:
            watch = self.watch(task, future)
            self.step("awaits", task=name, on={"watch": watch}, at=None)
        self.step("polled", task=name, ready=False)

    def watch(self, task, future):
        """Tell what a future stands for that is neither a task nor a sleep; its number."""
        what, children = self.described(task, future)
        number = self.known[task].watch = self.watch_count
        self.watch_count += 1
        self.step("watch", watch=number, by=self.known[task].id)
        for place, child in enumerate(child for child in children if child in self.known):
            self.step("child", watch=number, child=place, task=self.known[child].id,
                      ended=child.done())
        self.step("what", watch=number, what=what)
        return number

    def described(self, task, future):
        """What a future stands for, in words, and the futures that it waits for itself."""
        if hasattr(future, "_children"):
            return f"gather {len(future._children)}", future._children
        coro = innermost(task.get_coro())
        if coro.cr_code.co_name == "_wait":
            seen = coro.cr_frame.f_locals
            return f"wait for {len(seen['fs'])} until {seen['return_when']}", list(seen["fs"])
        return f"a future, in {coro.cr_code.co_qualname}", []

    def look(self):
        """Write down what nobody tells the loop: requests to cancel, and the task's end."""
        for task, known in self.known.items():
            if known.done is None:
                self.look_at_requests(task, known)
        if self.polled and self.polled.done():
            self.ended(self.polled)
            self.polled = None

    def look_at_requests(self, task, known):
        for _ in range(known.requests, task.cancelling()):
            self.step("cancel", task=known.id, by=self.current())
        for left in reversed(range(task.cancelling(), known.requests)):
            self.step("uncancel", task=known.id, left=left, by=self.current())
        known.requests = task.cancelling()
        if known.marked != task._must_cancel:
            known.marked = task._must_cancel
            self.step("mark" if known.marked else "unmark", task=known.id)

    def ended(self, task):
        """The task that was polled has ended."""
        known, error, text = self.known[task], task._exception, None
        outcome = "cancelled" if task.cancelled() else "returned"
        if isinstance(error, SystemExit):
            outcome, text = "panicked", "SystemExit"
        elif error is not None and not task.cancelled():
            self.step("fail", task=known.id, text=json.dumps(reference.error_name(error)))
        if not self.unwound:
            self.step("polled", task=known.id, ready=outcome == "returned")
        known.done = self.cause = self.step("done", task=known.id, outcome=outcome, text=text)

    def sees_line(self, line, caught):
        """The program has logged something."""
        self.look()
        task = self.current()
        if caught and task:
            self.step("catch", task=task)
        self.step("print", task=task, text=line)


class RecordedLoop(Watched, reference.Loop):
    """The virtual loop, recorded."""


class RecordedBusyLoop(Watched, reference.BusyLoop):
    """The loop that is never idle, recorded."""


class RecordedRun(reference.Run):
    """A run whose log is in the recording, too."""

    def __init__(self, scenario):
        loop = RecordedBusyLoop if scenario.get("busy") else RecordedLoop
        super().__init__(scenario, loop=loop())

    def log(self, task, event, **keys):
        count = len(self.lines)
        super().log(task, event, **keys)
        for line in self.lines[count:]:
            self.loop.sees_line(line, event == "caught" and keys["kind"] == "cancelled")


def record(path):
    """Run a scenario; the lines of its recording."""
    run = RecordedRun(reference.load(path))
    run.play()
    steps = run.loop.steps
    python = f"{platform.python_implementation()} {platform.python_version()}"
    header = {"wheelhouse": 2, "executor": python, "title": f"{python} {path.name}",
              "clock": "real" if run.busy else "virtual", "slack": 0, "origin": 0,
              "steps": len(steps), "forgotten": 0, "sources": {}}
    return [json.dumps(line, separators=(",", ":"), ensure_ascii=False)
            for line in [header, *steps]]


def main():
    parser = argparse.ArgumentParser(description="Record scenarios on asyncio.")
    parser.add_argument("files", nargs="+", metavar="FILE")
    parser.add_argument("--into", metavar="FOLDER", help="write FOLDER/FILE.jsonl for each FILE")
    options = parser.parse_args()
    for path in map(pathlib.Path, options.files):
        try:
            text = reference.text_of(record(path))
        except (OSError, reference.BadScenario, reference.TooLong) as error:
            print(f"{path}: {error}", file=sys.stderr)
            sys.exit(2)
        if options.into:
            folder = pathlib.Path(options.into)
            (folder / path.name).with_suffix(".jsonl").write_text(text, encoding="utf-8")
        else:
            sys.stdout.buffer.write(text.encode())


if __name__ == "__main__":
    main()
