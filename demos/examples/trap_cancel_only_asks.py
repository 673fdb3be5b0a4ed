# Title: Trap 4: cancel, and nobody waits
#
# Why: The notebook cancels the pending tasks and closes the loop at once. To cancel is only
# to ask: the tasks need a turn to clean up, and somebody who waits until they have.
#
# Question: Is `cleaned up` printed before or after `main goes on`?
# Answer: After it: the task had no turn between the request and that line. Only the `wait`
# behind it gives it one.
import asyncio


async def work():
    try:
        await asyncio.sleep(10)
    finally:
        await asyncio.sleep(0.1)
        print("cleaned up")


async def main():
    task = asyncio.create_task(work())
    done, pending = await asyncio.wait([task], timeout=0.2)
    for late in pending:
        late.cancel()
    print("main goes on; the task is done:", task.done())
    await asyncio.wait(pending)
    print("the task is done:", task.done(), "- and cancelled:", task.cancelled())


asyncio.run(main())
