"""Flows side by side, each with one fault at its N-th call that changes a file; what came of them as a table, and how to try one again."""
import argparse
import collections
import concurrent.futures
import sys
import time
import traceback
from dataclasses import dataclass

from faulty_disk import FaultyShop
import checks
from script import Script

ARGUMENTS = ("--partitions", "2", "--carrier-delay-ms", "50", "--no-rate-limit", "--http-threads", "2", "--command-threads", "1")
ANY_TIME = 1 << 40


@dataclass
class Manner:
    """What is done to the flow: `hurt(script, at)` runs it into the fault; False when the fault never came."""
    hurt: callable
    durability: bool = False  # the disk knows what a loss of power leaves; it is what the machine comes up with afterwards
    most: int = 0             # there is nothing new behind this N; 0: as many as the flow makes calls


@dataclass
class Outcome:
    case: str
    step: str = ""           # of the script, in which the fault came; empty: it never came
    wrong: str = ""


def go_on(script, power):
    """The machine is switched on again, and the script goes on to its end."""
    shop = script.shop
    if shop.process and shop.process.poll() is None:
        shop.kill()
    if power:
        shop.take_what_is_left()
    before = dict(script.journal.told)
    script.run(until="start")
    checks.check_told(script, before)
    script.run(until="rest")
    checks.check_books(script)
    script.run()


def try_once(name, manner, at, thorough):
    """One flow, one fault at the `at`-th call."""
    outcome = Outcome(f"{name}:{at}")
    with FaultyShop(*ARGUMENTS, durability=manner.durability) as shop:
        script = Script(shop)
        try:
            came = manner.hurt(script, at)
            shop.plan.disarm()
            outcome.step = script.step if came else ""
            go_on(script, power=came and manner.durability)
            if thorough:
                script.start()
                checks.check_everything(script)
                script.stop()
        except Exception:  # whatever it is, it is a finding
            shop.plan.disarm()
            outcome.wrong = traceback.format_exc(limit=-3) + shop.log_tail()
    return outcome


def count_calls():
    """How many calls the flow makes when nothing happens."""
    with FaultyShop(*ARGUMENTS) as shop:
        script = Script(shop)
        shop.plan.arm("nothing", ANY_TIME)
        script.run()
        assert shop.plan.matched > 0, "the faulty disk saw no call at all: it is not under the server"
        return shop.plan.matched


def cases(manners, total, count, seed):
    """(name, N): every N of every manner, or `count` of them from `seed` on, spread over the flow, and at least one of each manner."""
    every = [(name, at) for at in range(1, total + 1) for name, manner in manners.items() if not manner.most or at <= manner.most]
    if not count or count >= len(every):
        return every
    drawn = [every[(seed + i * len(every) // count) % len(every)] for i in range(count)]
    for name, manner in manners.items():
        if not any(name == one for one, _ in drawn):
            drawn.append((name, 1 + seed % (manner.most or total)))
    return drawn


class Run:
    def __init__(self, program, manners, options):
        self.program = program
        self.manners = manners
        self.options = options
        self.reached = collections.Counter()
        self.wrong = self.never = 0

    def show(self, outcome):
        print(f"{outcome.case} ({outcome.step or 'it never came'}) fails:\n{outcome.wrong}\n  again: tools/faults {self.program} --case {outcome.case}", flush=True)

    def take(self, outcome):
        if outcome.wrong:
            self.wrong += 1
            self.show(outcome)
        elif outcome.step:
            self.reached[outcome.case.split(":")[0], outcome.step] += 1
        else:
            self.never += 1

    def all(self, wanted):
        began = time.monotonic()
        with concurrent.futures.ThreadPoolExecutor(self.options.jobs) as pool:
            waiting = [pool.submit(try_once, name, self.manners[name], at, number % self.options.thorough_every == 0) for number, (name, at) in enumerate(wanted)]
            for done, future in enumerate(concurrent.futures.as_completed(waiting), 1):
                self.take(future.result())
                if done % 50 == 0:
                    print(f"{done} of {len(wanted)}, {self.wrong} wrong, {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
        self.report(len(wanted), time.monotonic() - began)

    def report(self, tried, seconds):
        print(f"faults at the N-th call that changes a file ({seconds:.0f} s)")
        steps = list(dict.fromkeys(step for _, step in self.reached))
        for name in self.manners:
            by_step = {step: self.reached[name, step] for step in steps if self.reached[name, step]}
            if by_step:
                print(f"  {name:10} {sum(by_step.values()):6}   " + ", ".join(f"{step} {count}" for step, count in by_step.items()))
        for what, number in (("tried", tried), ("the flow was over before", self.never), ("lost, twice or wrong", self.wrong)):
            print(f"  {what:30} {number:6}")


def main(program, manners, about):
    parser = argparse.ArgumentParser(prog=f"tools/faults {program}", description=about)
    parser.add_argument("--count", type=int, default=0, help="so many, spread over the flow (default: every call, in every manner)")
    parser.add_argument("--seed", type=int, default=0, help="which of them")
    parser.add_argument("--manner", action="append", choices=list(manners), help="only these")
    parser.add_argument("--case", help="MANNER:N alone, with all checks")
    parser.add_argument("--jobs", type=int, default=2, help="servers at once (2)")
    parser.add_argument("--thorough-every", type=int, default=10, help="all checks, the slow ones too, after every so many (10)")
    options = parser.parse_args()
    run = Run(program, manners, options)
    if options.case:
        name, at = options.case.split(":")
        outcome = try_once(name, manners[name], int(at), thorough=True)
        if outcome.wrong:
            run.show(outcome)
        else:
            print(f"{outcome.case} passes ({outcome.step or 'it never came'})")
        return 1 if outcome.wrong else 0
    total = count_calls()
    print(f"the flow makes {total} calls that change a file", flush=True)
    wanted = {name: manners[name] for name in options.manner or manners}
    run.all(cases(wanted, total, options.count, options.seed))
    idle = [name for name in wanted if not any(name == reached for reached, _ in run.reached)]
    if idle:
        print(f"no fault came of the manner {', '.join(idle)}, so nothing was tried")
    return 1 if run.wrong or idle else 0
