# A group, its block and its tasks, when they end and are cancelled (F134 to F155).
#
# | what happens first               | the block    | the tasks     | the group gives                     |
# |----------------------------------|--------------|---------------|-------------------------------------|
# | the block and all tasks return   | has ended    | have ended    | the block's value                   |
# | a task fails                     | is cancelled | are cancelled | all failures                        |
# | the block fails                  | has ended    | are cancelled | all failures, its own last          |
# | a task is cancelled              | goes on      | go on         | as if it had returned               |
# | who runs the group is cancelled  | is cancelled | are cancelled | nothing: that one ends as cancelled |
# | the same, and a task fails at it | is cancelled | are cancelled | all failures; it is cancelled after that |
#
# Whoever is cancelled is waited for.
import asyncio
from words import *


def tells_failures(name, group):
    print(" ", name, "fails:", [f"{error}" for error in group.exceptions])


async def goes_on(name):
    print(" ", name, "goes on; requests to end:", asyncio.current_task().cancelling())
    await sleeps(name, 0)
    await sleeps(name, 0)


# All return.


async def two_return():
    async with asyncio.TaskGroup() as group:
        group.create_task(ends("a", 2))
        group.create_task(ends("b", 4))
        print("  the block ends")
    print("  the group is over")


# F134, F150, F153
async def a_group_is_over_two_turns_after_its_last_task():
    print("\nA group is over two turns after its last task.")
    await is_over(asyncio.create_task(two_return()))


async def one_is_awaited(count):
    async with asyncio.TaskGroup() as group:
        task = group.create_task(ends("a", 1))
        await task
        await turns(count)
        print("  the block ends")
    print("  the group is over")


async def none():
    async with asyncio.TaskGroup():
        print("  the block ends")
    print("  the group is over")


# F150: if one has just ended, a turn later.
async def a_group_without_tasks_is_over_at_once():
    print("\nA group without tasks is over at once.")
    await is_over(asyncio.create_task(none()))
    await is_over(asyncio.create_task(one_is_awaited(2)))
    await is_over(asyncio.create_task(one_is_awaited(0)))


async def spawns(group, turn):
    await ends("a", turn)
    group.create_task(ends("late", 3))


async def a_task_spawns():
    async with asyncio.TaskGroup() as group:
        group.create_task(spawns(group, 4))
    print("  the group is over")


# F143
async def a_task_may_spawn_another_while_the_group_waits():
    print("\nA task may spawn another while the group waits.")
    await is_over(asyncio.create_task(a_task_spawns()))


async def a_task_is_cancelled():
    async with asyncio.TaskGroup() as group:
        a = group.create_task(waits("a"))
        group.create_task(ends("b", 5))
        await turns(1)
        a.cancel()
    print("  the group is over")


# F138
async def a_task_that_somebody_cancels_is_no_failure():
    print("\nA task that somebody cancels is no failure.")
    await is_over(asyncio.create_task(a_task_is_cancelled()))


# A task fails.


async def fails_within_the_block():
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(fails("a", 2))
            group.create_task(cleans("b", 2))
            group.create_task(waits("c"))
            await waits("the block")
    except ExceptionGroup as failed:
        tells_failures("the group", failed)


# F135, F148, F149: all are waited for. That was no request to end who runs the group.
async def the_first_failure_cancels_the_block_and_the_other_tasks():
    print("\nThe first failure cancels the block and the other tasks.")
    await is_over(asyncio.create_task(fails_within_the_block()))


async def fails_after_the_block():
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(fails("a", 2))
            group.create_task(cleans("b", 2))
    except ExceptionGroup as failed:
        tells_failures("the group", failed)


# F142
async def a_failure_after_the_block_cancels_the_rest():
    print("\nA failure after the block cancels the rest.")
    await is_over(asyncio.create_task(fails_after_the_block()))


async def four_fail():
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(fails("a", 2))
            group.create_task(breaks("b", 2))
            group.create_task(fails("c", 2))
            group.create_task(breaks("d", 0))
            await waits("the block")
    except ExceptionGroup as failed:
        tells_failures("the group", failed)


# F135, F136
async def all_failures_are_told_in_the_order_in_which_they_came():
    print("\nAll failures are told in the order in which they came.")
    await is_over(asyncio.create_task(four_fail()))


async def awaits_one_that_fails():
    try:
        async with asyncio.TaskGroup() as group:
            a = group.create_task(fails("a", 3))
            group.create_task(waits("b"))
            await a
            print("  this is never said")
    except ExceptionGroup as failed:
        tells_failures("the group", failed)


# F41: it would have seen the failure, but for the cancellation, which comes first.
async def the_block_does_not_resume_from_a_task_that_has_failed():
    print("\nThe block does not resume from a task that has failed.")
    await is_over(asyncio.create_task(awaits_one_that_fails()))


async def block_catches():
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(fails("a", 2))
            group.create_task(waits("b"))
            try:
                await waits("the block")
            except asyncio.CancelledError:
                print("  the block catches that")
            await ends("the block", 3)
    except ExceptionGroup as failed:
        tells_failures("the group", failed)


# F47
async def a_block_that_catches_its_cancellation_goes_on():
    print("\nA block that catches its cancellation goes on.")
    await is_over(asyncio.create_task(block_catches()))


# The block fails.


async def block_fails():
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(breaks("a", 1))
            group.create_task(waits("b"))
            await fails("the block", 3)
    except ExceptionGroup as failed:
        tells_failures("the group", failed)


async def block_fails_at_once():
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(ends("a", 1))
            await fails("the block", 1)
    except ExceptionGroup as failed:
        tells_failures("the group", failed)


# F137: its own failure is the last that is told.
async def a_failure_of_the_block_cancels_the_tasks():
    print("\nA failure of the block cancels the tasks.")
    await is_over(asyncio.create_task(block_fails()))
    await is_over(asyncio.create_task(block_fails_at_once()))


# Who runs the group is cancelled.


async def two_wait(block):
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(cleans("a", 2))
            group.create_task(waits("b"))
            if block:
                await waits("the block")
    except asyncio.CancelledError:
        print("  the group is cancelled")
        raise


# F139: in the block, or when that is over; the tasks are waited for.
async def cancelling_who_runs_a_group_cancels_all_in_it():
    print("\nCancelling who runs a group cancels all in it.")
    await is_cancelled_after(2, asyncio.create_task(two_wait(block=True)))
    await is_cancelled_after(2, asyncio.create_task(two_wait(block=False)))


async def awaits_one_that_cleans():
    try:
        async with asyncio.TaskGroup() as group:
            a = group.create_task(cleans("a", 2))
            group.create_task(waits("b"))
            try:
                await a
            except asyncio.CancelledError:
                print("  the block is cancelled")
                raise
    except asyncio.CancelledError:
        print("  the group is cancelled")
        raise


# F38, F139
async def a_task_that_the_block_awaits_ends_first():
    print("\nA task that the block awaits ends first.")
    await is_cancelled_after(2, asyncio.create_task(awaits_one_that_cleans()))


async def breaks_when_cancelled():
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(breaks("a", 1))
            await waits("the block")
    except ExceptionGroup as failed:
        tells_failures("the group", failed)
    await goes_on("who runs it")


# F140: the cancellation comes after the failures, at the next wait.
async def failures_while_all_are_cancelled_come_out_first():
    print("\nFailures while all are cancelled come out first.")
    await is_cancelled_after(2, asyncio.create_task(breaks_when_cancelled()))


async def fails_before():
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(fails("a", 2))
            group.create_task(cleans("b", 4))
            await waits("the block")
    except ExceptionGroup as failed:
        tells_failures("the group", failed)
    await goes_on("who runs it")


# F140, F141: it adds nothing to the cancelling of the tasks.
async def a_cancellation_while_the_group_fails_comes_after_the_failures():
    print("\nA cancellation while the group fails comes after the failures.")
    await is_cancelled_after(6, asyncio.create_task(fails_before()))


async def fails_at_that_time():
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(fails("a", 2))
            await waits("the block")
    except ExceptionGroup as failed:
        tells_failures("the group", failed)
    except asyncio.CancelledError:
        print("  the group is cancelled")
        raise
    await goes_on("who runs it")


# F140
async def a_cancellation_and_a_failure_may_come_at_about_the_same_time():
    print("\nA cancellation and a failure may come at about the same time.")
    for count in range(1, 4):
        await is_cancelled_after(count, asyncio.create_task(fails_at_that_time()))


async def one_cleans():
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(cleans("a", 4))
    except asyncio.CancelledError:
        print("  the group is cancelled")
        raise


# F141: they aren't passed on to them.
async def further_cancellations_leave_tasks_that_clean_up_alone():
    print("\nFurther cancellations leave tasks that clean up alone.")
    task = asyncio.create_task(one_cleans())
    await turns(2)
    cancels(task)
    await passes(3)
    cancels(task)
    await is_over(task)


async def one_returns():
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(ends("a", 2))
        print("  the group is over")
    except asyncio.CancelledError:
        print("  the group is cancelled")
        raise


# F41: until it has resumed from the end of its last task.
async def a_group_can_be_cancelled_after_its_last_task_has_ended():
    print("\nA group can be cancelled after its last task has ended.")
    for count in range(2, 5):
        await is_cancelled_after(count, asyncio.create_task(one_returns()))


async def cancels_its_own_task():
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(cleans("a", 1))
            await turns(1)
            asyncio.current_task().cancel()
            print("  the block cancels its task")
    except asyncio.CancelledError:
        print("  the group is cancelled")
        raise


async def cancels_its_own_task_alone():
    async with asyncio.TaskGroup():
        asyncio.current_task().cancel()
        print("  the block cancels its task")
    await goes_on("who runs it")


# F43: that is met at the next wait, which is that for the tasks, or comes after the group.
async def a_block_may_cancel_its_own_task():
    print("\nA block may cancel its own task.")
    await is_over(asyncio.create_task(cancels_its_own_task()))
    await is_over(asyncio.create_task(cancels_its_own_task_alone()))


async def catches_what_came_from_elsewhere():
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(waits("c"))
            group.create_task(ends("d", 6))
            try:
                await waits("the block")
            except asyncio.CancelledError:
                print("  the block catches that")
            await ends("the block", 2)
    except asyncio.CancelledError:
        print("  the group is cancelled")
        raise


# F47, F139: until there is another one.
async def if_the_block_catches_a_cancellation_from_elsewhere_all_go_on():
    print("\nIf the block catches a cancellation from elsewhere, all go on.")
    task = asyncio.create_task(catches_what_came_from_elsewhere())
    await turns(2)
    cancels(task)
    await passes(7)
    cancels(task)
    await is_over(task)


# Groups within groups.


async def inner_fails():
    try:
        async with asyncio.TaskGroup() as outer:
            outer.create_task(waits("o"))
            async with asyncio.TaskGroup() as inner:
                inner.create_task(fails("i", 2))
                await waits("the inner block")
    except ExceptionGroup as failed:
        for error in failed.exceptions:
            tells_failures("the inner group", error)
        print("  the outer group fails")


# F145
async def a_failure_of_an_inner_group_is_one_of_the_outer_groups_block():
    print("\nA failure of an inner group is one of the outer group's block.")
    await is_over(asyncio.create_task(inner_fails()))


async def outer_fails():
    try:
        async with asyncio.TaskGroup() as outer:
            outer.create_task(fails("o", 2))
            try:
                async with asyncio.TaskGroup() as inner:
                    inner.create_task(cleans("i", 2))
                    await waits("the inner block")
            except asyncio.CancelledError:
                print("  the inner group is cancelled")
                raise
    except ExceptionGroup as failed:
        tells_failures("the outer group", failed)


# F146: as a cancellation from elsewhere does.
async def a_failure_of_an_outer_group_cancels_the_inner_group():
    print("\nA failure of an outer group cancels the inner group.")
    await is_over(asyncio.create_task(outer_fails()))


async def both_fail():
    try:
        async with asyncio.TaskGroup() as outer:
            outer.create_task(fails("o", 2))
            try:
                async with asyncio.TaskGroup() as inner:
                    inner.create_task(fails("i", 2))
                    await waits("the inner block")
            except ExceptionGroup as failed:
                tells_failures("the inner group", failed)
            await goes_on("the outer block")
    except ExceptionGroup as failed:
        tells_failures("the outer group", failed)


# F147: at the next wait.
async def if_both_fail_in_one_turn_the_inner_group_is_first():
    print("\nIf both fail in one turn, the inner group is first.")
    await is_over(asyncio.create_task(both_fail()))


async def middle_fails():
    try:
        async with asyncio.TaskGroup() as outermost:
            outermost.create_task(waits("a1"))
            try:
                async with asyncio.TaskGroup() as middle:
                    middle.create_task(fails("b1", 3))
                    async with asyncio.TaskGroup() as innermost:
                        innermost.create_task(cleans("c1", 1))
                        await waits("the innermost block")
            except ExceptionGroup as failed:
                tells_failures("the middle group", failed)
            await goes_on("the outermost block")
    except asyncio.CancelledError:
        print("  the outermost group is cancelled")
        raise


# F146
async def if_the_middle_one_of_three_fails_the_outermost_goes_on():
    print("\nIf the middle one of three fails, the outermost goes on.")
    task = asyncio.create_task(middle_fails())
    await is_cancelled_after(12, task)


# Limits.


async def limits_a_group(child):
    try:
        async with asyncio.timeout(0.005):
            try:
                async with asyncio.TaskGroup() as group:
                    group.create_task(child)
                    await asyncio.gather(waits("x"), waits("y"))
            except asyncio.CancelledError:
                print("  the group is cancelled")
                raise
            except ExceptionGroup as failed:
                tells_failures("the group", failed)
        print("  that was in time")
    except TimeoutError:
        print("  the limit has elapsed")
    await goes_on("who has set the limit")


# F155: if all just end, else the failures come out.
async def a_limit_around_a_group_elapses():
    print("\nA limit around a group elapses.")
    await is_over_after(0.005, asyncio.create_task(limits_a_group(cleans("a", 2))))
    await is_over_after(0.005, asyncio.create_task(limits_a_group(breaks("a", 2))))


async def runs_a_group():
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(returns("a", 2))
            await waits("the block")
    except asyncio.CancelledError:
        print("  the group is cancelled")
        raise


async def waits_for_that():
    try:
        await asyncio.wait_for(asyncio.create_task(runs_a_group()), 0.005)
    except TimeoutError:
        print("  the limit has elapsed")


# F94, F155
async def waiting_for_a_task_that_runs_a_group_elapses():
    print("\nWaiting for a task that runs a group elapses.")
    await is_over_after(0.005, asyncio.create_task(waits_for_that()))


async def is_late():
    async with asyncio.timeout(0.003):
        await waits("a")


async def has_a_late_task():
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(is_late())
            await waits("the block")
    except ExceptionGroup as failed:
        print("  the group fails:", [type(error).__name__ for error in failed.exceptions])


async def has_a_late_block():
    async with asyncio.TaskGroup() as group:
        group.create_task(sleeps("a", 0.005))
        try:
            async with asyncio.timeout(0.003):
                await waits("the block")
        except TimeoutError:
            print("  the block is late")
    print("  the group is over")


# F105
async def a_limit_within_a_group_is_a_matter_of_who_has_set_it():
    print("\nA limit within a group is a matter of who has set it.")
    await is_over_after(0.003, asyncio.create_task(has_a_late_task()))
    await is_over_after(0.005, asyncio.create_task(has_a_late_block()))


async def main():
    # All return.
    await a_group_is_over_two_turns_after_its_last_task()
    await a_group_without_tasks_is_over_at_once()
    await a_task_may_spawn_another_while_the_group_waits()
    await a_task_that_somebody_cancels_is_no_failure()

    # A task fails, or the block.
    await the_first_failure_cancels_the_block_and_the_other_tasks()
    await a_failure_after_the_block_cancels_the_rest()
    await all_failures_are_told_in_the_order_in_which_they_came()
    await the_block_does_not_resume_from_a_task_that_has_failed()
    await a_block_that_catches_its_cancellation_goes_on()
    await a_failure_of_the_block_cancels_the_tasks()

    # Who runs the group is cancelled.
    await cancelling_who_runs_a_group_cancels_all_in_it()
    await a_task_that_the_block_awaits_ends_first()
    await failures_while_all_are_cancelled_come_out_first()
    await a_cancellation_while_the_group_fails_comes_after_the_failures()
    await a_cancellation_and_a_failure_may_come_at_about_the_same_time()
    await further_cancellations_leave_tasks_that_clean_up_alone()
    await a_group_can_be_cancelled_after_its_last_task_has_ended()
    await a_block_may_cancel_its_own_task()
    await if_the_block_catches_a_cancellation_from_elsewhere_all_go_on()

    # Groups within groups.
    await a_failure_of_an_inner_group_is_one_of_the_outer_groups_block()
    await a_failure_of_an_outer_group_cancels_the_inner_group()
    await if_both_fail_in_one_turn_the_inner_group_is_first()
    await if_the_middle_one_of_three_fails_the_outermost_goes_on()

    # Limits.
    await a_limit_around_a_group_elapses()
    await waiting_for_a_task_that_runs_a_group_elapses()
    await a_limit_within_a_group_is_a_matter_of_who_has_set_it()


asyncio.run(main())
