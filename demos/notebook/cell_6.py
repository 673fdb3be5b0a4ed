# Cell 6 of the notebook "Asyncio Wait vs Gather", with the sleeps that it printed.
import asyncio

# The coroutines in the order in which they start: number and seconds.
SLEEPS = [
    (5, 1.35), (8, 2.83), (1, 0.2), (6, 0.39), (9, 0.09),
    (0, 0.39), (2, 0.66), (7, 0.26), (3, 1.29), (4, 0.98),
]


async def coro(i, seconds):
    print(f"Coro with {i}, sleeping for {seconds:.2f} seconds")
    await asyncio.sleep(seconds)
    if i == 5 or i == 7:
        raise Exception(f"Exception on i = {i}")
    return i


async def main():
    print("# cell 6: gather, return-exceptions")
    started = [(i, asyncio.create_task(coro(i, seconds))) for i, seconds in SLEEPS]
    tasks = [task for i, task in sorted(started)]
    results = await asyncio.gather(*tasks, return_exceptions=True)
    print("Tasks complete")
    print("[" + ", ".join([str(result) for result in results]) + "]")


asyncio.run(main())
