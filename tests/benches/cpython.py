"""Python's asyncio at the workloads of the Rust benchmark.

    $ python3 tests/benches/cpython.py --format markdown

prints what an operation costs on CPython's own event loop and, where it can be
imported, on uvloop. It takes Python 3.11 or later, and about a minute; `--help`
says what else there is.

The workloads are those of `peers/workloads`, by the same names: `n` things at a
time, in `rounds` one after another, and what they come to is checked. What is
measured is the same too: CPU time, user and system, of all threads, from the
program's first step until the loop is closed; time on the wall where threads wait
for each other. Each measurement is a process of its own, and the loops take turns.

It is written as asyncio's documentation says, with `Runner`, `create_task`,
`gather` and `wait`. To yield is to `sleep(0)`. Where a task in Rust leaves its
waker, here it awaits a future or an event. All settings are the default ones: the
garbage collector is on, and a task starts in the loop's next turn, not eagerly.

Python is slower, so most sizes are smaller. Where that changes what a figure
means, a comment at `WORKLOADS` says so.
"""

import argparse
import asyncio
import importlib
import importlib.util
import inspect
import itertools
import json
import os
import platform
import queue
import random
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from time import perf_counter_ns as wall_time
from time import process_time_ns as cpu_time

# Row and loop, and what was measured there.
Samples = dict[tuple[str, str], list[float]]


def timed(loop_factory: Callable, name: str, n: int, rounds: int) -> dict[str, float]:
    """Measures a workload. Those that measure themselves return their own figures."""
    program = WORKLOADS[name][0]
    if not inspect.iscoroutinefunction(program):
        return program(loop_factory, n, rounds)

    async def clocked():
        return cpu_time(), await program(n, rounds)

    with asyncio.Runner(loop_factory=loop_factory) as runner:
        start, figures = runner.run(clocked())
    return figures or {name: (cpu_time() - start) / (n * rounds)}


def check(result: int, expected: int):
    if result != expected:
        raise RuntimeError(f"the result is {result}, not {expected}")


def sum_below(n: int) -> int:
    return n * (n - 1) // 2


async def value(it: int) -> int:
    return it


async def sum_of(tasks: list[asyncio.Task[int]]) -> int:
    """Awaits them in order."""
    return sum([await task for task in tasks])


# Spawning, yielding, and waking one another.


async def spawn_join(n: int, rounds: int):
    """spawn a task among n, await it in order"""
    total = 0
    for _ in range(rounds):
        total += await sum_of([asyncio.create_task(value(i)) for i in range(n)])
    check(total, sum_below(n) * rounds)


async def spawn_one(n: int, rounds: int):
    """spawn a task, await it at once"""
    total = 0
    for i in range(n * rounds):
        total += await asyncio.create_task(value(i))
    check(total, sum_below(n * rounds))


async def yields(n: int, rounds: int):
    """one of n tasks yields and runs again, fairly"""

    async def yielding() -> int:
        resumed = 0
        for _ in range(rounds):
            await asyncio.sleep(0)
            resumed += 1
        return resumed

    check(await sum_of([asyncio.create_task(yielding()) for _ in range(n)]), n * rounds)


async def ping_pong(n: int, rounds: int):
    """two tasks wake each other, there and back"""
    loop, ops = asyncio.get_running_loop(), n * rounds
    turns = [loop.create_future(), loop.create_future()]

    async def player(me: int) -> int:
        count = 0
        for _ in range(ops):
            await turns[me]
            count += 1
            turns[me] = loop.create_future()
            turns[1 - me].set_result(None)
        return count

    turns[0].set_result(None)
    check(await sum_of([asyncio.create_task(player(me)) for me in (0, 1)]), 2 * ops)


# Timers that never fire, and timers that do.


async def timer_churn(n: int, rounds: int):
    """set one of n timers, which never fires, and cancel it"""
    # In Rust a timer is a sleep, polled once. Here that would take a task for each.
    loop, wake = asyncio.get_running_loop(), asyncio.Event().set
    places = [loop.call_later(60, wake) for _ in range(n)]
    registered = 0
    for count in range(n * rounds):
        places[count % n].cancel()
        places[count % n] = timer = loop.call_later(60 + count % 1000 / 1000, wake)
        registered += not timer.cancelled()
        if count % 1000 == 999:
            await asyncio.sleep(0)
    check(registered, n * rounds)


async def timer_fire(n: int, rounds: int) -> dict[str, float]:
    """one of n tasks sleeps for up to 1 s"""
    numbers = random.Random(1)
    durations = [numbers.random() for _ in range(n * rounds)]
    start = cpu_time()
    tasks = [asyncio.create_task(late(duration)) for duration in durations]
    lateness = [await task for task in tasks]
    cpu = (cpu_time() - start) / len(tasks)
    mean, p99 = statistics.fmean(lateness), sorted(lateness)[len(tasks) * 99 // 100]
    names = ["timer_fire", "timer_fire late", "timer_fire late p99"]
    return dict(zip(names, [cpu, mean * 1e6, p99 * 1e6]))


async def late(duration: float) -> float:
    """Sleeps, and returns by how much too long; too short counts as zero."""
    deadline = time.monotonic() + duration
    await asyncio.sleep(duration)
    return max(0.0, time.monotonic() - deadline)


# Waiting for several children: all of them, the first, one after another.


async def gather(n: int, rounds: int, stagger: int = 1):
    """a child of n yields once; all are gathered"""

    async def yielding(i: int) -> int:
        for _ in range(i % stagger + 1):
            await asyncio.sleep(0)
        return i

    total = 0
    for _ in range(rounds):
        total += sum(await asyncio.gather(*map(yielding, range(n))))
    check(total, sum_below(n) * rounds)


async def gather_staggered(n: int, rounds: int):
    """a child of n yields 500.5 times on average"""
    await gather(n, rounds, stagger=1000)


async def wait_first(n: int, rounds: int):
    """a child of n, of which one ends and the rest is cancelled"""
    alive = total = 0

    async def first_or_never(i: int) -> int:
        nonlocal alive
        alive += 1
        try:
            if i > 0:
                await asyncio.get_running_loop().create_future()
            await asyncio.sleep(0)
            return 7
        finally:
            alive -= 1

    for _ in range(rounds):
        children = [asyncio.create_task(first_or_never(i)) for i in range(n)]
        done, pending = await asyncio.wait(children, return_when=asyncio.FIRST_COMPLETED)
        for child in pending:
            child.cancel()
        total += done.pop().result()
        while alive > 0:
            await asyncio.sleep(0)
    check(total, 7 * rounds)


async def drain_first(n: int, rounds: int):
    """a child of n ends, is waited for, and the rest again"""

    async def one_after(gate: asyncio.Future) -> int:
        await gate
        return 1

    loop, total = asyncio.get_running_loop(), 0
    for _ in range(rounds):
        gates = [loop.create_future() for _ in range(n)]
        opener = asyncio.create_task(open_shuffled(gates))
        pending = {asyncio.create_task(one_after(gate)) for gate in gates}
        while pending:
            done, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
            total += sum(child.result() for child in done)
        await opener
    check(total, n * rounds)


async def open_shuffled(gates: list[asyncio.Future]):
    """Opens a gate per turn of the loop."""
    for gate in random.Random(1).sample(gates, k=len(gates)):
        gate.set_result(None)
        await asyncio.sleep(0)


# Other threads wake tasks. What counts here is time on the wall.


async def cross_wake(n: int, rounds: int) -> dict[str, float]:
    """another thread wakes a waiting loop, and is answered"""
    if hasattr(os, "sched_setaffinity"):  # Both threads stay on one processor.
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    loop, ops = asyncio.get_running_loop(), n * rounds
    asked, answers = asyncio.Event(), queue.SimpleQueue()

    def ask():
        for number in range(ops):
            loop.call_soon_threadsafe(asked.set)
            check(answers.get(), number)

    start, asker = wall_time(), threading.Thread(target=ask)
    asker.start()
    for number in range(ops):
        await asked.wait()
        asked.clear()
        answers.put(number)
    asker.join()
    return {"cross_wake": (wall_time() - start) / ops}


class Target:
    """A task that is woken again and again. Each time it may see a greater number."""

    number = 0

    async def see(self, last: int) -> int:
        while self.number < last:
            self.waiter = asyncio.get_running_loop().create_future()
            await self.waiter
        return self.number

    def wake(self):
        """Does nothing where the task has been woken and hasn't run yet."""
        if not self.waiter.done():
            self.waiter.set_result(None)


async def cross_flood(n: int, rounds: int) -> dict[str, float]:
    """one of four threads wakes one of its n / 4 tasks"""
    loop, targets = asyncio.get_running_loop(), [Target() for _ in range(n)]

    def send(share: list[Target]):
        for number in range(1, rounds + 1):
            for target in share:
                target.number = number
                loop.call_soon_threadsafe(target.wake)

    tasks = [asyncio.create_task(target.see(rounds)) for target in targets]
    await asyncio.create_task(value(0))  # Runs after all of them, so that they wait.
    threads = [threading.Thread(target=send, args=[targets[i::4]]) for i in range(4)]
    start = wall_time()
    for thread in threads:
        thread.start()
    check(await sum_of(tasks), n * rounds)
    wall = (wall_time() - start) / (n * rounds)
    for thread in threads:
        thread.join()
    return {"cross_flood": wall}


# Many tasks that sleep, and loops that live for one short program.


def idle_mem(loop_factory: Callable, n: int, rounds: int) -> dict[str, float]:
    """a task that sleeps for an hour"""
    ops, asleep = n * rounds, 0

    async def sleeper():
        nonlocal asleep
        asleep += 1
        await asyncio.sleep(3600)

    async def spawn() -> dict[str, float]:
        before, start = resident_bytes(), cpu_time()
        tasks = [asyncio.create_task(sleeper()) for _ in range(ops)]
        await asyncio.create_task(value(0))  # Runs after all of them, so that they sleep.
        cpu, after = cpu_time() - start, resident_bytes()
        check(asleep, len(tasks))
        weight = {"idle_mem": (after - before) / ops} if before and after else {}
        return weight | {"idle_mem spawn": cpu / ops}

    with asyncio.Runner(loop_factory=loop_factory) as runner:
        figures, start = runner.run(spawn()), cpu_time()
    return figures | {"idle_mem drop": (cpu_time() - start) / ops}


def resident_bytes() -> int | None:
    """The memory that this process has in use, if the system says so."""
    try:
        with open("/proc/self/status") as status:
            return next(int(it.split()[1]) * 1024 for it in status if it.startswith("VmRSS:"))
    except OSError:
        return None


def run_cold(loop_factory: Callable, n: int, rounds: int) -> dict[str, float]:
    """a loop is made, runs a program, is closed"""
    end, start, runs, total = time.monotonic() + 0.3, cpu_time(), 0, 0
    while runs < n * rounds and (runs % 64 != 0 or time.monotonic() < end):
        with asyncio.Runner(loop_factory=loop_factory) as runner:
            total += runner.run(value(1))
        runs += 1
    check(total, runs)
    return {"run_cold": (cpu_time() - start) / runs}


# Name, program, n and rounds. The program's docstring says what one operation is.
WORKLOADS = {
    "spawn_join": (spawn_join, 100_000, 1),  # A tenth: caches hold a bit more of it.
    "spawn_one": (spawn_one, 1, 50_000),
    "yield": (yields, 1000, 200),
    "ping_pong": (ping_pong, 1, 50_000),
    "timer_churn": (timer_churn, 1000, 200),
    # A tenth: CPython can hardly start and fire 100,000 within the second, and most would
    # be late. Fewer fire in the same turn of the loop, so each bears more of its cost.
    "timer_fire": (timer_fire, 10_000, 1),
    "gather_10": (gather, 10, 5000),
    "gather_100k": (gather, 100_000, 1),
    "gather_staggered": (gather_staggered, 1000, 1),  # A twentieth; each yields as often.
    "wait_first": (wait_first, 10_000, 4),
    # A tenth, and that matters: each `wait` looks at all that are left, so a child costs
    # in proportion to n. With the 10,000 of the Rust benchmark it costs over ten times as much.
    "drain_first": (drain_first, 1000, 2),
    "cross_wake": (cross_wake, 1, 10_000),
    "cross_flood": (cross_flood, 1000, 50),
    "idle_mem": (idle_mem, 50_000, 1),  # A twentieth: a million would take 1.5 GB.
    "run_cold": (run_cold, 1, 10_000),  # Ends early after 0.3 s, as in Rust.
}

# The units of figures that aren't CPU time in nanoseconds.
UNITS = {
    "timer_fire late": "us, mean",
    "timer_fire late p99": "us",
    "cross_wake": "ns, wall",
    "cross_flood": "ns, wall",
    "idle_mem": "bytes",
}

PYTHON = f"{platform.python_implementation()} {platform.python_version()}"
LOOPS = ["asyncio", "uvloop"]
PATIENCE = 60


def measure(loop: str, name: str) -> dict[str, float]:
    """Measures in a new process. A `RuntimeError` says why that failed."""
    _, n, rounds = WORKLOADS[name]
    command = [sys.executable, __file__, "--measure-here", loop, name, str(n), str(rounds)]
    try:
        child = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        raise RuntimeError(f"not done within {PATIENCE} s") from None
    if child.returncode != 0:
        raise RuntimeError((child.stderr.strip() or f"exit {child.returncode}").splitlines()[-1])
    return json.loads(child.stdout)


def measure_here(loop: str, name: str, n: str, rounds: str):
    """Measures in this process, and prints what `measure` reads."""
    loop_factory = importlib.import_module(loop).new_event_loop
    print(json.dumps(timed(loop_factory, name, int(n), int(rounds))))


def compare(loops: list[str], names: list[str], rounds: int) -> tuple[Samples, list[str]]:
    """Measures all, beginning with another loop in each round; also says what failed."""
    samples, incidents = {}, []
    for name, turn in itertools.product(names, range(rounds)):
        print(f"{name}, round {turn + 1}", file=sys.stderr)
        for i in range(len(loops)):
            loop = loops[(turn + i) % len(loops)]
            try:
                for row, figure in measure(loop, name).items():
                    samples.setdefault((row, loop), []).append(figure)
            except RuntimeError as error:
                incidents.append(f"{loop} failed at {name}: {error}")
    return samples, incidents


def markdown(samples: Samples, loops: list[str], notes: list[str]) -> str:
    def cell(row: str, loop: str) -> str:
        found = samples.get((row, loop))
        return number(statistics.median(found)) if found else "-"

    rows = dict.fromkeys(row for row, _ in samples)
    body = [[row, UNITS.get(row, "ns"), *(cell(row, loop) for loop in loops)] for row in rows]
    table = [["workload", "unit", *loops], *body]
    widths = [max(map(len, column)) for column in zip(*table)]
    table.insert(1, ["-" * width for width in widths])
    lines = [f"| {' | '.join(map(str.ljust, cells, widths))} |" for cells in table]
    legend = "Medians, per operation; less is better."
    return "\n".join([PYTHON, "", *lines, "", legend, "", *(f"- {it}" for it in notes)]).strip()


def number(it: float) -> str:
    """Three digits or so."""
    return f"{it:.{2 if it < 10 else 1 if it < 100 else 0}f}"


def as_json(samples: Samples, loops: list[str], notes: list[str]) -> str:
    """With the names that the Rust benchmark's JSON has."""
    figures = [
        {"row": row, "unit": UNITS.get(row, "ns"), "contestant": loop,
         "median": statistics.median(found), "samples": found}
        for (row, loop), found in samples.items()
    ]  # fmt: skip
    whole = {"python": PYTHON, "loops": loops, "figures": figures, "incidents": notes}
    return json.dumps(whole, indent=1)


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add = parser.add_argument
    add("--only", action="append", choices=WORKLOADS, metavar="WORKLOAD",
        help="only this workload; can be repeated")  # fmt: skip
    add("--rounds", type=int, default=3, metavar="N", help="measure each N times [default: 3]")
    add("--format", choices=["markdown", "json"], default="markdown", help="[default: markdown]")
    add("--list", action="store_true", help="name the workloads")
    add("--measure-here", nargs=4, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.rounds < 1:
        parser.error(f"argument --rounds: wants a positive number, not {options.rounds}")
    return options


def main():
    options = parse_options()
    if options.measure_here:
        measure_here(*options.measure_here)
    elif options.list:
        print(*(f"{it:18}{WORKLOADS[it][0].__doc__}" for it in WORKLOADS), sep="\n")
    else:
        report(options)


def report(options: argparse.Namespace):
    loops = [loop for loop in LOOPS if importlib.util.find_spec(loop)]
    names = [name for name in WORKLOADS if name in (options.only or WORKLOADS)]
    samples, notes = compare(loops, names, options.rounds)
    notes += [f"{loop} isn't there: it can't be imported" for loop in LOOPS if loop not in loops]
    show = {"markdown": markdown, "json": as_json}[options.format]
    print(show(samples, loops, notes))


if __name__ == "__main__":
    main()
