# Title: Trap 5: the result of a task that is pending
#
# Why: The notebook calls `result()` on all tasks, also on those in `pending`. A task that
# hasn't ended has no result: it raises an InvalidStateError.
#
# Question: Which of the two lines with `result()` fails?
# Answer: That of the slow task. Ask `done()` before, or await the task, which waits until
# there is a result.
import asyncio


async def work(time):
    await asyncio.sleep(time)
    return f"slept for {time} s"


async def main():
    quick = asyncio.create_task(work(0.1))
    slow = asyncio.create_task(work(0.3))
    await asyncio.wait([quick, slow], timeout=0.2)
    for task in [quick, slow]:
        try:
            print(task.result())
        except asyncio.InvalidStateError as error:
            print("no result:", error)
    print(await slow)


asyncio.run(main())
