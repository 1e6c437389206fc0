"""Three nodes share a log: an owner dies under load and its partitions answer again; nodes are restarted in turn and no request fails."""
import time
import unittest

from nodes import SKUS, Buyers, Cluster, ClusterTest


class ThreeNodes(ClusterTest):
    def test_an_owner_that_dies_is_replaced_and_loses_nothing(self):
        count = 240
        with Cluster() as cluster:
            self.stock_up(cluster, count)
            buyers = Buyers(cluster, count, SKUS)
            cluster.nodes[0].wait_until("some orders", lambda: buyers.done() > count // 4, seconds=120)
            victim = cluster.nodes[1]
            killed = time.monotonic()
            victim.kill()
            # Whatever partition an order lives in, it is answered while the dead owner stays away.
            seen = buyers.done()
            cluster.nodes[0].wait_until("orders of all partitions", lambda: buyers.done() > min(seen + count // 4, count - 1), seconds=60)
            buyers.wait()
            print(f"\nthe slowest order beside kill -9 of an owner took {max(buyers.took.values()):.1f} s; all were in {time.monotonic() - killed:.1f} s after it")
            victim.start()
            self.check_end(cluster, buyers, count)

    def test_nodes_restarted_in_turn_fail_no_request(self):
        count = 240
        with Cluster() as cluster:
            self.stock_up(cluster, count)
            buyers = Buyers(cluster, count, SKUS)
            for turn, node in enumerate(cluster.nodes):
                node.wait_until("some orders", lambda: buyers.done() > count * (turn + 1) // 6, seconds=120)
                self.assertEqual(node.terminate(20), 0, node.log_tail())
                node.start()
            buyers.wait()
            print(f"\nthe slowest order beside a rolling restart took {max(buyers.took.values()):.1f} s")
            self.check_end(cluster, buyers, count)


if __name__ == "__main__":
    unittest.main()
