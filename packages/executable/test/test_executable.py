"""The executable as a tester with Python alone has it. FEISHU_MOCK is its path."""

import contextlib
import json
import os
import pathlib
import signal
import subprocess
import tempfile
import unittest
import urllib.error
import urllib.parse
import urllib.request

EXECUTABLE = os.environ["FEISHU_MOCK"]

NOW = 1769850000
SEED = """
apps:
  - { app_id: cli_python, app_secret: only-for-tests, type: self_built, scopes: ["vc:meeting:readonly"], tenants: [tenant_a] }
generate:
  - { meeting_no: "146453285", count: 120 }
"""


def send(url, body=None, **headers):
    """Returns the status of an answer and its JSON."""
    data = None if body is None else json.dumps(body).encode()
    try:
        with urllib.request.urlopen(urllib.request.Request(url, data, headers), timeout=10) as response:
            return response.status, json.load(response)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


class ExecutableTest(unittest.TestCase):
    @contextlib.contextmanager
    def mock(self, *flags, seed=SEED, stop=signal.SIGTERM, environment={}, warns=""):
        """Runs the mock in an empty folder, with no variable and so without a PATH; afterwards it must have ended well."""
        with tempfile.TemporaryDirectory(prefix="feishu-executable-") as folder:
            pathlib.Path(folder, "seed.yaml").write_text(seed)
            process = subprocess.Popen(
                [EXECUTABLE, "--port", "0", "--json", "--seed", "seed.yaml", *flags],
                cwd=folder,
                env=environment,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            try:
                ready = json.loads(process.stdout.readline())
                self.assertEqual(send(ready["url"] + "/_mock/health"), (200, {"status": "ok"}))
                yield ready
                process.send_signal(stop)
                rest = process.communicate(timeout=20)
            finally:
                process.kill()
            self.assertEqual((process.returncode, rest), (0, ("", warns)))
            self.assertEqual(os.listdir(folder), ["seed.yaml"])

    def token(self, ready):
        status, answer = send(
            ready["url"] + "/open-apis/auth/v3/tenant_access_token/internal",
            {"app_id": ready["appId"], "app_secret": ready["appSecret"]},
        )
        self.assertEqual((status, answer["code"]), (200, 0))
        return answer["tenant_access_token"]

    def pages(self, ready):
        """Returns the status of every page, and the ids of all meetings."""
        query = {"meeting_no": "146453285", "start_time": NOW - 89 * 86400, "end_time": NOW, "page_size": 50}
        authorization = f"Bearer {self.token(ready)}"
        statuses, ids = [], []
        while True:
            address = f"{ready['url']}/open-apis/vc/v1/meetings/list_by_no?{urllib.parse.urlencode(query)}"
            status, answer = send(address, Authorization=authorization)
            statuses.append(status)
            if status != 200:
                self.assertEqual(answer["code"], 99991400)
                continue
            ids += [meeting["id"] for meeting in answer["data"]["meeting_briefs"]]
            if not answer["data"]["has_more"]:
                return statuses, ids
            query["page_token"] = answer["data"]["page_token"]

    def test_lists_the_meetings_of_a_seed_page_by_page_and_fails_on_demand(self):
        with self.mock("--now", str(NOW)) as ready:
            self.assertEqual((ready["appId"], ready["meetingNos"]), ("cli_python", ["146453285"]))
            statuses, ids = self.pages(ready)
            self.assertEqual((statuses, len(set(ids))), ([200, 200, 200], 120))
            rule = {"operation": "meetings.listByNo", "when": {"nth": 2}, "then": {"code": 99991400}}
            self.assertEqual(send(ready["url"] + "/_mock/faults", rule)[0], 200)
            self.assertEqual(self.pages(ready), ([200, 429, 200, 200], ids))
            _, journal = send(ready["url"] + "/_mock/journal")
            self.assertEqual(
                [entry["status"] for entry in journal if entry.get("operation") == "meetings.listByNo"],
                [200, 200, 200, 200, 429, 200, 200],
            )

    def test_has_its_page_and_its_documentation_in_the_file_and_ends_on_ctrl_c(self):
        with self.mock(stop=signal.SIGINT) as ready:
            for path, part in [("/", b'<div id="page">'), ("/_mock/docs", b"createApiReference"), ("/_mock/openapi.json", b'"3.1.')]:
                with urllib.request.urlopen(ready["url"] + path, timeout=10) as response:
                    self.assertIn(part, response.read())

    def test_runs_no_code_of_the_environment(self):
        with tempfile.TemporaryDirectory() as folder:
            program = pathlib.Path(folder, "program.cjs")
            program.write_text("console.error('this ran')")
            options = {"NODE_OPTIONS": f"--require {program} --no-such-flag", "NODE_PATH": folder}
            with self.mock(environment=options):
                pass

    def test_is_reached_from_outside_of_a_container_and_asks_itself_for_its_health(self):
        warning = "feishu-mock: warning: other machines can reach 0.0.0.0 and read these meetings\n"
        with self.mock("--host", "0.0.0.0", "--control-token", "only-for-tests", warns=warning) as ready:
            self.assertEqual(send(ready["url"] + "/_mock/state")[0], 403)
            self.assertEqual(send(ready["url"] + "/_mock/state", Authorization="Bearer only-for-tests")[0], 200)
            health = [EXECUTABLE, "health", ready["url"]]
            self.assertEqual(subprocess.run(health, env={}, stdout=subprocess.DEVNULL).returncode, 0)
        self.assertEqual(subprocess.run(health, env={}, stderr=subprocess.DEVNULL).returncode, 1)


if __name__ == "__main__":
    unittest.main()
