# `sleep(0)` lets the others have their turn.
import asyncio


async def count(name, turns):
    for turn in range(turns):
        print(name, turn)
        await asyncio.sleep(0)
    return f"{name}: {turns} turns"


async def main():
    results = await asyncio.gather(count("a", 3), count("b", 2), count("c", 4))
    print(results)


asyncio.run(main())
