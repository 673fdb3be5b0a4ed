# Title: Who is cancelled
#
# Why: `cancel` only asks: a CancelledError comes out of the `await` at which the task
# waits, in the innermost coroutine first. Each may clean up, and even wait for that;
# whoever swallows the error isn't cancelled at all.
#
# Question: What does `task.cancelled()` say right after `task.cancel()`?
# Answer: False: the task hasn't had its turn since. It is cancelled when the error has gone
# through `outer`, which takes 0.02 s to clean up.
import asyncio


async def inner():
    try:
        await asyncio.sleep(10)
    except asyncio.CancelledError:
        print("inner: cancelled")
        raise
    finally:
        print("inner: finally")


async def outer():
    try:
        await inner()
    except asyncio.CancelledError:
        print("outer: cancelled, and cleans up")
        await asyncio.sleep(0.02)
        print("outer: is clean")
        raise


async def stubborn():
    try:
        await asyncio.sleep(10)
    except asyncio.CancelledError:
        print("stubborn: goes on")
    return "its value"


async def main():
    task = asyncio.create_task(outer())
    other = asyncio.create_task(stubborn())
    await asyncio.sleep(0.05)
    task.cancel()
    print("main: it is only asked for:", task.cancelled())
    try:
        await task
    except asyncio.CancelledError:
        print("main: the task was cancelled:", task.cancelled())
    other.cancel()
    print("main:", await other, other.cancelled())


asyncio.run(main())
