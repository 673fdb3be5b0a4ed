#!/usr/bin/env python3
"""Write random scenarios and their logs (see reference.py).

    python3.13 generate.py --seed 1 --count 15 --level 3 --ties none --out cases
    python3.13 generate.py --seed 1 --count 15 --level 3 --ties many --first 15 --out cases

write cases/random-3-000 to random-3-029: the same arguments give the same files. Each level
has the steps of those before it and

    1  tasks that sleep, wait for each other, return and fail; nothing is ever cancelled
    2  cancel, and handlers that take a cancellation or pass it on
    3  waits with a timeout, wait_for, timeout blocks
    4  shield and as_completed
    5  groups
    6  awaiting while being cancelled, futures, callbacks, uncancel, reschedule, gathers and
       shields kept for later, tasks left behind by main
    7  pauses between two runs, in which nobody cancels, spawns, completes and looks; groups in
       groups, groups in many tasks, crowds of children that fail in one turn; and in one of six
       no time at all: such a scenario is busy

With `--ties none` no two timers have the same deadline, with `some` a few do, with `many` most.
A scenario is kept if it ends by itself, is not too long, has a step of its level, and never
cancels tasks that wait for each other in a circle (CPython's stack is too short for that).
"""

import argparse
import collections
import dataclasses
import json
import pathlib
import random
import re
import sys
import warnings

import reference

# The steps by the level that brings them, and how often to choose each.
WEIGHTS = {
    1: {"sleep": 10, "yield": 6, "log": 4, "spawn": 9, "await": 7, "wait": 6, "gather": 6,
        "outcome": 3, "try": 6, "loop": 2, "raise": 2, "return": 2},
    2: {"cancel": 8, "state": 3, "result": 1, "all_tasks": 1},
    3: {"timeout": 8, "wait_for": 8},
    4: {"shield": 8, "as_completed": 9},
    5: {"group": 10},
    6: {"future": 9, "settle": 5, "on_done": 3, "uncancel": 1, "reschedule": 6, "hot": 6},
    7: {"pause": 6, "future": 14, "group": 14, "nest": 6, "crowd": 5},
}
BLOCKS = {"try", "loop", "timeout", "group", "nest"}
WAITS = {"await", "wait", "gather", "wait_for", "shield", "as_completed", "hot"}
RISKY = {"await", "gather", "wait_for", "shield", "timeout", "group", "nest", "result", "settle"}
BETWEEN = {"cancel": 5, "uncancel": 3, "spawn": 3, "settle": 9, "on_done": 2, "state": 2,
           "outcome": 1, "log": 1}  # the steps of a pause
KINDS = [(1, "any"), (1, "error"), (2, "cancelled"), (2, "cancelled"), (3, "timeout"),
         (5, "group")]  # of handlers, each with its level


@dataclasses.dataclass
class Place:
    """Where a step stands."""

    me: int  # the number of the coroutine; main has 0
    handles: list  # those probably bound by then
    groups: tuple = ()  # the groups that may be open
    depth: int = 0  # how many blocks are around the step
    timeout: bool = False  # in a timeout block
    cleanup: bool = False  # in a handler of cancellations or in a finally
    final: bool = False  # in a finally

    def inner(self, **changes):
        return dataclasses.replace(self, depth=self.depth + 1, **changes)


@dataclasses.dataclass
class Handle:
    """A name for a task or future."""

    name: str
    number: int  # the lowest number of the coroutines it waits for


class Writer:
    """Makes up one scenario. Coroutines are numbered, and written in that order. They wait for
    those with a higher number (nearly always), so that they do not wait in a circle."""

    def __init__(self, rng, level, ties):
        self.rng = rng
        self.level = level
        # Long times seldom meet; a few short ones nearly always do.
        self.times = {"none": range(1, 5000), "some": range(1, 20), "many": [2, 2, 4, 6]}[ties]
        self.busy = level >= 7 and rng.random() < 1 / 6
        if self.busy:
            self.times = [0]
        self.weights = {op: WEIGHTS[of][op] for of in range(1, level + 1) for op in WEIGHTS[of]}
        self.detached = level >= 6 and not self.busy and rng.random() < 0.12  # main waits for none
        self.room = rng.choice([3, 4, 5, 6, 8, 10])  # for coroutines
        self.reuse = 0 if ties == "none" else 0.15
        self.coros = {}
        self.todo = collections.deque()
        self.handles = []  # all of them
        self.starting = []  # the handles of the coroutines that the last spawns start
        self.counts = collections.Counter()

    def write(self):
        self.coros["main"] = self.main(Place(0, []))
        while self.todo:
            place, extra, whole = self.todo.popleft()
            self.coros[f"c{place.me}"] = extra if whole else self.task(place, extra)
        return {"busy": True, "coros": self.coros} if self.busy else {"coros": self.coros}

    def main(self, place):
        steps = [step for _ in range(self.rng.randint(2, 4)) for step in self.make_spawn(place)]
        names = [handle.name for handle in place.handles]
        body = self.body(place, 2, 6)
        if self.chance(0.8):
            body = [{"op": "try", "body": body, "catch": self.handlers(place, "any")}]
        steps += body
        if self.detached:
            return steps
        steps.append(self.rng.choice([
            {"op": "wait", "tasks": names},
            {"op": "gather", "aws": names, "return_exceptions": True},
            {"op": "sleep", "ms": 5 * self.time()}]))
        if self.busy:
            steps.append({"op": "loop", "n": 10, "body": [{"op": "yield"}]})
        return [*steps, {"op": "outcome", "tasks": names}, *self.make("return", place)]

    def task(self, place, extra):
        steps = self.body(place, 2, 6)
        at = self.rng.randint(0, len(steps))
        steps[at:at] = extra
        return steps + self.maybe(0.7, "raise" if self.chance(0.25) else "return", place)

    # Names and numbers

    def chance(self, share):
        return self.rng.random() < share

    def new(self, letter):
        self.counts[letter] += 1
        return f"{letter}{self.counts[letter]}"

    def time(self):
        return self.rng.choice(self.times)

    def limit(self):
        """A timeout, sometimes one that has passed already."""
        factor = self.rng.choice([1, 1, 2, 4])
        return self.rng.choice([0, -1]) if self.chance(0.12) else factor * self.time()

    def limit_or_none(self):
        return None if self.chance(0.06) else self.limit()

    def known(self, place):
        """The names that may be waited for here."""
        return [handle.name for handle in place.handles if handle.number > place.me]

    def later(self, place):
        """A handle to wait for."""
        odd = self.level > 1 and self.chance(0.03)
        return self.anything(place) if odd else self.rng.choice(self.known(place))

    def anything(self, place):
        """Any handle at all; a few may not be bound."""
        handles = self.handles if self.chance(0.05) else place.handles
        if not handles or self.chance(0.1):
            return self.rng.choice(["self", "self", "main"])
        return self.rng.choice(handles).name

    def target(self, place):
        """A handle to look at or to cancel."""
        seen = self.known(place) and self.chance(0.5)
        return self.later(place) if seen else self.anything(place)

    def several(self, choose, place):
        """Some choices, seldom the same twice."""
        found = []
        for _ in range(self.rng.choice([1, 2, 2, 3, 3, 4])):
            item = choose(place)
            if item not in found or self.chance(0.2):
                found.append(item)
        return found

    def bind(self, place, name, number):
        """Note a name, here and for the coroutines just started."""
        for handles in [self.handles, place.handles, *self.starting]:
            handles.append(Handle(name, number))
        return name

    def can_make(self, place):
        return self.room > 0 or self.reuse and self.counts["c"] > place.me

    def coro(self, place, extra=(), whole=False):
        """The number of a coroutine to run: a new one, to be written later, or one that is
        or will be there; of those, only higher numbers, or it might start itself for ever.
        The extra steps are among its own, or the whole of it."""
        old = range(place.me + 1, self.counts["c"] + 1)
        if old and not extra and (self.room <= 0 or self.chance(self.reuse)):
            return self.rng.choice(old)
        self.room -= 1
        number = int(self.new("c")[1:])
        child = Place(number, [*place.handles], place.groups)
        self.todo.append((child, extra, whole))
        self.starting.append(child.handles)
        return number

    def awaitable(self, place):
        if self.can_make(place) and self.chance(0.3):
            return {"coro": f"c{self.coro(place)}", "as": self.new("t")}
        return self.later(place)

    def awaitables(self, place):
        return [] if self.chance(0.04) else self.several(self.awaitable, place)

    # Lists of steps

    def body(self, place, least, most):
        steps = []
        for _ in range(self.rng.randint(least, most)):
            op = self.choose(place)
            made = self.make(op, place)
            if op in RISKY and place.depth < 3 and self.chance(0.65):
                made = [self.guard(place, made)]
            steps += made
            if op in ("raise", "return"):
                break
        return steps

    def choose(self, place):
        """The name of a step that may stand here."""
        if place.cleanup and self.level < 6:
            return "log"
        known = self.known(place)
        barred = {"reschedule"} if not place.timeout else set()
        barred |= {"return", "raise"} if place.final or not place.depth else set()
        barred |= BLOCKS if place.depth >= 3 else set()
        barred |= WAITS if not known else set()
        barred |= {"spawn", "crowd"} if not self.can_make(place) else set()
        barred |= {"pause"} if self.busy else set()
        barred |= {"future"} if self.room <= 0 else set()
        barred |= {"settle"} if not any(name.startswith("f") for name in known) else set()
        ops = [op for op in self.weights if op not in barred]
        return self.rng.choices(ops, [self.weights[op] for op in ops])[0]

    def guard(self, place, body):
        """A try around steps."""
        step = {"op": "try", "body": body}
        if self.chance(0.85):
            step["catch"] = self.handlers(place)
        if "catch" not in step or self.chance(0.25):
            step["finally"] = self.make("log", place)
            if self.level >= 6:
                step["finally"] += self.body(place.inner(cleanup=True, final=True), 0, 2)
        return step

    def handlers(self, place, *kinds):
        possible = [kind for level, kind in KINDS if level <= self.level]
        kinds = {*kinds, *self.rng.choices(possible, k=2)}
        return {kind: self.handler(place, kind == "cancelled") for kind in sorted(kinds)}

    def handler(self, place, cleanup):
        """A body of a catch. It seldom runs: few steps, whose names are not for those after."""
        inner = place.inner().inner(cleanup=place.cleanup or cleanup, handles=[*place.handles])
        steps = self.body(inner, 0, 2)
        if cleanup and self.level >= 6:
            steps += self.maybe(0.3, "uncancel", place)
        if place.me:  # main goes on
            steps += self.maybe(0.4 if cleanup else 0.15, "reraise", place)
        return steps

    # Steps. Most are made by `keys`, the others by the methods with `make_` in their names.

    def maybe(self, share, op, place):
        return self.make(op, place) if self.chance(share) else []

    def make(self, op, place):
        """A list of steps for a choice, mostly one."""
        if hasattr(self, "make_" + op):
            steps = getattr(self, "make_" + op)(place)
        else:
            steps = [{"op": op, **self.keys(op, place)}]
        if op != "spawn":
            self.starting = []
        return steps

    def keys(self, op, place):
        """The keys of a step."""
        match op:
            case "log":
                return {"text": self.new("l")}
            case "raise":
                return {"error": self.new("E")}
            case "return":
                return {"value": self.rng.choice([None, *range(1, 10)])}
            case "await":
                return {"task": self.later(place)}
            case "cancel" | "state" | "result":
                return {"task": self.target(place)}
            case "on_done":
                return {"task": self.target(place), "text": self.new("l")}
            case "uncancel":
                return {"task": self.target(place)} if self.chance(0.2) else {}
            case "outcome":
                return {"tasks": self.several(self.target, place)}
            case "wait":
                return {"tasks": self.several(self.later, place)}
            case "gather" | "as_completed":
                return {"aws": self.awaitables(place)}
            case "shield":
                return {"aw": self.awaitable(place)}
            case "wait_for":
                return {"aw": self.awaitable(place), "timeout": self.limit_or_none()}
            case "reschedule":
                return {"ms": self.limit_or_none()}
            case "loop":
                return {"n": self.rng.randint(2, 3), "body": self.body(place.inner(), 1, 2)}
        return {}

    def make_sleep(self, place):
        time = self.rng.choice([0, -1]) if self.chance(0.04) else self.time()
        return [{"op": "sleep", "ms": time}] + self.maybe(0.4, "log", place)

    def make_yield(self, place):
        return [{"op": "yield"}] + self.maybe(0.3, "log", place)

    def make_spawn(self, place, extra=(), whole=False):
        number = self.coro(place, extra, whole)
        step = {"op": "spawn", "coro": f"c{number}", "as": self.bind(place, self.new("t"), number)}
        if place.groups and self.chance(0.6):
            step["in"] = self.rng.choice(place.groups[-2:])
        return [step]

    def make_cancel(self, place):
        step = {"op": "cancel", **self.keys("cancel", place)}
        return self.maybe(0.6, "sleep", place) + [step] * self.rng.choice([1] * 9 + [2])

    def make_wait(self, place):
        step = {"op": "wait", **self.keys("wait", place)}
        if self.chance(0.6):
            step["return_when"] = "FIRST_" + self.rng.choice(["COMPLETED", "EXCEPTION"])
        if self.level >= 3 and self.chance(0.35):
            step["timeout"] = self.limit()
        return [step]

    def make_gather(self, place):
        step = {"op": "gather", **self.keys("gather", place)}
        if self.chance(0.4):
            step["return_exceptions"] = True
        return [step]

    def make_as_completed(self, place):
        step = {"op": "as_completed", **self.keys("as_completed", place)}
        if self.chance(0.3):
            step["timeout"] = self.limit()
        if self.chance(0.25):
            step["limit"] = self.rng.randint(1, 3)
        return [step]

    def make_hot(self, place):
        """A gather or shield that is kept for later."""
        step, = self.make(self.rng.choice(["gather", "shield"]), place)
        parts = step.get("aws", [step.get("aw")])
        numbers = [int(part["coro"][1:]) for part in parts if isinstance(part, dict)]
        numbers += [handle.number for handle in self.handles if handle.name in parts]
        lowest = min(numbers, default=self.counts["c"])
        return [{**step, "as": self.bind(place, self.new("h"), lowest)}]

    def make_future(self, place):
        """A future, and a task that completes it."""
        name = self.new("f")
        end = self.rng.choice([{"op": "cancel", "task": name}, *self.settle(name)])
        spawn = self.make_spawn(place, [*self.make_sleep(place), end])
        self.bind(place, name, self.counts["c"])
        return [{"op": "future", "as": name}, *spawn]

    def make_settle(self, place):
        names = [name for name in self.known(place) if name.startswith("f")]
        return [self.rng.choice(self.settle(self.rng.choice(names)))]

    def settle(self, name):
        return [{"op": "set", "future": name, "value": self.rng.randint(1, 9)},
                {"op": "fail", "future": name, "error": self.new("E")}]

    def make_try(self, place):
        return [self.guard(place, self.body(place.inner(), 1, 3))]

    def make_timeout(self, place):
        body = self.body(place.inner(timeout=True), 1, 4) + self.maybe(0.5, "sleep", place)
        when = {"at": 3 * self.time()} if self.chance(0.15) else {"ms": self.limit_or_none()}
        return [{"op": "timeout", **when, "body": body}]

    def make_pause(self, place):
        """What is done between two runs, by nobody: so not to `self`."""
        ops = [op for op in BETWEEN if self.can_stand_between(op, place)]
        steps = []
        for op in self.rng.choices(ops, [BETWEEN[op] for op in ops], k=self.rng.randint(1, 4)):
            step = self.make(op, dataclasses.replace(place, groups=()))[-1]
            steps.append({"task": "main", **step} if op == "uncancel" else step)
        body = json.loads(json.dumps(steps).replace('"self"', '"main"'))
        return [{"op": "pause", "body": body}]

    def can_stand_between(self, op, place):
        if op == "settle":
            return any(name.startswith("f") for name in self.known(place))
        return op != "spawn" or self.can_make(place)

    def make_nest(self, place):
        """A group in another's body, which may itself be in a third's."""
        outer, = self.make_group(place)
        if place.depth < 2:
            inner = self.make_nest if self.chance(0.3) else self.make_group
            made = inner(place.inner(groups=(*place.groups, outer["as"])))
            at = self.rng.randint(0, len(outer["body"]))
            outer["body"][at:at] = [self.guard(place, made)] if self.chance(0.5) else made
        return [outer]

    def make_crowd(self, place):
        """Children that end in one turn, mostly by failing."""
        wait = self.make_sleep(place)[:1] if self.chance(0.5) else []
        wait += [{"op": "yield"}] * self.rng.randint(0, 2)
        steps = []
        for _ in range(self.rng.randint(2, 3)):
            end = self.keys("raise", place)
            end = {"op": "raise", **end} if self.chance(0.8) else {"op": "return", "value": 1}
            if self.can_make(place):
                steps += self.make_spawn(place, [*wait, end], whole=True)
        return steps

    def make_group(self, place):
        name = self.new("g")
        inner = place.inner(groups=(*place.groups, name))
        spawns = [step for _ in range(self.rng.randint(0, 2)) if self.can_make(inner)
                  for step in self.make_spawn(inner)]
        return [{"op": "group", "as": name, "body": spawns + self.body(inner, 1, 3)}]


# Choosing among the scenarios

class CountingLoop(reference.Loop):
    """Counts the timers set for each time."""

    def __init__(self):
        super().__init__(max_turns=2000)
        self.timers = collections.Counter()

    def call_at(self, when, *args, **options):
        self.timers[when] += 1
        return super().call_at(when, *args, **options)


def attempt(rng, level, ties):
    """A random scenario with its log; None if it is not worth keeping."""
    writer = Writer(rng, level, ties)
    scenario = writer.write()
    for length in (0,) if writer.busy else (0, 50, 500, 5000):
        if length:  # main has to stay longer, for all to end
            sleep = {"op": "sleep", "ms": length + rng.randrange(50)}
            scenario["coros"]["main"].insert(-1, sleep)
        loop = reference.BusyLoop(max_turns=2000) if writer.busy else CountingLoop()
        run = reference.Run(scenario, loop=loop)
        try:
            lines = [json.loads(line) for line in run.play()]
        except (reference.TooLong, RecursionError):
            return None
        left = any(line["ev"] == "shutdown" for line in lines)
        if not left or writer.detached or level > 1 and rng.random() < 0.2:
            break
    if run.too_deep or not (rests(lines) if writer.busy else fits(run, ties)):
        return None
    if tells(lines, level) and has_steps(scenario, run.taken, level):
        return prune(scenario, run.taken), run.lines


def fits(run, ties):
    """Whether the ties are as asked for."""
    most = max(run.loop.timers.values(), default=0)
    return ties == "some" or (most > 1 if ties == "many" else most <= 1)


def rests(lines):
    """Whether all but main have ended some turns before it: a busy run elsewhere may take
    turns that the log does not show until it stops."""
    late = [line for line in lines if line["turn"] > lines[-1]["turn"] - 5]
    return all(line["task"] == "main" or line["ev"] in ("main", "unretrieved", "end")
               for line in late)


def tells(lines, level):
    """Whether a log is long enough, not too long, and free of what is not wanted."""
    text = json.dumps(lines)
    words = ["deadlock", "handler", "RecursionError"]
    words += ["cancelled", "shutdown"] if level == 1 else []
    times = {line.get("t", line.get("turn")) for line in lines}
    return (15 <= len(lines) <= 55 and len(times) > 2
            and not any(f'"{word}"' in text for word in words) and text.count("unbound") <= 1)


def all_steps(steps):
    for step in steps:
        yield step
        for body in [step.get("body", []), step.get("finally", []),
                     *step.get("catch", {}).values()]:
            yield from all_steps(body)


def has_steps(scenario, taken, level):
    """Whether a step of the level was reached."""
    steps = [step for coro in scenario["coros"].values() for step in all_steps(coro)]
    taken = [step for step in steps if id(step) in taken]
    groups = [step for step in taken if step["op"] == "group"]
    if level == 7:
        return len(groups) > 1 or any(step["op"] == "pause" for step in taken)
    return any(step["op"] in WEIGHTS[level] for step in taken)


def prune(scenario, taken):
    """Leave out what was not reached, for that may be most of it: of each list only the first
    such step is kept. The log stays the same."""
    coros = {name: prune_steps(steps, taken) for name, steps in scenario["coros"].items()}
    names = ["main"]
    for name in names:
        names += set(re.findall(r'"coro": "(\w+)"', json.dumps(coros[name]))) - set(names)
    return {**scenario, "coros": {name: coros[name] for name in coros if name in names}}


def prune_steps(steps, taken):
    missed = [id(step) for step in steps if id(step) not in taken][1:]
    steps = [dict(step) for step in steps if id(step) not in missed]
    for step in steps:
        for key in {"body", "finally"} & set(step):
            step[key] = prune_steps(step[key], taken)
        if "catch" in step:
            step["catch"] = {kind: prune_steps(body, taken)
                             for kind, body in step["catch"].items()}
    return steps


def text_of(scenario):
    """JSON with a step to a line."""
    coros = []
    for name, steps in scenario["coros"].items():
        lines = ",\n".join("   " + json.dumps(step) for step in steps)
        coros.append(f'  "{name}": [\n{lines}\n  ]' if steps else f'  "{name}": []')
    head = "".join(f' "{key}": {json.dumps(scenario[key])},\n'
                   for key in ("name", "note", "busy") if key in scenario)
    return "{\n" + head + ' "coros": {\n' + ",\n".join(coros) + "\n }\n}\n"


def main():
    parser = argparse.ArgumentParser(description="Write random scenarios and their logs.")
    parser.add_argument("--seed", required=True)
    parser.add_argument("--count", type=int, default=1)
    parser.add_argument("--first", type=int, default=0, help="the number in the first's name")
    parser.add_argument("--level", type=int, choices=range(1, 8), default=7)
    parser.add_argument("--ties", choices=["none", "some", "many"], default="some")
    parser.add_argument("--out", type=pathlib.Path, required=True)
    options = parser.parse_args()
    if sys.version_info[:2] != (3, 13):
        print("note: the project's logs are those of CPython 3.13", file=sys.stderr)
    warnings.simplefilter("ignore", RuntimeWarning)  # coroutines that were never started
    options.out.mkdir(parents=True, exist_ok=True)
    rng = random.Random(f"{options.seed} {options.level} {options.ties}")
    for number in range(options.first, options.first + options.count):
        made = None
        while made is None:
            made = attempt(rng, options.level, options.ties)
        scenario, lines = made
        name = f"random-{options.level}-{number:03}"
        note = f"level {options.level}, ties {options.ties}, seed {options.seed}"
        path = options.out / f"{name}.json"
        path.write_text(text_of({"name": name, "note": note, **scenario}))
        path.with_suffix(".log").write_text(reference.text_of(lines))


if __name__ == "__main__":
    main()
