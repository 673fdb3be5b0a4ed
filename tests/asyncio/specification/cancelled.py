# A task is cancelled (F34 to F49).
#
# | the task        | what a request to end does                                     |
# |-----------------|----------------------------------------------------------------|
# | hasn't begun    | it ends, having run none of its code                           |
# | waits           | it ends next turn                                              |
# | is ready        | it ends, and the value is lost                                 |
# | is being polled | it ends once it waits or returns                               |
# | awaits a task   | that one is cancelled, and this one ends after it              |
# | has ended       | nothing                                                        |
import asyncio
from words import *


# F34, F45: those that come too late don't count.
async def requests_are_counted():
    print("\nRequests are counted.")
    task = asyncio.create_task(waits("a"))
    await turns(1)
    cancels(task)
    cancels(task)
    print("the task has ended:", task.done(), "requests:", task.cancelling())
    await is_over(task)
    cancels(task)
    tells(task)


# F36
async def a_task_that_has_not_begun_runs_nothing():
    print("\nA task that has not begun runs nothing.")
    task = asyncio.create_task(ends("a", 1))
    cancels(task)
    await is_over(task)


async def is_nested():
    try:
        await awaits("b", sleeps("c", 3600))
    finally:
        print("  a cleans up")


# F37, F52: what it holds goes before anybody sees its end.
async def a_waiting_task_ends_next_turn_from_the_inside_out():
    print("\nA waiting task ends next turn, from the inside out.")
    task = asyncio.create_task(is_nested())
    await is_cancelled_after(2, task)


# F41, F42
async def a_task_that_is_ready_is_cancelled_all_the_same():
    print("\nA task that is ready is cancelled all the same.")
    future = asyncio.get_running_loop().create_future()
    task = asyncio.create_task(awaits("a", future))
    await turns(1)
    future.set_result("a value")
    cancels(task)
    await is_over(task)


async def cancels_itself():
    asyncio.current_task().cancel()
    print("  a cancels itself")
    await ends("what doesn't wait", 1)
    await turns(1)
    print("  this is never said")


# F14, F43
async def a_task_that_cancels_itself_runs_on_until_it_waits():
    print("\nA task that cancels itself runs on until it waits.")
    await is_over(asyncio.create_task(cancels_itself()))


async def cancels_itself_and_returns(ended):
    asyncio.current_task().cancel()
    await awaits("a", ended)
    print("  a returns")
    return "this is lost"


# F43, F44: an await that doesn't have to wait delivers nothing.
async def a_task_that_cancels_itself_and_returns_ends_as_cancelled():
    print("\nA task that cancels itself and returns ends as cancelled.")
    ended = asyncio.create_task(ends("another", 1))
    await turns(1)
    await is_over(asyncio.create_task(cancels_itself_and_returns(ended)))


async def cancels_itself_thrice():
    for _ in range(3):
        asyncio.current_task().cancel()
    try:
        await turns(1)
    except asyncio.CancelledError:
        print("  a catches that")
    requests()
    await ends("a", 2)


# F43, F45: but all count.
async def several_requests_of_a_task_to_itself_are_one_end():
    print("\nSeveral requests of a task to itself are one end.")
    await is_over(asyncio.create_task(cancels_itself_thrice()))


# What a task waits for.


# F38: each level takes a turn to end. It counts for each task on the way.
async def a_request_goes_to_the_innermost_wait():
    print("\nA request goes to the innermost wait.")
    a = asyncio.create_task(waits("a"))
    b = asyncio.create_task(awaits("b", a))
    c = asyncio.create_task(awaits("c", b))
    await turns(3)
    cancels(c)
    print("requests:", a.cancelling(), b.cancelling(), c.cancelling())
    await is_over(c)


async def spawns_and_awaits():
    a = asyncio.create_task(ends("a", 1))
    print("  b awaits a")
    await awaits("b", a)


# F36, F38: the outer task ends after it.
async def an_inner_task_that_has_not_begun_does_not_begin():
    print("\nAn inner task that has not begun does not begin.")
    b = asyncio.create_task(spawns_and_awaits())
    await is_cancelled_after(1, b)


# F38
async def the_outer_task_waits_for_the_inner_one_to_clean_up():
    print("\nThe outer task waits for the inner one to clean up.")
    a = asyncio.create_task(cleans("a", 3))
    b = asyncio.create_task(awaits("b", a))
    c = asyncio.create_task(awaits("c", b))
    await is_cancelled_after(3, c)


# F39: it isn't cancelled. The request stays counted.
async def if_the_inner_task_returns_all_the_same_the_outer_one_goes_on():
    print("\nIf the inner task returns all the same, the outer one goes on.")
    a = asyncio.create_task(returns("a", 2))
    b = asyncio.create_task(awaits("b", a))
    c = asyncio.create_task(awaits("c", b))
    await is_cancelled_after(3, c)


async def says_what_comes_of(task):
    try:
        await awaits("c", task)
    except ValueError:
        await ends("c", 2)


# F40
async def if_the_inner_task_fails_as_it_cleans_up_the_outer_one_sees_that():
    print("\nIf the inner task fails as it cleans up, the outer one sees that.")
    a = asyncio.create_task(breaks("a", 0))
    b = asyncio.create_task(awaits("b", a))
    c = asyncio.create_task(says_what_comes_of(b))
    await is_cancelled_after(3, c)


# F41: the inner one isn't asked.
async def a_task_whose_inner_task_has_ended_is_cancelled_itself():
    print("\nA task whose inner task has ended is cancelled itself.")
    a = asyncio.create_task(ends("a", 3))
    b = asyncio.create_task(awaits("b", a))
    await is_cancelled_after(3, b)
    tells(a)


# F46: while the inner task cleans up.
async def further_requests_are_passed_on_too():
    print("\nFurther requests are passed on too.")
    a = asyncio.create_task(cleans("a", 5))
    b = asyncio.create_task(awaits("b", a))
    await turns(2)
    cancels(b)
    await passes(2)
    cancels(b)
    await is_over(b)
    tells(a)


async def cancels_itself_and_awaits(task):
    await turns(1)
    print("  a cancels itself")
    asyncio.current_task().cancel()
    await awaits("a", task)


# F43
async def a_task_that_cancels_itself_and_awaits_another_cancels_that():
    print("\nA task that cancels itself and awaits another cancels that.")
    b = asyncio.create_task(cleans("b", 1))
    a = asyncio.create_task(cancels_itself_and_awaits(b))
    await is_over(a)
    tells(b)


async def is_asked(task):
    try:
        await task
    except asyncio.CancelledError:
        print("  that is an error to who awaits it")
        requests()
        await ends("b", 2)


# F49
async def the_cancellation_of_another_task_is_an_error_like_others():
    print("\nThe cancellation of another task is an error like others.")
    a = asyncio.create_task(waits("a"))
    b = asyncio.create_task(is_asked(a))
    await turns(2)
    cancels(a)
    await is_over(b)


async def main():
    await requests_are_counted()
    await a_task_that_has_not_begun_runs_nothing()
    await a_waiting_task_ends_next_turn_from_the_inside_out()
    await a_task_that_is_ready_is_cancelled_all_the_same()
    await a_task_that_cancels_itself_runs_on_until_it_waits()
    await a_task_that_cancels_itself_and_returns_ends_as_cancelled()
    await several_requests_of_a_task_to_itself_are_one_end()

    # What a task waits for.
    await a_request_goes_to_the_innermost_wait()
    await an_inner_task_that_has_not_begun_does_not_begin()
    await the_outer_task_waits_for_the_inner_one_to_clean_up()
    await if_the_inner_task_returns_all_the_same_the_outer_one_goes_on()
    await if_the_inner_task_fails_as_it_cleans_up_the_outer_one_sees_that()
    await a_task_whose_inner_task_has_ended_is_cancelled_itself()
    await further_requests_are_passed_on_too()
    await a_task_that_cancels_itself_and_awaits_another_cancels_that()
    await the_cancellation_of_another_task_is_an_error_like_others()


asyncio.run(main())
