"""Tests of meetings.py with a mock Feishu: python3 -m unittest, or pytest."""

import contextlib
import unittest

import feishu_mock
from meetings import read_meetings

NOW = 1769850000
DAY = 86400


class MeetingsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        # One mock for all tests; each test has a workspace, so that they do not see each other.
        stack = contextlib.ExitStack()
        cls.addClassCleanup(stack.close)
        cls.mock = stack.enter_context(feishu_mock.start())

    def setUp(self):
        generate = [{"meeting_no": "337736498", "count": 120, "from": NOW - 80 * DAY, "to": NOW}]
        workspace = self.mock.workspace(seed={"generate": generate}, now=NOW, frozen=True)
        stack = contextlib.ExitStack()
        self.addCleanup(stack.close)
        self.feishu = stack.enter_context(workspace)
        self.pauses = []

    def read(self):
        return list(
            read_meetings(
                self.feishu.url,
                self.feishu.app_id,
                self.feishu.app_secret,
                "337736498",
                NOW - 80 * DAY,
                NOW,
                pause=self.pause,
            )
        )

    def pause(self, seconds):
        """Moves the clock of the mock instead of waiting."""
        self.pauses.append(seconds)
        self.feishu.control("POST", "/clock", {"advance": seconds})

    def test_reads_every_page(self):
        self.assertEqual(len({meeting["id"] for meeting in self.read()}), 120)
        expected = {"calls": [{"operation": "meetings.listByNo", "times": 3}]}
        self.assertEqual(self.feishu.control("POST", "/verify", expected), {"ok": True, "differences": []})

    def test_sends_again_after_a_failure_of_a_gateway(self):
        rule = {"operation": "meetings.listByNo", "when": {"nth": 2}, "then": {"status": 503}}
        self.feishu.control("POST", "/faults", rule)
        self.assertEqual(len(self.read()), 120)

    def test_waits_for_the_rate_limit(self):
        self.feishu.control("PATCH", "/behaviour", {"rateLimit": 2})
        self.assertEqual(len(self.read()), 120)
        self.assertEqual(self.pauses, [60])
        # Nobody came back too early.
        self.assertEqual(self.feishu.control("GET", "/findings")["early"], [])


if __name__ == "__main__":
    unittest.main()
