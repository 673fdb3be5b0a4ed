# Title: A shield
#
# Why: To cancel the one who waits would cancel the task that it waits for. A shield stands
# between: the waiter is cancelled, and the task goes on.
#
# Question: The request is cancelled at 0.03 s. When is the task that saves done?
# Answer: At 0.1 s, as if nothing had happened. It is awaited in the last line, since
# otherwise nobody would know whether it was saved.
import asyncio


async def save():
    print("save: begins")
    await asyncio.sleep(0.1)
    print("save: is done")
    return "saved"


async def request(task):
    try:
        print(await asyncio.shield(task))
    except asyncio.CancelledError:
        print("request: cancelled")
        raise


async def main():
    task = asyncio.create_task(save())
    waiter = asyncio.create_task(request(task))
    await asyncio.sleep(0.03)
    waiter.cancel()
    results = await asyncio.gather(waiter, return_exceptions=True)
    print(results, task.done())
    print(await task)


asyncio.run(main())
