#!/usr/bin/env python3
"""Ends a real server at the N-th call that changes a file, for every N of a scripted flow: killed in front of the call, killed behind it,
or by a loss of power. Then it goes on: what was told before is there, once, and all books are right."""
import contextlib
import sys

from driver import ANY_TIME, Manner, main
from script import Gone

ENDS = (("key", None), ("stop", "rest"), ("sealed", "stop"))  # a process that ends by itself, and the step before it


def run_into(script, deed, at, **how):
    script.shop.plan.arm(deed, at, dies=1, seed=at, **how)
    with contextlib.suppress(Gone):
        script.run()
    return script.shop.plan.acted > 0


def lose_power_at_an_end(script, at):
    """Of a process, when it has done all that it wanted to."""
    step, before = ENDS[at % len(ENDS)]
    if before:
        script.run(until=before)
    script.shop.plan.arm("lose_power", ANY_TIME, at_end=1, seed=at)
    script.run_alone(step)
    return script.shop.plan.acted > 0


MANNERS = {
    "before": Manner(lambda script, at: run_into(script, "kill", at)),
    "after": Manner(lambda script, at: run_into(script, "kill", at, after=1)),
    "power": Manner(lambda script, at: run_into(script, "lose_power", at, after=at % 2), durability=True),
    "end": Manner(lose_power_at_an_end, durability=True, most=4 * len(ENDS)),
}

if __name__ == "__main__":
    sys.exit(main("writes", MANNERS, __doc__))
