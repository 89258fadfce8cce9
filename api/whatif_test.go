package api_test

import (
	"fmt"
	"net/http"
	"testing"
)

// What came in is planned by both schedules.
func TestSchedulesAreTriedOnThePast(t *testing.T) {
	each(t, func(h *house) {
		h.people("anna", "jan")
		h.must(http.StatusOK, nil, "PUT", "/api/v1/users/anna/preferences", `{"case_changed":"hourly"}`)
		for i := range 3 {
			h.must(http.StatusAccepted, nil, "POST", "/api/v1/events", fmt.Sprintf(`{"id":"e%d","kind":"case_changed","users":["anna","jan"],"case":{"id":"C-1"}}`, i))
		}
		var got struct {
			Lines    int
			Now, Try struct {
				Mails, Single, Digests int
				Right                  struct{ P95 string } `json:"right_away_wait"`
				Sizes                  struct{ Max int }    `json:"digest_sizes"`
			}
		}
		// Far enough ahead for every schedule of the test.
		h.must(http.StatusOK, &got, "POST", "/api/v1/jobs/simulate", `{"since":"2026-01-01T00:00:00Z","until":"2036-01-01T00:00:00Z","set":{"notifications":"1s","user_notifications":"1h"}}`)
		if got.Lines != 6 || got.Now.Mails != 4 || got.Try.Mails != 4 || got.Try.Digests != 1 || got.Try.Sizes.Max != 3 || got.Try.Single != 3 || got.Try.Right.P95 != "1s" && got.Try.Right.P95 != "0s" {
			h.Errorf("the trial is %+v, want three mails to jan and one digest to anna from 6 lines", got)
		}
	})
}

// P1: what has just come in is planned on until it has left, and a percentage is not to be made of it.
func TestP1WhatHasJustComeInIsPlannedToItsEnd(t *testing.T) {
	each(t, func(h *house) {
		h.people("anna")
		for i := range 3 {
			h.must(http.StatusAccepted, nil, "POST", "/api/v1/events", fmt.Sprintf(`{"id":"e%d","kind":"case_changed","users":["anna"]}`, i))
		}
		type plan struct {
			Mails   int
			Waiting int `json:"still_waiting"`
		}
		var got struct {
			Now, Try plan
			Little   bool `json:"too_little_data"`
		}
		h.must(http.StatusOK, &got, "POST", "/api/v1/jobs/simulate", `{"set":{"notifications":"24h,wake=true"}}`)
		if want := (plan{Mails: 3}); got.Now != want || got.Try != want || !got.Little {
			h.Errorf("the trial is %+v, want 3 mails in both plans and too little data", got)
		}
	})
}
