# Title: A group, and one of its children fails
#
# Why: At the end of its block a group waits for all its children. If one fails, the group
# cancels the others, waits for them, and raises all errors as one ExceptionGroup.
#
# Question: Child d fails. Who is cancelled, and who isn't?
# Answer: e is, and the sleep in the block itself, so its last line is never printed. c
# isn't: it was done before.
import asyncio


async def child(name, time, fails=False):
    try:
        await asyncio.sleep(time)
    except asyncio.CancelledError:
        print(name, "is cancelled")
        raise
    if fails:
        print(name, "fails")
        raise ValueError(f"{name}: oh")
    print(name, "is done")
    return name


async def main():
    async with asyncio.TaskGroup() as group:
        one = group.create_task(child("a", 0.02))
        group.create_task(child("b", 0.04))
    print("the first group is done:", one.result())

    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(child("c", 0.02))
            group.create_task(child("d", 0.05, fails=True))
            group.create_task(child("e", 9))
            await asyncio.sleep(9)
            print("this is never printed")
    except ExceptionGroup as failed:
        print(failed)
        for error in failed.exceptions:
            print("-", type(error).__name__, error)


asyncio.run(main())
