# A task in the background, which is cancelled at the end.
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
