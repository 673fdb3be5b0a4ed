# Who gathers is cancelled (F78 to F86).
#
# | the children, being cancelled | `gather`                      | with `return_exceptions`     |
# |-------------------------------|-------------------------------|------------------------------|
# | end as cancelled              | ends its task, with the first | ends its task, with the last |
# | fail, the first of them       | gives that failure            | ends its task, with the last |
# | return all the same           | ends its task, with the last  | ends its task, with the last |
# | have all ended before         | the task is cancelled itself  | the same                     |
import asyncio
from words import *


async def gathers(name, children):
    try:
        print(" ", name, "has", await asyncio.gather(*children))
    except asyncio.CancelledError:
        print(" ", name, "is cancelled")
        raise
    except ValueError as error:
        print(" ", name, "sees the failure of", error)


async def gathers_all(name, children):
    try:
        print(" ", name, "has", await asyncio.gather(*children, return_exceptions=True))
    except asyncio.CancelledError:
        print(" ", name, "is cancelled")
        raise


# F78: the task ends two turns after the first of them.
async def all_children_are_cancelled_in_their_order():
    print("\nAll children are cancelled, in their order.")
    children = [asyncio.create_task(waits(name)) for name in ["a", "b", "c"]]
    await is_cancelled_after(2, asyncio.create_task(gathers("g", children)))


# F36, F78
async def children_that_have_not_begun_do_not_begin():
    print("\nChildren that have not begun do not begin.")
    children = [ends("a", 1), ends("b", 1)]
    await is_cancelled_after(1, asyncio.create_task(gathers("g", children)))


# F78
async def children_that_have_ended_are_left_alone():
    print("\nChildren that have ended are left alone.")
    children = [asyncio.create_task(ends("a", 1)), asyncio.create_task(waits("b"))]
    await is_cancelled_after(4, asyncio.create_task(gathers("g", children)))


# F85
async def a_child_that_is_given_twice_is_cancelled_twice():
    print("\nA child that is given twice is cancelled twice.")
    child = asyncio.create_task(cleans("c", 1))
    await is_cancelled_after(2, asyncio.create_task(gathers("g", [child, child])))
    tells(child)


async def cancels_itself_and_gathers(children):
    asyncio.current_task().cancel()
    print("  g cancels itself")
    await gathers("g", children)


# F43
async def a_task_that_cancels_itself_and_gathers_cancels_the_children():
    print("\nA task that cancels itself and gathers cancels the children.")
    children = [asyncio.create_task(cleans("a", 1)), asyncio.create_task(ends("b", 9))]
    await turns(1)
    task = asyncio.create_task(cancels_itself_and_gathers(children))
    await is_over(task)
    await passes(1)


# F79: the others go on cleaning up.
async def the_task_ends_with_the_first_child_that_ends_as_cancelled():
    print("\nThe task ends with the first child that ends as cancelled.")
    a = asyncio.create_task(cleans("a", 3))
    b = asyncio.create_task(cleans("b", 1))
    c = asyncio.create_task(returns("c", 5))
    await is_cancelled_after(2, asyncio.create_task(gathers("g", [a, b, c])))
    await passes(3)


# F79
async def a_child_that_returns_all_the_same_does_not_end_the_task():
    print("\nA child that returns all the same does not end the task.")
    children = [asyncio.create_task(returns("a", 1)), asyncio.create_task(cleans("b", 3))]
    await is_cancelled_after(2, asyncio.create_task(gathers("g", children)))


# F82
async def if_all_children_return_the_task_ends_with_the_last():
    print("\nIf all children return, the task ends with the last.")
    children = [asyncio.create_task(returns("a", 1)), asyncio.create_task(returns("b", 2))]
    await is_cancelled_after(2, asyncio.create_task(gathers("g", children)))
    children = [asyncio.create_task(returns("a", 1)), asyncio.create_task(returns("b", 2))]
    await is_cancelled_after(2, asyncio.create_task(gathers_all("g", children)))


# F80
async def with_return_exceptions_the_task_ends_with_the_last_child():
    print("\nWith return_exceptions the task ends with the last child.")
    a = asyncio.create_task(cleans("a", 3))
    b = asyncio.create_task(returns("b", 1))
    c = asyncio.create_task(breaks("c", 5))
    await is_cancelled_after(2, asyncio.create_task(gathers_all("g", [a, b, c])))


# F81: it isn't cancelled.
async def a_failure_that_comes_first_is_what_the_task_gets():
    print("\nA failure that comes first is what the task gets.")
    children = [asyncio.create_task(cleans("a", 3)), asyncio.create_task(breaks("b", 1))]
    await is_cancelled_after(2, asyncio.create_task(gathers("g", children)))


# F81
async def a_failure_in_the_turn_of_a_cancellation_counts_if_it_comes_first():
    print("\nA failure in the turn of a cancellation counts if it comes first.")
    children = [asyncio.create_task(breaks("a", 1)), asyncio.create_task(cleans("b", 1))]
    await is_cancelled_after(2, asyncio.create_task(gathers("g", children)))
    children = [asyncio.create_task(cleans("b", 1)), asyncio.create_task(breaks("a", 1))]
    await is_cancelled_after(2, asyncio.create_task(gathers("g", children)))


# F38
async def a_child_that_awaits_a_task_ends_after_it():
    print("\nA child that awaits a task ends after it.")
    inner = asyncio.create_task(cleans("inner", 2))
    child = asyncio.create_task(awaits("child", inner))
    other = asyncio.create_task(waits("other"))
    await is_cancelled_after(2, asyncio.create_task(gathers("g", [child, other])))
    await passes(2)


# F46
async def a_further_cancellation_is_passed_on_to_children_that_clean_up():
    print("\nA further cancellation is passed on to children that clean up.")
    children = [asyncio.create_task(returns("a", 5)), asyncio.create_task(returns("b", 5))]
    task = asyncio.create_task(gathers("g", children))
    await turns(2)
    cancels(task)
    await is_cancelled_after(2, task)
    for child in children:
        tells(child)


# F41, F83, F84: in the turn in which the task would have resumed. After that it is too late.
async def a_task_whose_children_have_all_ended_is_cancelled_itself():
    print("\nA task whose children have all ended is cancelled itself.")
    for count in range(3, 6):
        children = [asyncio.create_task(ends("a", 2)), asyncio.create_task(ends("b", 3))]
        await is_cancelled_after(count, asyncio.create_task(gathers("g", children)))


# F81, F84: in the turn of the failure the others are cancelled, and the failure comes out. A
# turn later the task is cancelled itself, and the others go on.
async def a_task_whose_gather_has_failed_is_cancelled_itself():
    print("\nA task whose gather has failed is cancelled itself.")
    for count in range(2, 5):
        failing = asyncio.create_task(fails("a", 2))
        other = asyncio.create_task(ends("b", 9))
        await is_cancelled_after(count, asyncio.create_task(gathers("g", [failing, other])))
        await passes(6)


async def catches(children):
    try:
        await asyncio.gather(*children)
    except asyncio.CancelledError:
        print("  g catches")
    await ends("g", 2)


# F79
async def a_task_that_catches_goes_on_while_its_children_clean_up():
    print("\nA task that catches goes on while its children clean up.")
    children = [asyncio.create_task(cleans("a", 6)), asyncio.create_task(waits("b"))]
    await is_cancelled_after(2, asyncio.create_task(catches(children)))
    await passes(5)


# F78: each for its children.
async def gathers_within_gathers_pass_a_cancellation_on():
    print("\nGathers within gathers pass a cancellation on.")
    a = [asyncio.create_task(waits("a1")), asyncio.create_task(cleans("a2", 2))]
    b = [asyncio.create_task(waits("b1")), asyncio.create_task(cleans("b2", 2))]
    children = [asyncio.create_task(gathers("a", a)), asyncio.create_task(gathers("b", b))]
    await is_cancelled_after(3, asyncio.create_task(gathers("g", children)))


async def gathers_one(task):
    await asyncio.gather(task)


# F78
async def children_deep_down_are_cancelled_in_their_order():
    print("\nChildren deep down are cancelled in their order.")
    children = [asyncio.create_task(waits(name)) for name in ["a", "b", "c"]]
    task = asyncio.create_task(gathers("innermost", children))
    for _ in range(40):
        task = asyncio.create_task(gathers_one(task))
    await turns(50)
    cancels(task)
    await passes(3)
    await turns(90)
    tells(task)


# F78: though nobody has cancelled that one.
async def who_awaits_a_gather_that_was_cancelled_ends_as_cancelled():
    print("\nWho awaits a gather that was cancelled ends as cancelled.")
    gathering = asyncio.gather(cleans("a", 2), waits("b"))
    await turns(2)
    cancels(gathering)
    task = asyncio.create_task(awaits("g", gathering))
    await is_over(task)


async def cancels_what_it_gathers():
    gathering = asyncio.gather(cleans("a", 2), waits("b"), return_exceptions=True)
    await turns(1)
    print("  g cancels")
    gathering.cancel()
    await awaits("g", gathering)


# F80
async def who_gathers_may_cancel_that_and_ends_as_cancelled():
    print("\nWho gathers may cancel that, and ends as cancelled.")
    task = asyncio.create_task(cancels_what_it_gathers())
    await is_over(task)


async def main():
    await all_children_are_cancelled_in_their_order()
    await children_that_have_not_begun_do_not_begin()
    await children_that_have_ended_are_left_alone()
    await a_child_that_is_given_twice_is_cancelled_twice()
    await a_task_that_cancels_itself_and_gathers_cancels_the_children()

    # Until when the task waits.
    await the_task_ends_with_the_first_child_that_ends_as_cancelled()
    await a_child_that_returns_all_the_same_does_not_end_the_task()
    await if_all_children_return_the_task_ends_with_the_last()
    await with_return_exceptions_the_task_ends_with_the_last_child()
    await a_failure_that_comes_first_is_what_the_task_gets()
    await a_failure_in_the_turn_of_a_cancellation_counts_if_it_comes_first()
    await a_child_that_awaits_a_task_ends_after_it()
    await a_further_cancellation_is_passed_on_to_children_that_clean_up()

    # A cancellation that comes late.
    await a_task_whose_children_have_all_ended_is_cancelled_itself()
    await a_task_whose_gather_has_failed_is_cancelled_itself()

    # Gathers within others, and gathers that nobody awaits yet.
    await a_task_that_catches_goes_on_while_its_children_clean_up()
    await gathers_within_gathers_pass_a_cancellation_on()
    await children_deep_down_are_cancelled_in_their_order()
    await who_awaits_a_gather_that_was_cancelled_ends_as_cancelled()
    await who_gathers_may_cancel_that_and_ends_as_cancelled()


asyncio.run(main())
