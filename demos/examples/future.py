# A future: somebody waits for it, and somebody else completes it.
import asyncio


async def waiter(name, future):
    print(name, "waits")
    value = await future
    print(name, "has", value)
    return value + 1


async def main():
    future = asyncio.get_running_loop().create_future()
    one = asyncio.create_task(waiter("one", future))
    two = asyncio.create_task(waiter("two", future))
    await asyncio.sleep(0.02)
    future.set_result(41)
    print("it is set, and nobody has been told yet")
    print(await one, await two)


asyncio.run(main())
