# Title: Wait until the first fails
#
# Why: Cell 3 of the notebook, in small: with FIRST_EXCEPTION `wait` returns at the first
# failure, or when all have ended. The others aren't cancelled by that: they are pending,
# and the program has to say what becomes of them.
#
# Question: Work 1 ends before work 2 fails. Why doesn't `wait` return at the end of work 1?
# Answer: It has returned a value, and only a failure is enough for this condition. So work
# 1 is in `done` beside work 2, which has failed.
import asyncio


async def work(number):
    await asyncio.sleep(number * 0.04)
    if number == 2:
        raise ValueError(f"{number} failed")
    return number


async def main():
    tasks = [asyncio.create_task(work(number), name=f"work {number}") for number in range(1, 5)]
    done, pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
    print(f"{len(done)} completed, {len(pending)} pending")
    for task in tasks:
        if task in pending:
            print(task.get_name(), "is cancelled")
            task.cancel()
        elif task.exception():
            print(task.get_name(), "failed:", repr(task.exception()))
        else:
            print(task.get_name(), "returned", task.result())


asyncio.run(main())
