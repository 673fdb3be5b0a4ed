# Title: The three conditions of wait
#
# Why: `return_when` says what is enough for `wait` to return. Here the same three tasks are
# waited for three times, each time with another condition.
#
# Question: The quick one returns, the middle one fails, the slow one returns. How many are
# done each time?
# Answer: One, two, three: the first end is enough, then the first failure, then only the
# end of all.
import asyncio


async def work(name, time, fails=False):
    await asyncio.sleep(time)
    if fails:
        raise ValueError(f"{name} failed")
    return name


async def try_condition(title, condition):
    quick = asyncio.create_task(work("quick", 0.1))
    middle = asyncio.create_task(work("middle", 0.2, fails=True))
    slow = asyncio.create_task(work("slow", 0.3))
    tasks = [quick, middle, slow]
    done, pending = await asyncio.wait(tasks, return_when=condition)
    print(f"{title}: {len(done)} done, {len(pending)} pending")
    # The rest is waited for, and its errors are looked at.
    await asyncio.gather(*tasks, return_exceptions=True)


async def main():
    await try_condition("FIRST_COMPLETED", asyncio.FIRST_COMPLETED)
    await try_condition("FIRST_EXCEPTION", asyncio.FIRST_EXCEPTION)
    await try_condition("ALL_COMPLETED", asyncio.ALL_COMPLETED)


asyncio.run(main())
