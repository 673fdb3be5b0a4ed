# Title: Gather takes errors for results
#
# Why: Cell 6 of the notebook, in small: with `return_exceptions=True` an error is a result
# as any other, at its place in the list. So all are waited for, and no error is lost.
#
# Question: The slowest is work(0). At which place of the list is its result?
# Answer: At the first. The list has the order of the arguments, not that of the ends.
import asyncio


async def work(number):
    await asyncio.sleep((5 - number) * 0.03)
    print(f"{number} slept")
    if number in (1, 3):
        raise ValueError(f"{number} failed")
    return number * 10


async def main():
    results = await asyncio.gather(*[work(number) for number in range(5)], return_exceptions=True)
    print(results)
    total = 0
    for result in results:
        if isinstance(result, Exception):
            print(type(result).__name__, "-", result)
        else:
            total += result
    print("total:", total)


asyncio.run(main())
