// Package meetings reads the meetings of a meeting number: the program that the tests are about.
package meetings

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// Meeting is a meeting in a list.
type Meeting struct {
	ID    string `json:"id"`
	Topic string `json:"topic"`
}

// Client reads from one Feishu.
type Client struct {
	BaseURL, AppID, AppSecret string
	// Pause waits before a request is sent again.
	Pause func(time.Duration)
}

const attempts = 4

// send sends a request, and sends it again after a refusal for the rate limit and after a failure of a server.
func (c Client) send(method, path, token string, body, answer any) error {
	sent, err := json.Marshal(body)
	if err != nil {
		return err
	}
	for attempt := 1; ; attempt++ {
		request, err := http.NewRequest(method, c.BaseURL+path, bytes.NewReader(sent))
		if err != nil {
			return err
		}
		request.Header.Set("Content-Type", "application/json")
		if token != "" {
			request.Header.Set("Authorization", "Bearer "+token)
		}
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			return err
		}
		if response.StatusCode == http.StatusOK {
			defer response.Body.Close()
			return json.NewDecoder(response.Body).Decode(answer)
		}
		response.Body.Close()
		if attempt == attempts || (response.StatusCode != http.StatusTooManyRequests && response.StatusCode < 500) {
			return fmt.Errorf("%s %s: %s", method, path, response.Status)
		}
		seconds, _ := strconv.Atoi(response.Header.Get("x-ogw-ratelimit-reset"))
		c.Pause(time.Duration(seconds) * time.Second)
	}
}

// Read returns the meetings of a number that started between two unix times.
func (c Client) Read(meetingNo string, start, end int64) ([]Meeting, error) {
	var issued struct {
		Token string `json:"tenant_access_token"`
	}
	app := map[string]string{"app_id": c.AppID, "app_secret": c.AppSecret}
	if err := c.send("POST", "/open-apis/auth/v3/tenant_access_token/internal", "", app, &issued); err != nil {
		return nil, err
	}
	query := url.Values{
		"meeting_no": {meetingNo},
		"start_time": {strconv.FormatInt(start, 10)},
		"end_time":   {strconv.FormatInt(end, 10)},
		"page_size":  {"50"},
	}
	var meetings []Meeting
	for {
		var page struct {
			Data struct {
				Meetings  []Meeting `json:"meeting_briefs"`
				HasMore   bool      `json:"has_more"`
				PageToken string    `json:"page_token"`
			} `json:"data"`
		}
		path := "/open-apis/vc/v1/meetings/list_by_no?" + query.Encode()
		if err := c.send("GET", path, issued.Token, nil, &page); err != nil {
			return nil, err
		}
		meetings = append(meetings, page.Data.Meetings...)
		if !page.Data.HasMore {
			return meetings, nil
		}
		query.Set("page_token", page.Data.PageToken)
	}
}
