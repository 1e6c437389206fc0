"""A node that stands still and wakes up, beside others that serve."""
import os
import signal
import time
import unittest

from nodes import SKUS, Buyers, Cluster, ClusterTest


class Stalls(ClusterTest):
    def test_an_owner_that_stood_still_is_fenced_and_steps_down(self):
        count = 240
        with Cluster() as cluster:
            self.stock_up(cluster, count)
            cluster.wait_until_all_owned(cluster.nodes, "every partition to have an owner")
            buyers = Buyers(cluster, count, SKUS)
            first, victim, third = cluster.nodes
            first.wait_until("some orders", lambda: buyers.done() > count // 6, seconds=120)
            os.kill(victim.process.pid, signal.SIGSTOP)
            try:
                # It owns some in its own eyes all the while, and sends what it has in flight when it wakes.
                cluster.wait_until_all_owned([first, third], "the others to own what it held")
                seen = buyers.done()
                first.wait_until("orders without it", lambda: buyers.done() > min(seen + count // 8, count - 1), seconds=120)
            finally:
                os.kill(victim.process.pid, signal.SIGCONT)
            woken = time.monotonic()
            first.wait_until("it to be one of them again", lambda: victim.owned() > 0 and sum(node.owned() for node in cluster.nodes) == cluster.partitions)
            print(f"\nthe node that woke up had stepped down and owned its share {time.monotonic() - woken:.1f} s later")
            buyers.wait()
            self.check_end(cluster, buyers, count)


if __name__ == "__main__":
    unittest.main()
