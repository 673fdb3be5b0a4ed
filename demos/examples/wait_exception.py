# Cell 4 of the notebook, in small: wait until the first fails.
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
