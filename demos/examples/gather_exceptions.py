# Cell 6 of the notebook, in small: gather takes exceptions for results.
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
