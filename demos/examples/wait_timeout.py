# Title: Wait with a time limit
#
# Why: The `timeout=` of `wait` ends the waiting, and nothing else. It raises no error, and
# cancels nobody: whoever isn't done is in `pending`.
#
# Question: What becomes of the slow task when the time is up?
# Answer: It goes on, and is awaited in the last line. `wait_for` and `asyncio.timeout`
# would have cancelled it.
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
