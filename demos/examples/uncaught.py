# Title: An error that nobody catches
#
# Why: An error goes up through all that await, as through calls. If `main` doesn't catch it
# either, `asyncio.run` cancels what is left, and then raises it.
#
# Question: The first `retry` catches two errors. Why does the second one end the program?
# Answer: It has two attempts only, both fail, and then it raises a RuntimeError, which is
# no OSError. The helper is cancelled before the error is told.
import asyncio


async def helper():
    try:
        await asyncio.sleep(5)
    finally:
        print("helper: is cancelled by the end")


async def retry(times):
    for attempt in range(1, times + 1):
        try:
            await asyncio.sleep(0.02)
            if attempt < 3:
                raise ConnectionError(f"attempt {attempt}")
            return attempt
        except OSError as error:
            print("again, since:", error)
    raise RuntimeError("none left")


async def main():
    asyncio.create_task(helper())
    print("it took", await retry(5), "attempts")
    await retry(2)
    print("this is never printed")


asyncio.run(main())
