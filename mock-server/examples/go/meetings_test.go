package meetings

import (
	"testing"
	"time"
)

const (
	now = 1769850000
	day = 86400
)

type object = map[string]any

// start returns a Feishu with 120 meetings of one number, and a client that moves its clock instead of waiting.
func start(t *testing.T) (feishu, Client, *[]time.Duration) {
	order := object{"meeting_no": "337736498", "count": 120, "from": now - 80*day, "to": now}
	own := workspace(t, object{"seed": object{"generate": []object{order}}, "now": now, "frozen": true})
	pauses := &[]time.Duration{}
	pause := func(length time.Duration) {
		*pauses = append(*pauses, length)
		own.control(t, "POST", "/clock", object{"advance": length.Seconds()}, nil)
	}
	return own, Client{own.URL, own.AppID, own.AppSecret, pause}, pauses
}

func readAll(t *testing.T, client Client) {
	t.Helper()
	meetings, err := client.Read("337736498", now-80*day, now)
	if err != nil || len(meetings) != 120 {
		t.Fatalf("read %d meetings: %v", len(meetings), err)
	}
}

func TestReadsEveryPage(t *testing.T) {
	own, client, _ := start(t)
	readAll(t, client)
	var verdict struct{ Differences []string }
	calls := []object{{"operation": "meetings.listByNo", "times": 3}}
	own.control(t, "POST", "/verify", object{"calls": calls}, &verdict)
	if len(verdict.Differences) > 0 {
		t.Fatal(verdict.Differences)
	}
}

func TestSendsAgainAfterAFailureOfAGateway(t *testing.T) {
	own, client, _ := start(t)
	when, then := object{"nth": 2}, object{"status": 503}
	own.control(t, "POST", "/faults", object{"operation": "meetings.listByNo", "when": when, "then": then}, nil)
	readAll(t, client)
}

func TestWaitsForTheRateLimit(t *testing.T) {
	own, client, pauses := start(t)
	own.control(t, "PATCH", "/behaviour", object{"rateLimit": 2}, nil)
	readAll(t, client)
	if len(*pauses) != 1 || (*pauses)[0] != time.Minute {
		t.Fatal("it paused for", *pauses)
	}
}
