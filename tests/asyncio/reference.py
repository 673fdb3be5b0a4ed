#!/usr/bin/env python3
"""Run scenarios on Python's own asyncio and print what happened.

A scenario is a small asyncio program written in JSON: coroutines made of steps. The tasks,
futures, combinators, timeouts and groups that run it are asyncio's; this program brings a
virtual clock (whole milliseconds, which pass only while nothing is ready), takes the steps,
and writes one JSON object per line for each thing that happened.

    python3 reference.py FILE.json            print the log (--turns adds the loop's turns)
    python3 reference.py FILE.json .. --save  write FILE.log beside each FILE.json

`{"op": "pause", "body": [..]}` stops the loop at the end of the turn; before it runs on, nobody
takes the steps of the body, which are such that take no time.

A scenario that says `"busy": true` runs on the real clock while something is always ready. Its
log has no times, but the loop's turns. All its times are zero, so that these are always the same.

The logs in cases/ are those of CPython 3.13; other versions differ in a few cases. To make
all of them anew:

    python3.13 reference.py cases/*.json --save

Where CPython leaves an order open, one is fixed here. Timers with the same deadline fire in
the order in which they were set. `wait` and `as_completed` go through their arguments in the
order given, a group cancels its tasks in the order of their making, and so does the end of
the run. Errors that nobody has read are reported at the end, sorted.
"""

import argparse
import asyncio
import asyncio.tasks
import collections
import itertools
import json
import pathlib
import sys
import time


# The loop: asyncio's own, with a virtual clock and without I/O.

class Deadlock(BaseException):
    """Nothing is ready and no timer is set."""


class TooLong(BaseException):
    """The scenario has not ended within its turns."""


class OrderedSet(dict):
    """As much of a set as asyncio uses, in the order of insertion."""

    def __init__(self, items=()):
        super().__init__(dict.fromkeys(items))

    add = dict.setdefault

    def discard(self, item):
        self.pop(item, None)


asyncio.tasks.set = OrderedSet  # for wait and as_completed
sys.unraisablehook = bool  # ignores what coroutines left half-way raise when thrown away


class VirtualLoop(asyncio.BaseEventLoop):
    """asyncio's loop, without I/O. Time passes only while nothing is ready. It keeps its tasks."""

    millisecond = 1  # in the unit of its times

    def __init__(self):
        super().__init__()
        self._selector = self  # what the loop asks to wait; see select
        self._clock_resolution = self.millisecond / 2
        self.now = 0  # in milliseconds
        self.tasks = []
        self.delays = itertools.count(step=self.millisecond / 1e6)

    def time(self):
        return self.now * self.millisecond

    def select(self, timeout):
        """Called once a turn: instead of waiting, move the clock to the next timer."""
        if timeout is None:
            raise Deadlock
        if timeout > 0:
            self.now = round(self._scheduled[0].when() / self.millisecond)
        return []

    def _process_events(self, events):
        pass

    def call_at(self, when, callback, *args, context=None):
        """As on a real clock, of two timers for the same time the later set is a bit later."""
        return super().call_at(when + next(self.delays), callback, *args, context=context)

    def create_task(self, coro, **options):
        task = super().create_task(coro, **options)
        self.tasks.append(task)
        return task


class Loop(VirtualLoop):
    """A virtual loop that counts its turns."""

    def __init__(self, max_turns=100_000):
        super().__init__()
        self.turn = 0
        self.max_turns = max_turns

    def select(self, timeout):
        self.turn += 1
        if self.turn > self.max_turns:
            raise TooLong(f"still running after {self.max_turns} turns")
        return super().select(timeout)

    def create_task(self, coro, **options):
        """Make a task; `Run.make` has given the coroutine its label as its name."""
        task = super().create_task(coro, **options)
        task.set_name(coro.__name__)
        return task

    def order_ready(self, futures):
        """Sort the callbacks just queued for those of `futures` that were done already."""
        count = sum(future.done() for future in futures)
        queued = [self._ready.pop() for _ in range(count)]
        self._ready.extend(sorted(queued, key=lambda handle: futures.index(handle._args[0])))


class BusyLoop(Loop):
    """asyncio's loop on the real clock, in milliseconds, with something to do in each turn."""

    def __init__(self, max_turns=100_000):
        super().__init__(max_turns)
        self._clock_resolution = 1000 * time.get_clock_info("monotonic").resolution
        self.delays = itertools.repeat(0)
        self.spin()

    def time(self):
        return 1000 * time.monotonic()

    def spin(self):
        self.call_soon(self.spin)


# Values as the log shows them.

class Failure(Exception):
    """An error of the scenario."""


def error_name(error):
    if isinstance(error, BaseExceptionGroup):
        return [error_name(inner) for inner in error.exceptions]
    return str(error) if isinstance(error, Failure) else type(error).__name__


def plain(value):
    """A result: a number or null, or the results of a gather."""
    return [outcome(item) for item in value] if isinstance(value, list) else value


def outcome(value):
    """A value, error or cancellation as the keys of a log line."""
    if isinstance(value, asyncio.CancelledError):
        return {"cancelled": True}
    if isinstance(value, BaseException):
        return {"err": error_name(value)}
    return {"ok": plain(value)}


def outcome_of(future):
    """How a task or future ended; its error counts as read."""
    if not future.done():
        return {"pending": True}
    if future.cancelled():
        return {"cancelled": True}
    return outcome(future.exception() or future.result())


def kind_of(error):
    """Which kind of handler catches the error."""
    if isinstance(error, asyncio.CancelledError):
        return "cancelled"
    if isinstance(error, TimeoutError):
        return "timeout"
    return "group" if isinstance(error, BaseExceptionGroup) else "error"


# One run of a scenario.

class Unbound(Exception):
    """A step names a task, future or group that has not been made."""


class Run:
    """The tables that the coroutines of a scenario share, its log, its beginning and end."""

    def __init__(self, scenario, turns=False, loop=None):
        self.coros = scenario["coros"]
        self.main = scenario.get("main", "main")
        self.busy = scenario.get("busy", False)
        self.show_turns = turns or self.busy
        self.loop = loop or (BusyLoop if self.busy else Loop)()
        self.loop.set_exception_handler(
            lambda _, report: self.log("-", "handler", text=report["message"].split()[0]))
        self.handles = {}
        self.groups = {}
        self.used = collections.Counter()  # how often each label was asked for
        self.future_labels = {}
        self.pauses = []  # the bodies of those that have stopped this run
        self.lines = []
        self.taken = set()  # the steps, by id
        self.too_deep = False  # whether a step has met the end of the stack
        self.over = False

    def log(self, task, event, **keys):
        if self.over:
            return
        turn = {"turn": self.loop.turn} if self.show_turns else {}
        time = {} if self.busy else {"t": self.loop.now}
        line = {**time, **turn, "task": task, "ev": event, **keys}
        self.lines.append(json.dumps(line, separators=(",", ":")))

    def make(self, coro, label):
        """A new coroutine object, named by its label."""
        self.used[label] += 1
        if self.used[label] > 1:
            label = f"{label}.{self.used[label]}"
        made = Coroutine(self, label).run(self.coros[coro])
        made.__name__ = label
        return made

    def label(self, future):
        return self.future_labels.get(future) or future.get_name()

    def labels(self, futures):
        return sorted(map(self.label, futures))

    def keep(self, future, label=None):
        """Note a future's label, unless it is a task or has one."""
        if not isinstance(future, asyncio.Task):
            self.future_labels.setdefault(future, label or type(future).__name__)
        return future

    def bind(self, name, future):
        self.handles[name] = self.keep(future, name)

    def play(self):
        """Run the scenario to its end; its log."""
        try:
            self.run_main()
            self.shut_down()
            self.report_lost()
            self.log("-", "end")
        finally:
            self.over = True
            self.loop.close()
        return self.lines

    def run_main(self):
        main = self.loop.create_task(self.make(self.main, "main"))
        self.bind("main", main)
        if not self.exited_before(main):
            self.log("-", "main", **outcome_of(main))

    def exited_before(self, future):
        """Run until the future is done or nothing can run; true if a task exits before that."""
        try:
            self.run_until(future)
        except Deadlock:
            self.log("-", "deadlock")
        except SystemExit:
            self.log("-", "main", exit=True)
            return True
        except (Exception, asyncio.CancelledError):
            pass  # the future's own error
        return False

    def run_until(self, future):
        """Run until the future is done: again and again, if there are pauses."""
        while True:
            try:
                return self.loop.run_until_complete(future)
            except RuntimeError:
                if future.done() or not self.pauses:
                    raise
            finally:
                self.take_pauses()

    def take_pauses(self):
        """Take the steps that stand between two runs."""
        nobody = Coroutine(self, "-")
        for body in self.pauses:
            self.log("-", "pause")
            for step in body:
                nobody.take_act(step)
        self.pauses.clear()

    def shut_down(self):
        """Cancel the tasks left and run until they have ended, as `asyncio.run` does."""
        left = [task for task in self.loop.tasks if not task.done()]
        if not left:
            return
        self.log("-", "shutdown", pending=self.labels(left))
        for task in left:
            task.cancel()
        self.exited_before(asyncio.gather(*left, return_exceptions=True))
        for task in left:
            if task.done() and not task.cancelled() and task.exception():
                self.log("-", "shutdown_error", of=self.label(task), **outcome_of(task))

    def report_lost(self):
        """What nobody waited for: tasks still pending, and errors that were never read."""
        for label in self.labels(task for task in self.loop.tasks
                                 if not task.done() and task._log_destroy_pending):
            self.log("-", "destroyed", of=label)
        lost = [future for future in [*self.loop.tasks, *self.future_labels]
                if future.done() and future._log_traceback]
        errors = [(self.label(future), error_name(future.exception())) for future in lost]
        for label, error in sorted(errors, key=json.dumps):
            self.log("-", "unretrieved", of=label, err=error)


# The steps. There are blocks, steps that never wait, and others; to each its keys, of which
# those with a question mark may be left out. BETWEEN names those that may stand in a pause.

BLOCKS = {"loop": "n body", "try": "body catch? finally?", "timeout": "ms? at? body",
          "group": "as body"}
ACTS = {
    "log": "text", "raise": "error", "exit": "", "reraise": "", "spawn": "coro as? in?",
    "future": "as", "set": "future value?", "fail": "future error", "cancel": "task",
    "uncancel": "task?", "state": "task", "outcome": "tasks", "result": "task",
    "on_done": "task text", "all_tasks": "", "reschedule": "ms", "pause": "body",
}
BETWEEN = {"log", "spawn", "future", "set", "fail", "cancel", "uncancel", "state", "outcome",
           "on_done", "all_tasks"}
STEPS = {
    **BLOCKS, **ACTS, "return": "value?", "sleep": "ms", "yield": "", "await": "task",
    "wait": "tasks return_when? timeout?", "gather": "aws return_exceptions? as?",
    "shield": "aw as?", "wait_for": "aw timeout", "as_completed": "aws timeout? limit?",
}


class Coroutine:
    """One coroutine while it runs."""

    def __init__(self, run, label):
        self.all = run
        self.label = label
        self.value = None
        self.caught = []  # the errors of the handlers we are in
        self.timeouts = []  # the timeout blocks we are in

    def log(self, event, **keys):
        self.all.log(self.label, event, **keys)

    async def run(self, steps):
        self.log("start")
        try:
            returned = await self.take(steps)
        except asyncio.CancelledError:
            self.log("cancelled")
            raise
        except SystemExit:
            self.log("exit")
            raise
        except Exception as error:
            self.log("raise", err=error_name(error))
            raise
        value = self.value if returned else None  # a finally may have made another end of it
        self.log("return", value=value)
        return value

    async def take(self, steps):
        """Take steps; true if one of them was a `return`, or ended by one inside it."""
        for step in steps:
            if self.all.over:  # this coroutine is being thrown away
                return True
            self.all.taken.add(id(step))
            try:
                if await self.take_one(step):
                    return True
            except Unbound as name:
                self.log("unbound", of=str(name))
            except RecursionError:
                self.all.too_deep = True
                raise
        return False

    async def take_one(self, step):
        op = step["op"]
        if op in BLOCKS:
            return await getattr(self, "do_" + op)(step)
        if op == "return":
            self.value = step.get("value")
            return True
        keys = self.act(op, step) if op in ACTS else await self.wait(op, step)
        if keys is not None:
            self.log(op, **keys)

    def take_act(self, step):
        """Take a step between two runs. Nothing comes of it if it fails."""
        self.all.taken.add(id(step))
        try:
            keys = self.act(step["op"], step)
        except Unbound as name:
            self.log("unbound", of=str(name))
        except Exception as error:
            self.log("raise", err=error_name(error))
        else:
            if keys is not None:
                self.log(step["op"], **keys)

    def handle(self, name):
        named = self.current() if name == "self" else self.all.handles.get(name)
        if named is None:
            raise Unbound(name)
        return named

    def current(self):
        """The current task; none between two runs."""
        return asyncio.current_task(self.all.loop)

    def awaitables(self, items):
        """Handles and new coroutines; none is made if a handle is missing."""
        for name in items:
            if isinstance(name, str):
                self.handle(name)
        return [self.handle(item) if isinstance(item, str) else self.make(item)
                for item in items]

    def make(self, step):
        return self.all.make(step["coro"], step.get("as", step["coro"]))

    def act(self, op, step):
        """A step that does not wait: the keys of its log line, or None if it has none."""
        names_one = {"task", "task?"} & set(STEPS[op].split())
        future = self.handle(step.get("task", "self")) if names_one else None
        match op:
            case "log":
                return {"text": step["text"]}
            case "raise":
                raise Failure(step["error"])
            case "exit":
                raise SystemExit
            case "reraise":
                raise self.caught[-1]
            case "spawn":
                self.spawn(step)
            case "future":
                self.all.bind(step["as"], self.all.loop.create_future())
            case "set":
                self.handle(step["future"]).set_result(step.get("value"))
            case "fail":
                self.handle(step["future"]).set_exception(Failure(step["error"]))
            case "cancel":
                return {"of": step["task"], "ret": future.cancel()}
            case "uncancel":
                return {"left": future.uncancel()}
            case "state":
                requests = future.cancelling() if isinstance(future, asyncio.Task) else 0
                return {"of": step["task"], "done": future.done(),
                        "cancelled": future.cancelled(), "cancelling": requests}
            case "result":
                return {"of": step["task"], "ok": plain(future.result())}
            case "outcome":
                for name in step["tasks"]:
                    self.log("outcome", of=name, **outcome_of(self.handle(name)))
            case "on_done":
                keys = {"of": step["task"], "text": step["text"]}
                future.add_done_callback(lambda _: self.all.log("-", "callback", **keys))
            case "all_tasks":
                return {"tasks": self.all.labels(asyncio.all_tasks(self.all.loop))}
            case "reschedule":
                later = None if step["ms"] is None else self.all.loop.time() + step["ms"]
                self.timeouts[-1].reschedule(later)
            case "pause":
                self.all.pauses.append(step["body"])
                self.all.loop.stop()

    def spawn(self, step):
        group = step.get("in")
        if group is not None and group not in self.all.groups:
            raise Unbound(group)
        owner = self.all.groups.get(group, self.all.loop)
        task = owner.create_task(self.make(step))
        self.all.bind(step.get("as", step["coro"]), task)

    async def wait(self, op, step):
        """A step that waits: the keys of its log line, or None if it has none."""
        match op:
            case "sleep":
                await asyncio.sleep(step["ms"])
            case "yield":
                await asyncio.sleep(0)
            case "await":
                return {"of": step["task"], "ok": plain(await self.handle(step["task"]))}
            case "wait":
                sets = await asyncio.wait(
                    [self.handle(name) for name in step["tasks"]], timeout=step.get("timeout"),
                    return_when=step.get("return_when", "ALL_COMPLETED"))
                return dict(zip(("done", "pending"), map(self.all.labels, sets)))
            case "gather":
                gathering = asyncio.gather(*self.awaitables(step["aws"]),
                                           return_exceptions=step.get("return_exceptions", False))
                return await self.finish("results", gathering, step)
            case "shield":
                return await self.finish("ok", asyncio.shield(*self.awaitables([step["aw"]])), step)
            case "wait_for":
                aw, = self.awaitables([step["aw"]])
                return {"ok": plain(await asyncio.wait_for(aw, step["timeout"]))}
            case "as_completed":
                return {"n": await self.take_items(step)}

    async def finish(self, key, future, step):
        """Wait for a gather or shield, unless it is to be kept for later."""
        if "as" in step:
            self.all.bind(step["as"], future)
        else:
            return {key: plain(await self.all.keep(future))}

    async def take_items(self, step):
        """Go through as_completed; how many have ended."""
        aws = self.awaitables(step["aws"])
        items = iter(asyncio.as_completed(aws, timeout=step.get("timeout")))
        taken = 0
        for item in itertools.islice(items, step.get("limit")):
            if taken == 0:
                self.all.loop.order_ready([aw for aw in dict.fromkeys(aws)
                                           if asyncio.isfuture(aw)])
            result = await self.next_item(item)
            self.log("next", i=taken, **result)
            if "timeout" in result:
                break
            taken += 1
        return taken

    async def next_item(self, item):
        """How an item of as_completed ended; raises only our own cancellation."""
        task = asyncio.current_task()
        requests = task.cancelling()
        try:
            return outcome(await item)
        except TimeoutError:
            return {"timeout": True}
        except asyncio.CancelledError as error:
            if task.cancelling() > requests:
                raise
            return outcome(error)
        except Exception as error:
            return outcome(error)

    async def do_loop(self, step):
        for _ in range(step["n"]):
            if await self.take(step["body"]):
                return True

    async def do_try(self, step):
        try:
            try:
                return await self.take(step["body"])
            except (Exception, asyncio.CancelledError) as error:
                return await self.catch(error, step.get("catch", {}))
        finally:
            await self.take(step.get("finally", []))

    async def catch(self, error, handlers):
        kind = kind_of(error)
        err = {} if kind == "cancelled" else {"err": error_name(error)}
        handler = handlers.get(kind, handlers.get("any") if err else None)
        if handler is None:
            raise error
        self.log("caught", kind=kind, **err)
        self.caught.append(error)
        try:
            return await self.take(handler)
        finally:
            self.caught.pop()

    async def do_timeout(self, step):
        make, time = (asyncio.timeout_at, "at") if "at" in step else (asyncio.timeout, "ms")
        async with make(step[time]) as block:
            self.timeouts.append(block)
            try:
                returned = await self.take(step["body"])
            finally:
                self.timeouts.pop()
        self.log("timeout", expired=block.expired())
        return returned

    async def do_group(self, step):
        group = asyncio.TaskGroup()
        group._tasks = OrderedSet()
        async with group:
            self.all.groups[step["as"]] = group
            returned = await self.take(step["body"])
        self.log("group", of=step["as"])
        return returned


# Files

class BadScenario(Exception):
    """The file is not a scenario; the reason."""


NUMBER = (int, type(None))  # or null
TYPES = {"ms": NUMBER, "at": NUMBER, "timeout": NUMBER, "limit": NUMBER, "value": NUMBER,
         "n": int, "tasks": list, "aws": list, "body": list, "finally": list, "catch": dict,
         "aw": (str, dict), "return_exceptions": bool}  # the others are strings


def need(good, reason):
    if not good:
        raise BadScenario(reason)


def check(scenario):
    """Raise BadScenario with the first thing that is wrong."""
    need(isinstance(scenario, dict) and isinstance(scenario.get("coros"), dict), "no coros")
    coros = scenario["coros"]
    need(scenario.get("main", "main") in coros, "no main coroutine")
    need(isinstance(scenario.get("busy", False), bool), "bad busy")
    inside = {"busy"} if scenario.get("busy") else set()
    for steps in coros.values():
        check_steps(steps, coros, frozenset(inside))


def check_steps(steps, coros, inside):
    """Check steps of one coroutine; `inside` names the blocks around them."""
    need(isinstance(steps, list), f"not a list of steps: {steps}")
    for step in steps:
        need(isinstance(step, dict) and str(step.get("op")) in STEPS, f"bad step {step}")
        check_keys(step, coros)
        op = step["op"]
        need(op != "return" or "finally" not in inside, "return in a finally")
        need(op != "timeout" or "ms" in step or "at" in step, "timeout without a time")
        need(op != "reraise" or "catch" in inside, "reraise outside of a catch")
        need(op != "reschedule" or "timeout" in inside, "reschedule outside of a timeout")
        need("pause" not in inside or op in BETWEEN and "in" not in step, f"{op} in a pause")
        need("busy" not in inside or op != "pause" and not has_time(step), f"{op} when busy")
        bodies = [("catch", body) for body in step.get("catch", {}).values()]
        for block, body in [*bodies, (op, step.get("body", [])),
                            ("finally", step.get("finally", []))]:
            check_steps(body, coros, inside | {block})


def has_time(step):
    """Whether a step waits for time to pass."""
    return any((step.get(key) or 0) > 0 for key in ("ms", "at", "timeout"))


def check_keys(step, coros):
    for key in STEPS[step["op"]].split():
        name = key.rstrip("?")
        need(name in step or name != key, f"no {name} in {step}")
        need(name not in step or isinstance(step[name], TYPES.get(name, str)),
             f"bad {name} in {step}")
    for maker in [step, step.get("aw"), *step.get("aws", [])]:
        if isinstance(maker, dict) and (maker is not step or "coro" in step):
            need(maker.get("coro") in coros, f"no coroutine {maker.get('coro')}")


def load(path):
    try:
        scenario = json.loads(pathlib.Path(path).read_text())
    except ValueError as error:
        raise BadScenario(error) from None
    check(scenario)
    return scenario


def text_of(lines):
    return "".join(line + "\n" for line in lines)


def main():
    parser = argparse.ArgumentParser(description="Run scenarios on asyncio.")
    parser.add_argument("files", nargs="+", metavar="FILE")
    parser.add_argument("--turns", action="store_true", help="show the loop's turns")
    parser.add_argument("--save", action="store_true", help="write FILE.log beside each FILE")
    options = parser.parse_args()
    for path in options.files:
        try:
            text = text_of(Run(load(path), options.turns).play())
        except (OSError, BadScenario, TooLong) as error:
            print(f"{path}: {error}", file=sys.stderr)
            sys.exit(2)
        if options.save:
            pathlib.Path(path).with_suffix(".log").write_text(text)
        else:
            print(text, end="")


if __name__ == "__main__":
    main()
