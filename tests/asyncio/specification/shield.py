# An await that no cancellation gets through (F113 to F121).
#
# | when                               | who awaits                       | the task  |
# |------------------------------------|----------------------------------|-----------|
# | the task ends                      | has its outcome, two turns later | has ended |
# | the task was cancelled by somebody | has that as an error             | has ended |
# | who awaits is cancelled            | ends next turn                   | runs on   |
import asyncio
from words import *


async def shields(name, task):
    try:
        value = await asyncio.shield(task)
        print(" ", name, "has", value)
    except asyncio.CancelledError:
        print(" ", name, "is cancelled")
        raise
    except ValueError as error:
        print(" ", name, "sees the failure of", error)


# F113, F116, F117: at once, if it had ended before.
async def a_shield_gives_the_outcome_two_turns_after_the_end():
    print("\nA shield gives the outcome two turns after the end.")
    a = asyncio.create_task(ends("a", 3))
    await is_over(asyncio.create_task(shields("it", a)))
    await is_over(asyncio.create_task(shields("it", a)))
    b = asyncio.create_task(fails("b", 1))
    await is_over(asyncio.create_task(shields("it", b)))


async def shields_what_is_cancelled(task):
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        print("  that is an error to who awaits the shield")
        requests()


# F115
async def a_task_that_somebody_cancels_is_an_error_two_turns_later():
    print("\nA task that somebody cancels is an error, two turns later.")
    a = asyncio.create_task(waits("a"))
    task = asyncio.create_task(shields_what_is_cancelled(a))
    await turns(2)
    cancels(a)
    await is_over(task)


# F114: and has heard nothing.
async def cancelling_who_awaits_leaves_the_task_running():
    print("\nCancelling who awaits leaves the task running.")
    a = asyncio.create_task(ends("a", 5))
    task = asyncio.create_task(shields("it", a))
    await is_cancelled_after(2, task)
    await is_over(a)


# F41
async def who_awaits_can_be_cancelled_until_it_has_resumed():
    print("\nWho awaits can be cancelled until it has resumed.")
    for count in range(3, 6):
        a = asyncio.create_task(ends("a", 3))
        task = asyncio.create_task(shields("it", a))
        await is_cancelled_after(count, task)


# F38, F114
async def a_cancellation_that_comes_along_a_chain_of_tasks_ends_at_the_shield():
    print("\nA cancellation that comes along a chain of tasks ends at the shield.")
    a = asyncio.create_task(ends("a", 9))
    b = asyncio.create_task(shields("b", a))
    c = asyncio.create_task(awaits("c", b))
    await is_cancelled_after(3, c)
    await is_over(a)


async def waits_for_what_it_has_shielded():
    a = asyncio.create_task(ends("a", 5))
    try:
        await asyncio.shield(a)
    except asyncio.CancelledError:
        print("  it is cancelled, and waits")
        print("  it has", await a)
        raise


# This is what a shield is for.
async def a_task_may_wait_for_what_it_has_shielded():
    print("\nA task may wait for what it has shielded.")
    task = asyncio.create_task(waits_for_what_it_has_shielded())
    await is_cancelled_after(2, task)


async def cancels_itself_and_shields(task):
    asyncio.current_task().cancel()
    await shields("it", task)
    print("  it does not have to wait")
    await turns(1)


# F43, F116: but not at one that doesn't have to wait.
async def a_task_that_cancels_itself_and_awaits_a_shield_ends_there():
    print("\nA task that cancels itself and awaits a shield ends there.")
    a = asyncio.create_task(ends("a", 4))
    await is_over(asyncio.create_task(cancels_itself_and_shields(a)))
    await is_over(a)
    await is_over(asyncio.create_task(cancels_itself_and_shields(a)))


async def gathers_shields(a, b):
    try:
        await asyncio.gather(asyncio.shield(a), asyncio.shield(b))
    except asyncio.CancelledError:
        print("  it is cancelled")
        raise


# F120: what they shield runs on.
async def shields_in_a_gather_end_as_cancelled():
    print("\nShields in a gather end as cancelled.")
    a = asyncio.create_task(ends("a", 5))
    b = asyncio.create_task(ends("b", 6))
    task = asyncio.create_task(gathers_shields(a, b))
    await is_cancelled_after(2, task)
    await is_over(b)


async def shields_a_gather(a, b):
    try:
        await asyncio.shield(asyncio.gather(a, b))
    except asyncio.CancelledError:
        print("  it is cancelled")
        raise


# F120
async def the_children_of_a_gather_in_a_shield_run_on():
    print("\nThe children of a gather in a shield run on.")
    a = asyncio.create_task(ends("a", 5))
    b = asyncio.create_task(ends("b", 6))
    task = asyncio.create_task(shields_a_gather(a, b))
    await is_cancelled_after(2, task)
    await is_over(b)


async def shields_within_a_limit(task):
    try:
        async with asyncio.timeout(0.005):
            await shields("the shield", task)
    except TimeoutError:
        print("  it is late")


# F121
async def a_shield_under_a_limit_is_late_in_time():
    print("\nA shield under a limit is late in time.")
    a = asyncio.create_task(cleans("a", 2))
    task = asyncio.create_task(shields_within_a_limit(a))
    await asyncio.sleep(0.005)
    print("the time is up")
    await is_over(task)
    cancels(a)
    await is_over(a)


async def main():
    await a_shield_gives_the_outcome_two_turns_after_the_end()
    await a_task_that_somebody_cancels_is_an_error_two_turns_later()
    await cancelling_who_awaits_leaves_the_task_running()
    await who_awaits_can_be_cancelled_until_it_has_resumed()
    await a_cancellation_that_comes_along_a_chain_of_tasks_ends_at_the_shield()
    await a_task_may_wait_for_what_it_has_shielded()
    await a_task_that_cancels_itself_and_awaits_a_shield_ends_there()
    await shields_in_a_gather_end_as_cancelled()
    await the_children_of_a_gather_in_a_shield_run_on()
    await a_shield_under_a_limit_is_late_in_time()


asyncio.run(main())
