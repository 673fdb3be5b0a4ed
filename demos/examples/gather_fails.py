# Title: Gather, and one fails
#
# Why: Cell 5 of the notebook, in small: `gather` raises the first error as soon as it
# happens. The other tasks are neither cancelled nor waited for: they go on without anybody
# who looks at them.
#
# Question: Work 2 fails. Is `3 slept` printed, and is `9 slept`?
# Answer: 3 goes on and prints, since `main` sleeps long enough. 9 still sleeps when `main`
# is over, so `asyncio.run` cancels it.
import asyncio


async def work(number):
    try:
        await asyncio.sleep(number * 0.04)
    except asyncio.CancelledError:
        print(f"{number} is cancelled, as the program ends")
        raise
    if number == 2:
        raise ValueError(f"{number} failed")
    print(f"{number} slept")
    return number


async def main():
    try:
        results = await asyncio.gather(work(1), work(2), work(3), work(9))
        print(results)
    except ValueError as error:
        print("gather failed:", error)
    await asyncio.sleep(0.1)
    print("main is over")


asyncio.run(main())
