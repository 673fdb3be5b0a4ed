# A shield lets its task go on, though the one who waits is cancelled.
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
