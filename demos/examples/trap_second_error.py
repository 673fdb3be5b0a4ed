# Title: Trap 6: the second error is lost
#
# Why: `gather` raises one error. A second one of its children is seen by nobody: it is
# neither raised nor printed, unless the program has kept the task and asks it.
#
# Question: Both tasks fail. Which error does `gather` raise, and how is the other found?
# Answer: It raises that of 0.1 s. The other is in its task, and `exception()` returns it,
# once the task has ended.
import asyncio


async def fails(time):
    await asyncio.sleep(time)
    raise ValueError(f"at {time} s")


async def main():
    tasks = [asyncio.create_task(fails(0.1)), asyncio.create_task(fails(0.2))]
    try:
        await asyncio.gather(*tasks)
    except ValueError as error:
        print("gather has raised:", error)
    await asyncio.sleep(0.3)
    print("nothing was said of the other")
    for task in tasks:
        print("kept in the task:", task.exception())


asyncio.run(main())
