# What is under a limit, when the time is up (F87 to F112).
#
# | the future            | `timeout`                        | `wait_for` (a task)              |
# |-----------------------|----------------------------------|----------------------------------|
# | waits                 | is cancelled: `TimeoutError`     | is cancelled: `TimeoutError`     |
# | is ready, not resumed | `TimeoutError`                   | `TimeoutError`, the value is lost |
# | awaits a task         | is cancelled when that has ended | the innermost is cancelled first |
# | swallows it           | its value                        | its value                        |
# | fails meanwhile       | its failure                      | its failure                      |
import asyncio
from words import *


async def hears_from(name, task):
    try:
        await awaits(name, task)
    except ValueError:
        pass


async def limits(name, time, task):
    try:
        async with asyncio.timeout(time):
            await hears_from(name, task)
        print(" ", name, "is in time")
    except TimeoutError:
        print(" ", name, "is late")
    except asyncio.CancelledError:
        print(" ", name, "is not late, but cancelled")
        raise


async def waits_for(name, task, time):
    try:
        print(" ", name, "has", await asyncio.wait_for(task, time))
    except TimeoutError:
        print(" ", name, "is late")
    except asyncio.CancelledError:
        print(" ", name, "is cancelled")
        raise
    except ValueError as error:
        print(" ", name, "sees the failure of", error)


# `timeout`


async def sleeps_within(name, limit, time):
    try:
        async with asyncio.timeout(limit):
            await sleeps("the inner future", time)
        print(" ", name, "is in time")
    except TimeoutError:
        print(" ", name, "is late")
    except asyncio.CancelledError:
        print(" ", name, "is not late, but cancelled")
        raise


# F99, F100: when other sleepers resume, in the order in which they were set.
async def a_future_is_cancelled_in_the_turn_in_which_the_time_is_up():
    print("\nA future is cancelled in the turn in which the time is up.")
    before = asyncio.create_task(sleeps("before", 0.005))
    await turns(1)
    task = asyncio.create_task(sleeps_within("it", 0.005, 0.009))
    await turns(1)
    after = asyncio.create_task(sleeps("after", 0.005))
    await is_over_after(0.005, task)
    tells(before)
    await is_over(after)


async def has_no_time():
    async with asyncio.timeout(0):
        await ends("a future that does not wait", 1)
    try:
        async with asyncio.timeout(0):
            await asyncio.sleep(0)
            print("  this is never said")
    except TimeoutError:
        print("  a future that yields is late")
    try:
        async with asyncio.timeout(0):
            await sleeps("a future that sleeps", 0.005)
    except TimeoutError:
        print("  it is late")


# F101
async def with_no_time_at_all_a_future_has_one_turn():
    print("\nWith no time at all a future has one turn.")
    await is_over(asyncio.create_task(has_no_time()))


# F89, F99
async def a_task_that_is_awaited_cleans_up_first():
    print("\nA task that is awaited cleans up first.")
    inner = asyncio.create_task(cleans("inner", 2))
    await is_over_after(0.005, asyncio.create_task(limits("it", 0.005, inner)))


# F90
async def if_the_task_swallows_the_cancellation_its_value_counts():
    print("\nIf the task swallows the cancellation, its value counts.")
    inner = asyncio.create_task(returns("inner", 2))
    await is_over_after(0.005, asyncio.create_task(limits("it", 0.005, inner)))


# F91, F109
async def if_the_task_fails_while_it_cleans_up_its_failure_counts():
    print("\nIf the task fails while it cleans up, its failure counts.")
    inner = asyncio.create_task(breaks("inner", 0))
    await is_over_after(0.005, asyncio.create_task(limits("it", 0.005, inner)))


async def catches_within():
    async with asyncio.timeout(0.005):
        try:
            await sleeps("the inner future", 0.009)
        except asyncio.CancelledError:
            requests()
            await sleeps("the handler", 0.002)
    print("  it is in time")
    requests()


# F108, F110: for as long as it likes.
async def a_future_that_catches_the_cancellation_goes_on_and_is_in_time():
    print("\nA future that catches the cancellation goes on, and is in time.")
    await is_over_after(0.007, asyncio.create_task(catches_within()))


# F41, F96
async def what_is_ready_but_has_not_resumed_is_late():
    print("\nWhat is ready, but has not resumed, is late.")
    await is_over_after(0.005, asyncio.create_task(sleeps_within("it", 0.005, 0.005)))
    inner = asyncio.create_task(sleeps("inner", 0.005))
    await turns(1)
    await is_over_after(0.005, asyncio.create_task(limits("it", 0.005, inner)))
    tells(inner)


# Limits within limits


async def nests(outer, inner):
    try:
        async with asyncio.timeout(outer):
            await sleeps_within("the inner limit", inner, 0.009)
            requests()
            await sleeps("the outer future", 0.009)
    except TimeoutError:
        print("  the outer limit is late")
    requests()


# F104
async def of_limits_that_are_up_together_the_outermost_elapses():
    print("\nOf limits that are up together the outermost elapses.")
    await is_over_after(0.005, asyncio.create_task(nests(0.005, 0.005)))
    await is_over(asyncio.create_task(nests(0, 0)))
    await is_over_after(0.004, asyncio.create_task(nests(0.004, 0.005)))


# F105
async def an_inner_limit_that_elapses_leaves_the_outer_one_running():
    print("\nAn inner limit that elapses leaves the outer one running.")
    await is_over_after(0.005, asyncio.create_task(nests(0.005, 0.004)))


async def is_slow(name, time):
    try:
        await asyncio.sleep(3600)
    except asyncio.CancelledError:
        print(" ", name, "cleans up")
        await sleeps(name, time)
        print(" ", name, "is clean")
        raise


async def nests_around(task):
    try:
        async with asyncio.timeout(0.005):
            await limits("the inner limit", 0.004, task)
    except TimeoutError:
        print("  the outer limit is late")
    requests()


# F104: the task is cancelled once more.
async def an_outer_limit_may_elapse_while_the_inner_one_waits():
    print("\nAn outer limit may elapse while the inner one waits.")
    inner = asyncio.create_task(is_slow("slow", 0.003))
    await is_over_after(0.005, asyncio.create_task(nests_around(inner)))
    tells(inner)


# Cancellations from elsewhere


# F106
async def a_cancellation_from_elsewhere_goes_through():
    print("\nA cancellation from elsewhere goes through.")
    task = asyncio.create_task(sleeps_within("it", 0.005, 0.009))
    await asyncio.sleep(0.003)
    cancels(task)
    await is_over(task)


# F98, F106: it counts for more, whether it comes after the time, before it or together with it.
async def a_cancellation_counts_for_more_than_the_time():
    print("\nA cancellation counts for more than the time.")
    inner = asyncio.create_task(cleans("inner", 4))
    task = asyncio.create_task(limits("it", 0.005, inner))
    await asyncio.sleep(0.005)
    await passes(1)
    cancels(task)
    await is_over(task)
    await passes(3)

    slow = asyncio.create_task(is_slow("slow", 0.005))
    task = asyncio.create_task(limits("it", 0.005, slow))
    await asyncio.sleep(0.003)
    cancels(task)
    await asyncio.sleep(0.002)
    print("the time is up")
    await is_over(task)

    task = asyncio.create_task(sleeps_within("it", 0.005, 0.009))
    await asyncio.sleep(0.005)
    cancels(task)
    await is_over(task)


# `wait_for`


# F15, F88: at once, if it has ended before.
async def the_value_of_a_task_is_there_a_turn_after_its_end():
    print("\nThe value of a task is there a turn after its end.")
    a = asyncio.create_task(ends("a", 3))
    await is_over(asyncio.create_task(waits_for("it", a, 0.009)))
    await is_over(asyncio.create_task(waits_for("it", a, 0.009)))
    await is_over(asyncio.create_task(waits_for("it", a, 0)))
    b = asyncio.create_task(fails("b", 2))
    await is_over(asyncio.create_task(waits_for("it", b, 0.009)))


# F89
async def a_task_that_is_late_is_cancelled_and_waited_for():
    print("\nA task that is late is cancelled, and waited for.")
    a = asyncio.create_task(cleans("a", 2))
    await is_over_after(0.005, asyncio.create_task(waits_for("it", a, 0.005)))


# F90, F91
async def if_it_returns_or_fails_all_the_same_that_counts():
    print("\nIf it returns or fails all the same, that counts.")
    a = asyncio.create_task(returns("a", 1))
    await is_over_after(0.005, asyncio.create_task(waits_for("it", a, 0.005)))
    b = asyncio.create_task(breaks("b", 1))
    await is_over_after(0.005, asyncio.create_task(waits_for("it", b, 0.005)))


# F92, F93
async def with_no_time_at_all_a_task_that_has_not_ended_is_cancelled_at_once():
    print("\nWith no time at all, a task that has not ended is cancelled at once.")
    a = asyncio.create_task(waits("a"))
    await turns(1)
    await is_over(asyncio.create_task(waits_for("it", a, 0)))
    b = asyncio.create_task(returns("b", 2))
    await turns(1)
    await is_over(asyncio.create_task(waits_for("it", b, 0)))
    c = asyncio.create_task(cleans("c", 2))
    await turns(1)
    await is_over(asyncio.create_task(waits_for("it", c, 0)))


async def makes_a_task_and_waits_for_it():
    await waits_for("it", asyncio.create_task(ends("a", 1)), 0)


# F92
async def with_no_time_at_all_a_task_that_has_not_begun_does_not_begin():
    print("\nWith no time at all, a task that has not begun does not begin.")
    await is_over(asyncio.create_task(makes_a_task_and_waits_for_it()))


# F94
async def cancelling_who_waits_cancels_the_task_which_is_waited_for():
    print("\nCancelling who waits cancels the task, which is waited for.")
    a = asyncio.create_task(cleans("a", 2))
    task = asyncio.create_task(waits_for("it", a, 0.009))
    await is_cancelled_after(2, task)


# F41, F95: that is lost to who waits.
async def who_waits_can_be_cancelled_although_the_task_has_just_ended():
    print("\nWho waits can be cancelled although the task has just ended.")
    a = asyncio.create_task(ends("a", 3))
    task = asyncio.create_task(waits_for("it", a, 0.009))
    await is_cancelled_after(3, task)
    print("a has returned", a.result())


async def is_interrupted():
    try:
        await asyncio.sleep(3600)
    except asyncio.CancelledError:
        print("  a cleans up")
        try:
            await asyncio.sleep(0.005)
        except asyncio.CancelledError:
            print("  a is interrupted, and cleans up further")
            await turns(2)
            print("  a is clean")
            raise


# F46, F98: it goes to the task once more.
async def a_cancellation_while_a_late_task_cleans_up_counts_for_more():
    print("\nA cancellation while a late task cleans up counts for more.")
    a = asyncio.create_task(is_interrupted())
    task = asyncio.create_task(waits_for("it", a, 0.005))
    await asyncio.sleep(0.007)
    cancels(task)
    await is_over(task)
    tells(a)


# The wait isn't for the task then, but for its end.
async def cancelling_who_waits_with_no_time_at_all_leaves_the_task_cleaning_up():
    print("\nCancelling who waits with no time at all leaves the task cleaning up.")
    a = asyncio.create_task(cleans("a", 4))
    await turns(1)
    task = asyncio.create_task(waits_for("it", a, 0))
    await is_cancelled_after(3, task)
    await is_over(a)


async def main():
    # `timeout`
    await a_future_is_cancelled_in_the_turn_in_which_the_time_is_up()
    await with_no_time_at_all_a_future_has_one_turn()
    await a_task_that_is_awaited_cleans_up_first()
    await if_the_task_swallows_the_cancellation_its_value_counts()
    await if_the_task_fails_while_it_cleans_up_its_failure_counts()
    await a_future_that_catches_the_cancellation_goes_on_and_is_in_time()
    await what_is_ready_but_has_not_resumed_is_late()

    # Limits within limits
    await of_limits_that_are_up_together_the_outermost_elapses()
    await an_inner_limit_that_elapses_leaves_the_outer_one_running()
    await an_outer_limit_may_elapse_while_the_inner_one_waits()

    # Cancellations from elsewhere
    await a_cancellation_from_elsewhere_goes_through()
    await a_cancellation_counts_for_more_than_the_time()

    # `wait_for`
    await the_value_of_a_task_is_there_a_turn_after_its_end()
    await a_task_that_is_late_is_cancelled_and_waited_for()
    await if_it_returns_or_fails_all_the_same_that_counts()
    await with_no_time_at_all_a_task_that_has_not_ended_is_cancelled_at_once()
    await with_no_time_at_all_a_task_that_has_not_begun_does_not_begin()
    await cancelling_who_waits_cancels_the_task_which_is_waited_for()
    await who_waits_can_be_cancelled_although_the_task_has_just_ended()
    await a_cancellation_while_a_late_task_cleans_up_counts_for_more()
    await cancelling_who_waits_with_no_time_at_all_leaves_the_task_cleaning_up()


asyncio.run(main())
