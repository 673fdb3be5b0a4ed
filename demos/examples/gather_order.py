# Title: Gather keeps the order of its arguments
#
# Why: `gather` makes a task of each coroutine and waits for all. However they end, the
# results come in the order in which the coroutines were given.
#
# Question: In which order are the lines printed, and in which order are the results?
# Answer: The lines come as the sleeps end: 1, 2, 3. The results are 3, 1, 2, as they were
# given.
import asyncio


async def work(number):
    await asyncio.sleep(number * 0.1)
    print(f"{number} slept")
    return number


async def main():
    results = await asyncio.gather(work(3), work(1), work(2))
    print(results)


asyncio.run(main())
