package meetings

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// feishu is a running mock, or a workspace of it, which is a Feishu of its own.
type feishu struct {
	URL        string   `json:"url"`
	AppID      string   `json:"appId"`
	AppSecret  string   `json:"appSecret"`
	MeetingNos []string `json:"meetingNos"`
}

// shared is the mock of all tests. Each test has a workspace on it.
var shared feishu

func TestMain(m *testing.M) {
	// npx does not pass signals on, so the program itself is started.
	command := os.Getenv("FEISHU_MOCK")
	if command == "" {
		command = "node_modules/.bin/feishu-mock"
	}
	words := append(strings.Fields(command), "--port", "0", "--json")
	process := exec.Command(words[0], words[1:]...)
	process.Stderr = os.Stderr
	output, err := process.StdoutPipe()
	if err == nil {
		err = process.Start()
	}
	if err == nil {
		// One line, once it serves.
		err = json.NewDecoder(output).Decode(&shared)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "the mock did not start:", err)
		os.Exit(1)
	}
	status := m.Run()
	process.Process.Signal(os.Interrupt)
	process.Wait()
	os.Exit(status)
}

// control asks the control plane, which is described at /_mock/docs.
func (f feishu) control(t *testing.T, method, path string, body, answer any) {
	t.Helper()
	sent, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	request, err := http.NewRequest(method, f.URL+"/_mock"+path+"?app_id="+f.AppID, bytes.NewReader(sent))
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("%s %s: %d %s %v", method, path, response.StatusCode, text, err)
	}
	if answer != nil {
		if err := json.Unmarshal(text, answer); err != nil {
			t.Fatal(err)
		}
	}
}

// workspace returns a Feishu that only this test sees. It is removed when the test ends.
func workspace(t *testing.T, options any) feishu {
	t.Helper()
	own := feishu{URL: shared.URL}
	shared.control(t, "POST", "/workspaces", options, &own)
	own.URL = shared.URL
	t.Cleanup(func() { shared.control(t, "DELETE", "/workspaces/"+own.AppID, nil, nil) })
	return own
}
