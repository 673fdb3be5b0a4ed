# Title: Trap 1: gather doesn't wait for all before it raises
#
# Why: The notebook says that `gather` raises an error after all coroutines have completed.
# It raises at the first error, and the others go on behind its back.
#
# Question: At which time does `main` get the error, and when does the slow one end?
# Answer: The error comes at 0.1 s, the end of the slow one at 0.3 s. If `main` ended at
# once, the slow one would be cancelled.
import asyncio


async def fails():
    await asyncio.sleep(0.1)
    raise ValueError("at 0.1 s")


async def slow():
    await asyncio.sleep(0.3)
    print("the slow one ends at 0.3 s")


async def main():
    try:
        await asyncio.gather(slow(), fails())
    except ValueError as error:
        print("gather has raised:", error)
    print("main does something else")
    await asyncio.sleep(0.4)
    print("main is over")


asyncio.run(main())
