# Title: Trap 3: the first that is completed may be several
#
# Why: The notebook takes `done` of FIRST_COMPLETED for one task. All that have ended by the
# time the waiter has its turn are in there.
#
# Question: Three tasks sleep, two of them for the same time. How many are in `done`?
# Answer: Two: both end in the same turn, and the waiter has its own turn after that. So go
# through `done` by a loop, and never take one out of it as the only one.
import asyncio


async def work(name, time):
    await asyncio.sleep(time)
    return name


async def main():
    a = asyncio.create_task(work("a", 0.1))
    b = asyncio.create_task(work("b", 0.1))
    c = asyncio.create_task(work("c", 0.2))
    done, pending = await asyncio.wait([a, b, c], return_when=asyncio.FIRST_COMPLETED)
    print(f"{len(done)} done, {len(pending)} pending")
    print(sorted([task.result() for task in done]))
    await asyncio.wait(pending)


asyncio.run(main())
