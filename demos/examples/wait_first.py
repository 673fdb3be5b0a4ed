# Title: Wait until the first has ended
#
# Why: Cell 4 of the notebook, in small: with FIRST_COMPLETED `wait` returns as soon as one
# has ended, however it ended. The others go on, and can be waited for again.
#
# Question: The tasks are made in the order 3, 1, 2. Which of them is the first?
# Answer: Work 1: the order of their ends counts, not that in which they were made or
# started.
import asyncio


async def work(number):
    await asyncio.sleep(number * 0.04)
    print(f"{number} slept")
    return number


async def main():
    tasks = [asyncio.create_task(work(number)) for number in (3, 1, 2)]
    done, pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    print(f"{len(done)} completed, {len(pending)} pending")
    for task in done:
        print("the first:", task.result())
    # The others go on.
    await asyncio.wait(pending)
    print([task.result() for task in tasks])


asyncio.run(main())
