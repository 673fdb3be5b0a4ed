# Title: Turn by turn
#
# Why: All tasks share one thread: each runs until its next `await` that has to wait, then
# the next one has its turn. `sleep(0)` waits for nothing but that turn.
#
# Question: Each counts up to its own number. What is printed after `c 1`?
# Answer: `a 2`. The tasks take turns, b has had its two and is over, and a and c have one
# and two left.
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
