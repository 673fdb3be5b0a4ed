# `wait` with a time limit: nothing fails, and nobody is cancelled.
import asyncio


async def work(name, time):
    await asyncio.sleep(time)
    print(name, "is done")
    return time


async def main():
    quick = asyncio.create_task(work("quick", 0.03))
    slow = asyncio.create_task(work("slow", 0.2))
    done, pending = await asyncio.wait([quick, slow], timeout=0.1)
    print("quick in done:", quick in done, "- slow in pending:", slow in pending)
    print("slow is cancelled:", slow.cancelled())
    print(await quick + await slow)


asyncio.run(main())
