"""Starts a mock Feishu for tests, and controls it. The standard library is enough."""

import contextlib
import json
import os
import shlex
import subprocess
import urllib.error
import urllib.request

# npx does not pass signals on, so the program itself is started.
COMMAND = os.environ.get("FEISHU_MOCK", "node_modules/.bin/feishu-mock")


class Mock:
    """A running mock, or a workspace of it, which is a Feishu of its own."""

    def __init__(self, url, app_id, app_secret, meeting_nos):
        self.url, self.app_id, self.app_secret, self.meeting_nos = url, app_id, app_secret, meeting_nos

    def control(self, method, path, body=None):
        """Asks the control plane, which is described at /_mock/docs. Raises with everything that is wrong."""
        separator = "&" if "?" in path else "?"
        request = urllib.request.Request(
            f"{self.url}/_mock{path}{separator}app_id={self.app_id}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
        )
        try:
            with urllib.request.urlopen(request, timeout=10) as response:
                return json.load(response)
        except urllib.error.HTTPError as error:
            raise RuntimeError(error.read().decode()) from None

    @contextlib.contextmanager
    def workspace(self, **options):
        """Yields a workspace with these options, which is removed at the end."""
        request = urllib.request.Request(
            f"{self.url}/_mock/workspaces", method="POST", data=json.dumps(options).encode()
        )
        with urllib.request.urlopen(request, timeout=10) as response:
            made = json.load(response)
        own = Mock(self.url, made["appId"], made["appSecret"], made["meetingNos"])
        try:
            yield own
        finally:
            own.control("DELETE", f"/workspaces/{own.app_id}")


@contextlib.contextmanager
def start(*flags):
    """Starts the mock on a free port, and stops it at the end."""
    command = [*shlex.split(COMMAND), "--port", "0", "--json", *flags]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            # One line, once it serves; nothing if it does not start.
            ready = process.stdout.readline()
            if not ready:
                raise RuntimeError(f"{command} did not start: see its output above")
            made = json.loads(ready)
            yield Mock(made["url"], made["appId"], made["appSecret"], made["meetingNos"])
        finally:
            process.terminate()
