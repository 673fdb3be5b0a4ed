# Cell 5 of the notebook "Asyncio Wait vs Gather", with the sleeps that it printed.
import asyncio

# The coroutines in the order in which they start: number and seconds.
SLEEPS = [
    (8, 0.1), (3, 1.43), (1, 0.1), (9, 2.55), (4, 1.61),
    (2, 2.91), (5, 1.02), (6, 2.49), (7, 2.53), (0, 1.35),
]


async def coro(i, seconds):
    print(f"Coro with {i}, sleeping for {seconds:.2f} seconds")
    await asyncio.sleep(seconds)
    if i == 5 or i == 7:
        raise Exception(f"Exception on i = {i}")
    return i


async def main():
    print("# cell 5: gather")
    started = [(i, asyncio.create_task(coro(i, seconds))) for i, seconds in SLEEPS]
    tasks = [task for i, task in sorted(started)]
    try:
        print(await asyncio.gather(*tasks))
    except Exception as error:
        print(error)


asyncio.run(main())
