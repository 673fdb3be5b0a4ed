# Title: A future, and somebody who completes it
#
# Why: A future is a value that comes later: some wait for it, and another sets it. A task
# is a future, too, which its own coroutine completes.
#
# Question: `set_result` is called. Does the waiter go on before the next line of `main`?
# Answer: No. The waiters only become ready by it: they have their turn when `main` waits
# the next time.
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
