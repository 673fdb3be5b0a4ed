# An error that nobody catches ends the program; what is left is cancelled.
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
