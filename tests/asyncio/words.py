# The words of the chapters, which each of them begins with.
#
#     ends(name, turn)      returns its name, in its `turn`th turn
#     fails(name, turn)     fails with its name, in its `turn`th turn
#     waits(name)           waits until it is cancelled
#     cleans(name, count)   waits until it is cancelled, cleans up for `count` turns, and ends as
#                           cancelled
#     returns(name, count)  does so too, but returns its name
#     breaks(name, count)   does so too, but fails with its name
#     sleeps(name, time)    sleeps, and says whether it could sleep to the end
#     awaits(name, task)    awaits a task, says what came of it, and returns or raises that
#     turns(count)          lets turns of the loop pass
#     passes(count)         does so too, and says it of each
#     is_over(task)         lets them pass until a task has ended, and tells how. No time passes
#     cancels(task)         asks a task to end, and says so
#     is_over_after(time, task)         sleeps, and then `is_over`
#     is_cancelled_after(count, task)   `turns`, `cancels`, and then `is_over`
#     tells(task)           says how a task has ended, and how many requests to end it count
#     requests()            says how many requests to end count for the task that runs
#
# What main says stands at the edge, and what the others say is indented.
#
# The chapters are in `specification`, and beside each is what CPython 3.13 prints of it. To make
# that anew:
#
#     python3.13 virtual.py --save specification/*.py
import asyncio


async def turns(count):
    for _ in range(count):
        await asyncio.sleep(0)


async def passes(count):
    for turn in range(count):
        await asyncio.sleep(0)
        print("turn", turn + 1)


async def ends(name, turn):
    await turns(turn - 1)
    print(" ", name, "ends")
    return name


async def fails(name, turn):
    await turns(turn - 1)
    print(" ", name, "fails")
    raise ValueError(name)


async def sleeps(name, time):
    try:
        await asyncio.sleep(time)
        print(" ", name, "has slept")
    except asyncio.CancelledError:
        print(" ", name, "is cancelled")
        raise
    return name


async def waits(name):
    await sleeps(name, 3600)


async def cleans_up(name, count):
    try:
        await asyncio.sleep(3600)
    except asyncio.CancelledError:
        print(" ", name, "cleans up")
        await turns(count)
        print(" ", name, "is clean")


async def cleans(name, count):
    try:
        await asyncio.sleep(3600)
    except asyncio.CancelledError:
        print(" ", name, "cleans up")
        await turns(count)
        print(" ", name, "is clean")
        raise


async def returns(name, count):
    await cleans_up(name, count)
    return name


async def breaks(name, count):
    await cleans_up(name, count)
    raise ValueError(name)


async def awaits(name, task):
    try:
        value = await task
        print(" ", name, "has", value)
    except asyncio.CancelledError:
        print(" ", name, "is cancelled")
        raise
    except ValueError as error:
        print(" ", name, "sees the failure of", error)
        raise
    return value


async def is_over(task):
    turn = 0
    while not task.done():
        await asyncio.sleep(0)
        turn += 1
        print("turn", turn)
    tells(task)


def cancels(task):
    print("main cancels")
    task.cancel()


async def is_cancelled_after(count, task):
    await turns(count)
    cancels(task)
    await is_over(task)


async def is_over_after(time, task):
    await asyncio.sleep(time)
    print("the time is up")
    await is_over(task)


def tells(task):
    if task.cancelled():
        print("it has ended as cancelled; requests to end:", task.cancelling())
    else:
        print("it has ended by itself; requests to end:", task.cancelling())


def requests():
    print("requests to end:", asyncio.current_task().cancelling())
