"""Nodes whose clocks are off, beside others that serve."""
import os
import unittest

from nodes import SKUS, Buyers, Cluster, ClusterTest

SHIFTED_CLOCK = os.environ["GRANARY_SHIFTED_CLOCK"]


class Clocks(ClusterTest):
    def test_a_node_whose_clock_is_off_claims_nothing_and_says_so(self):
        with Cluster(nodes=2) as cluster:
            self.stock_up(cluster, 100)
            nodes = list(cluster.nodes)
            for number, shift in ((8, 600), (9, -600)):
                odd = cluster.begin(number, LD_PRELOAD=SHIFTED_CLOCK, GRANARY_CLOCK_SHIFT=str(shift))
                # At its start it ends; when it is given partitions later it leaves the group.
                odd.wait_until("it to find its clock off", lambda: odd.process.poll() is not None or odd.metric("granary_clock_off") == 1)
                if odd.process.poll() is None:
                    odd.wait_until("it to say so", lambda: "s off" in odd.call("GET", "/readyz").body.decode())
                    self.assertEqual(odd.owned(), 0)
                    said = odd.call("GET", "/readyz").body.decode()
                else:
                    self.assertEqual(odd.process.poll(), 3)
                    said = odd.log_tail()
                self.assertRegex(said, r"this node's clock is [56]\d\d s off")
                cluster.wait_until_all_owned(nodes, "the others to own everything again")
                odd.kill()
                cluster.nodes.remove(odd)
            buyers = Buyers(cluster, 20, SKUS)
            buyers.wait()
            self.check_end(cluster, buyers, 20)


if __name__ == "__main__":
    unittest.main()
