# Cell 4 of the notebook "Asyncio Wait vs Gather", with the sleeps that it printed.
import asyncio

# The coroutines in the order in which they start: number and seconds.
SLEEPS = [
    (6, 0.74), (5, 1.29), (1, 0.51), (8, 0.33), (7, 0.32),
    (4, 1.26), (9, 0.86), (2, 2.79), (3, 2.11), (0, 0.41),
]


async def coro(i, seconds):
    print(f"Coro with {i}, sleeping for {seconds:.2f} seconds")
    await asyncio.sleep(seconds)
    if i == 5 or i == 7:
        raise Exception(f"Exception on i = {i}")
    return i


async def main():
    print("# cell 4: wait, first-completed")
    tasks = [asyncio.create_task(coro(i, seconds)) for i, seconds in SLEEPS]
    done, pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    print(f"Completed size: {len(done)}, pending size {len(pending)}")
    try:
        for task in done:  # It is a set, which has any order.
            print(task.result())
    except Exception as error:
        print(error)
    for task in pending:
        task.cancel()


asyncio.run(main())
