# Title: A task in the background
#
# Why: A task that never ends by itself runs beside the others until it is cancelled.
# Whoever cancels it awaits it, so that its `finally` has run before the program goes on.
#
# Question: The ticker sleeps 0.05 s each time, and is cancelled after 0.24 s. How many
# ticks are there?
# Answer: Five: at 0, 0.05, 0.1, 0.15 and 0.2 s. The first comes at once, since the sleep
# stands after the count.
import asyncio


async def ticker(pause):
    count = 0
    try:
        while True:
            count += 1
            print("tick", count)
            await asyncio.sleep(pause)
    finally:
        print(f"{count} ticks")


async def main():
    background = asyncio.create_task(ticker(0.05))
    for step in range(3):
        await asyncio.sleep(0.08)
        print(f"step {step + 1} of 3")
    background.cancel()
    try:
        await background
    except asyncio.CancelledError:
        print("the ticker is over")


asyncio.run(main())
