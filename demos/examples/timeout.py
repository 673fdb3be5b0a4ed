# Title: Time limits in each other
#
# Why: `asyncio.timeout` cancels what runs in its block when the time is up, and makes a
# TimeoutError of that. If limits stand in each other, each makes it of its own cancellation
# only.
#
# Question: The inner limit is up at 0.09 s. Why does the outer block go on then?
# Answer: The TimeoutError is raised inside of it, and is caught there. The outer time runs
# on, until 0.15 s.
import asyncio


async def slow(time):
    try:
        await asyncio.sleep(time)
        return f"slept for {time} s"
    except asyncio.CancelledError:
        print(f"slow({time}) is cancelled")
        raise


async def main():
    try:
        async with asyncio.timeout(0.15):
            print(await slow(0.05))
            try:
                async with asyncio.timeout(0.04):
                    await slow(5)
            except TimeoutError:
                print("the inner time is up")
            await slow(7)
    except TimeoutError:
        print("the outer time is up")

    print(await asyncio.wait_for(slow(0.02), timeout=1))
    try:
        await asyncio.wait_for(slow(3), timeout=0.02)
    except TimeoutError as error:
        print(repr(error))


asyncio.run(main())
