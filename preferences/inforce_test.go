package preferences_test

import (
	"testing"

	"notifier/message"
	"notifier/preferences"
)

// TestTheCatalogInForce is T1: what decides is read from the database; titles are the replica's.
func TestTheCatalogInForce(t *testing.T) {
	newer := preferences.DefaultCatalog().With(preferences.Catalog{
		message.CaseChanged: {Frequencies: []preferences.Frequency{preferences.Daily, preferences.Never}, Default: preferences.Daily},
		"audit":             {Mandatory: true, Title: "Audits"},
	})
	rules, err := newer.Rules(nil)
	if err != nil {
		t.Fatal(err)
	}
	older := preferences.DefaultCatalog().With(preferences.Catalog{message.CaseChanged: {Title: "Own words", Frequencies: preferences.Frequencies(), Default: preferences.Hourly}})
	got := older.InForce(rules)
	if kind := got[message.CaseChanged]; kind.Default != preferences.Daily || len(kind.Frequencies) != 2 || kind.Title != "Own words" {
		t.Errorf("T1: case_changed is %+v", kind)
	}
	if kind := got["audit"]; !kind.Mandatory || kind.Title != "audit" {
		t.Errorf("T1: a kind that this replica's file does not have is %+v", kind)
	}
	if kind := older.InForce(`{"case_changed":"weekly"}`)[message.CaseChanged]; kind.Default != preferences.Weekly || len(kind.Frequencies) != 5 {
		t.Errorf("T1: by the defaults alone, as they were first written, case_changed is %+v", kind)
	}
	if kind := older.InForce("")[message.CaseChanged]; kind.Default != preferences.Hourly {
		t.Errorf("T1: where nothing was applied case_changed is %+v", kind)
	}
}
