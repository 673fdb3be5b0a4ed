# Cell 3 of the notebook "Asyncio Wait vs Gather", with the sleeps that it printed.
import asyncio

# The coroutines in the order in which they start: number and seconds.
SLEEPS = [
    (3, 1.59), (9, 0.9), (0, 2.86), (4, 1.9), (1, 1.06),
    (5, 1.09), (6, 1.43), (7, 0.6), (2, 0.39), (8, 1.13),
]


async def coro(i, seconds):
    print(f"Coro with {i}, sleeping for {seconds:.2f} seconds")
    await asyncio.sleep(seconds)
    if i == 5 or i == 7:
        raise Exception(f"Exception on i = {i}")
    return i


async def main():
    print("# cell 3: wait, first-exception")
    tasks = [asyncio.create_task(coro(i, seconds)) for i, seconds in SLEEPS]
    done, pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
    print(f"Completed size: {len(done)}, pending size {len(pending)}")
    try:
        for task in done:  # It is a set, which has any order.
            print(task.result())
    except Exception as error:
        print(error)
    for task in pending:
        task.cancel()


asyncio.run(main())
