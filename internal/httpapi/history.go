package httpapi

import (
	"context"
	"time"

	"aupd/internal/aup"
	"aupd/internal/desk"

	"github.com/danielgtaylor/huma/v2"
)

type sliceInput struct {
	After aup.Seq `query:"after" doc:"only events behind this number, such as the next of an earlier page"`
	Limit int     `query:"limit" default:"100" minimum:"1" maximum:"1000" doc:"the most events to return"`
}

type historyInput struct {
	ID    string  `path:"id" doc:"the report's id, or a prefix that only one report has"`
	After aup.Seq `query:"after" doc:"only events behind this number, such as the next of an earlier page"`
	Limit int     `query:"limit" default:"100" minimum:"1" maximum:"1000" doc:"the most events to return"`
}

type similarInput struct {
	ID    string `path:"id" doc:"the report's id, or a prefix that only one report has"`
	Limit int    `query:"limit" default:"20" minimum:"1" maximum:"1000" doc:"the most reports to return"`
}

type casesInput struct {
	Limit int `query:"limit" default:"100" minimum:"1" maximum:"1000" doc:"the most cases to return"`
}

type numbersInput struct {
	Since string `query:"since" default:"30d" doc:"a day, a time of RFC 3339, or an age such as 36h or 7d; at most a year back"`
}

type similarOutput struct {
	Similar []aup.Similar `json:"similar"`
}

type casesOutput struct {
	Cases []aup.Case `json:"cases"`
}

func historyRoutes(api huma.API, d *desk.Desk) {
	huma.Register(api, get("list-report-events", "/reports/{id}/events", "List what happened to a report, oldest first"),
		func(ctx context.Context, in *historyInput) (*body[aup.EventPage], error) {
			return respond(d.Events(ctx, aup.EventQuery{Report: aup.ReportID(in.ID), After: in.After, Limit: in.Limit}))
		})
	huma.Register(api, get("list-events", "/events", "List the events of the log, oldest first"),
		func(ctx context.Context, in *sliceInput) (*body[aup.EventPage], error) {
			return respond(d.Events(ctx, aup.EventQuery{After: in.After, Limit: in.Limit}))
		})
	huma.Register(api, get("list-similar", "/reports/{id}/similar", "List the reports that seem to be of one campaign with a report, the strongest reason first"),
		func(ctx context.Context, in *similarInput) (*body[similarOutput], error) {
			found, err := d.Similar(ctx, aup.ReportID(in.ID), in.Limit)
			return respond(similarOutput{found}, err)
		})
	huma.Register(api, get("list-cases", "/cases", "List the cases, the one with the newest report first"),
		func(ctx context.Context, in *casesInput) (*body[casesOutput], error) {
			found, err := d.Cases(ctx, in.Limit)
			return respond(casesOutput{found}, err)
		})
	huma.Register(api, get("read-numbers", "/numbers", "Read what came in and what was decided since a time"),
		func(ctx context.Context, in *numbersInput) (*body[aup.Numbers], error) {
			since, err := aup.ParseTime(in.Since, time.Now())
			if err != nil {
				return nil, problem(err)
			}
			return respond(d.Numbers(ctx, since))
		})
}
