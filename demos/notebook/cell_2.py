# Cell 2 of the notebook "Asyncio Wait vs Gather", with the sleeps that it printed.
import asyncio

# The coroutines in the order in which they start: number and seconds.
SLEEPS = [
    (7, 1.11), (6, 1.95), (0, 2.28), (8, 0.06), (5, 1.33),
    (1, 1.14), (4, 1.48), (3, 2.59), (9, 2.21), (2, 1.54),
]


async def coro(i, seconds):
    print(f"Coro with {i}, sleeping for {seconds:.2f} seconds")
    await asyncio.sleep(seconds)
    if i == 5 or i == 7:
        raise Exception(f"Exception on i = {i}")
    return i


async def main():
    print("# cell 2: wait, all-completed")
    tasks = [asyncio.create_task(coro(i, seconds)) for i, seconds in SLEEPS]
    done, pending = await asyncio.wait(tasks, return_when=asyncio.ALL_COMPLETED)
    print(f"Completed size: {len(done)}, pending size {len(pending)}")
    try:
        for task in done:  # It is a set, which has any order.
            print(task.result())
    except Exception as error:
        print(error)
    for task in pending:
        task.cancel()


asyncio.run(main())
