# Title: Wait until all have ended
#
# Why: Cell 2 of the notebook, in small: `wait` returns two sets, those that are done and
# those that are pending. It raises nothing: an error stays in its task until somebody asks
# the task for it.
#
# Question: Two of the five fail. Does `wait` return earlier for that?
# Answer: No. Without `return_when` it waits for all, whether they return or fail, so it
# ends with the slowest: work(5) after 0.2 s.
import asyncio


async def work(number):
    await asyncio.sleep(number * 0.04)
    if number in (2, 4):
        raise ValueError(f"{number} failed")
    return f"{number} slept"


async def main():
    tasks = [asyncio.create_task(work(number)) for number in (3, 1, 4, 2, 5)]
    done, pending = await asyncio.wait(tasks)
    print(f"{len(done)} completed, {len(pending)} pending")
    for task in tasks:
        error = task.exception()
        if error is not None:
            print("error:", error)
        else:
            print("value:", task.result())


asyncio.run(main())
