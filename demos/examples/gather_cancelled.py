# Title: To cancel a gather is to cancel its children
#
# Why: Whoever cancels the task that waits in a `gather` cancels all children of the gather
# with it. That differs from a failing child, which leaves its siblings alone.
#
# Question: Which of the three children print that they are cancelled?
# Answer: b and c. a has ended before, and whoever has ended can't be cancelled.
import asyncio


async def child(name, time):
    try:
        await asyncio.sleep(time)
        print(name, "is done")
    except asyncio.CancelledError:
        print(name, "is cancelled")
        raise


async def parent():
    await asyncio.gather(child("a", 0.1), child("b", 0.3), child("c", 0.5))
    print("this is never printed")


async def main():
    task = asyncio.create_task(parent())
    await asyncio.sleep(0.2)
    task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        print("the parent is cancelled, too")


asyncio.run(main())
