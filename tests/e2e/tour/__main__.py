"""What auditors and analysts do, each verb in turn, on files of Online Retail, a server of its own beside it all.

usage: python3 -m tour FILE... [--load-seconds N]     one file a day, in date order; exits 1 when an answer is not as it should be
"""
import argparse
import sys
import time

from shop import Shop

from .figures import Figures
from .guide import Guide
from .past import Past
from .proofs import Proofs
from .rebuild import Rebuild
from .shop_day import ShopDay


def walk(guide, files, killed_seconds, load_seconds):
    figures = Figures(guide, files)
    day = ShopDay(guide, files[0])
    proofs = Proofs(guide, day)
    past = Past(guide, figures)
    rebuild = Rebuild(guide, "invoices", killed_seconds, load_seconds)
    for step in (figures.bring_in, figures.reports, figures.pictures, day.trade, day.reports, day.history, day.audit, proofs.make, proofs.erase, proofs.verify_again,
                 past.views, past.files, rebuild.killed_in_the_middle, rebuild.promoted_beside_readers):
        step()
    end(guide)


def end(guide):
    guide.chapter("The server stops; the log and every view, once more")
    guide.equal(guide.shop.terminate(seconds=60), 0, "the server's exit code")
    guide.run("log", "verify", *guide.data)
    guide.run("projection", "verify", "--all", *guide.data, lines=14)
    guide.run("saga", "replay", "--all", *guide.data)


def main():
    parser = argparse.ArgumentParser(prog="python3 -m tour", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+")
    parser.add_argument("--load-seconds", type=int, default=20, help="how long reads are measured before and during rebuilds")
    parser.add_argument("--killed-seconds", type=int, default=30, help="how long the rebuild would take that is killed; what it gathered is kept every ten seconds")
    parser.add_argument("--partitions", default="64")
    chosen = parser.parse_args()
    began = time.monotonic()
    with Shop("--partitions", chosen.partitions, "--carrier-delay-ms", "0", "--no-rate-limit") as shop:
        shop.key()
        guide = Guide(shop)
        walk(guide, chosen.files, chosen.killed_seconds, chosen.load_seconds)
    print(f"\n{guide.checked} checks in {time.monotonic() - began:.0f} s, {len(guide.wrong)} failed")
    for what in guide.wrong:
        print("WRONG:", what[:1000])
    sys.exit(1 if guide.wrong else 0)


if __name__ == "__main__":
    main()
