package preferences_test

import (
	"encoding/json"
	"testing"

	"notifier/message"
	"notifier/preferences"
)

func TestChanges(t *testing.T) {
	record := func(id, content string) message.Change {
		return message.Change{ID: message.ID(id), By: "by " + id, Content: json.RawMessage(content)}
	}
	changes, err := preferences.Changes([]message.Change{
		record("chg_4", `{"email":"b@example.org","preferences":{"case_changed":"never"},"language":"pl"}`),
		record("chg_3", `{"email":"a@example.org","preferences":{"case_changed":"never"},"language":"pl"}`),
		record("chg_2", `{"email":"a@example.org","preferences":{"case_changed":"daily","daily_at":"09:00"}}`),
		record("chg_1", `{"email":"a@example.org","preferences":{}}`),
	})
	if err != nil || len(changes) != 2 || changes[0].ID != "chg_3" || changes[1].ID != "chg_2" {
		t.Fatalf("Changes = %+v, %v; want chg_3 and chg_2: another address is no choice, and of the first nothing is known before", changes, err)
	}
	c := changes[0]
	if c.By != "by chg_3" || c.Before.Preferences.Frequencies["case_changed"] != "daily" || c.After.Language != "pl" || c.Before.Language != "" {
		t.Errorf("the last change is %+v", c)
	}
	if none, err := preferences.Changes(nil); err != nil || none != nil {
		t.Errorf("of no records: %v, %v", none, err)
	}
	if _, err := preferences.Changes([]message.Change{record("chg_1", `{"preferences":[]}`)}); err == nil {
		t.Error("a damaged record is no error")
	}
}
