"""The program that the tests are about: it reads the meetings of a meeting number."""

import json
import time
import urllib.error
import urllib.parse
import urllib.request


def _send(request, attempts=4, pause=time.sleep):
    """Sends a request, and sends it again after a refusal for the rate limit and after a failure of a server."""
    for attempt in range(1, attempts + 1):
        try:
            with urllib.request.urlopen(request, timeout=10) as response:
                return json.load(response)
        except urllib.error.HTTPError as error:
            if attempt == attempts or (error.code != 429 and error.code < 500):
                raise
            pause(float(error.headers.get("x-ogw-ratelimit-reset", 0)))
    raise AssertionError("unreachable")


def read_meetings(base_url, app_id, app_secret, meeting_no, start, end, pause=time.sleep):
    """Yields the meetings of a number that started between two unix times."""
    token = _send(
        urllib.request.Request(
            f"{base_url}/open-apis/auth/v3/tenant_access_token/internal",
            data=json.dumps({"app_id": app_id, "app_secret": app_secret}).encode(),
            headers={"Content-Type": "application/json"},
        ),
        pause=pause,
    )["tenant_access_token"]
    query = {"meeting_no": meeting_no, "start_time": start, "end_time": end, "page_size": 50}
    while True:
        data = _send(
            urllib.request.Request(
                f"{base_url}/open-apis/vc/v1/meetings/list_by_no?{urllib.parse.urlencode(query)}",
                headers={"Authorization": f"Bearer {token}"},
            ),
            pause=pause,
        )["data"]
        yield from data.get("meeting_briefs") or []
        if not data.get("has_more"):
            return
        query["page_token"] = data["page_token"]
