# Title: Trap 2: wait takes tasks, not coroutines
#
# Why: The notebook gives coroutines to `wait`, which makes tasks of them, so that no
# coroutine is found in `done`. Since Python 3.11 that is an error: make the tasks before,
# and ask for each.
#
# Question: Put `[work(1), work(2)]` into the `wait`, and run it. What is said?
# Answer: That `wait` takes tasks: make each by `asyncio.create_task(..)`. Python 3.13
# raises a TypeError there.
import asyncio


async def work(number):
    await asyncio.sleep(number * 0.1)
    return number


async def main():
    one = asyncio.create_task(work(1))
    two = asyncio.create_task(work(2))
    done, pending = await asyncio.wait([one, two], return_when=asyncio.FIRST_COMPLETED)
    print("one is in done:", one in done)
    print("two is in pending:", two in pending)
    print(await two)


asyncio.run(main())
