# Cell 3 of the notebook, in small: wait until the first has ended.
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
