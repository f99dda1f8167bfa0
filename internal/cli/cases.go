package cli

import (
	"fmt"
	"time"

	"aupd/internal/aup"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"
)

func (a *app) casesCmd() *cobra.Command {
	var limit int
	var asJSON bool
	cmd := &cobra.Command{
		Use: "cases", Short: "List the cases, the one with the newest report first", Args: cobra.NoArgs,
		Long: `List the cases: reports that belong together, because one answers the other or
because somebody linked them. Their reports: aupd list --case CASE`,
	}
	cmd.Flags().IntVar(&limit, "limit", 50, "show at most `N`")
	cmd.Flags().BoolVar(&asJSON, "json", false, "one JSON object a line")
	cmd.RunE = run(func(cmd *cobra.Command, _ []string) error {
		b, err := a.open(cmd.Context(), readOnly)
		if err != nil {
			return err
		}
		defer b.Close()
		all, err := b.Cases(cmd.Context(), limit)
		if err != nil {
			return err
		}
		return printTable(a, all, asJSON, "There is no case.", []column{{"case", 0}, {"reports", 50}, {"open", 0}, {"newest", 70}, {"subject", 0}}, func(c aup.Case) table.Row {
			return table.Row{string(c.ID), c.Reports, c.Open, c.Newest.Format(time.RFC3339), clean(c.Subject)}
		})
	})
	return cmd
}

func (a *app) similarCmd() *cobra.Command {
	var limit int
	var asJSON bool
	cmd := &cobra.Command{
		Use: "similar ID", Short: "List the reports that seem to be of one campaign with a report", Args: cobra.ExactArgs(1),
		Long: `List the reports that pass on the same message as a report, or name the same
source of abuse, the strongest reason first. To put one into a case with it:
aupd link OTHER --with ID`,
		ValidArgsFunction: a.completeID,
	}
	cmd.Flags().IntVar(&limit, "limit", 20, "show at most `N`")
	cmd.Flags().BoolVar(&asJSON, "json", false, "one JSON object a line")
	cmd.RunE = run(func(cmd *cobra.Command, args []string) error {
		b, err := a.open(cmd.Context(), readOnly)
		if err != nil {
			return err
		}
		defer b.Close()
		all, err := b.Similar(cmd.Context(), aup.ReportID(args[0]), limit)
		if err != nil {
			return err
		}
		return printTable(a, all, asJSON, "No other report seems to belong with it.", []column{{"id", 0}, {"reason", 0}, {"case", 100}, {"subject", 0}}, func(s aup.Similar) table.Row {
			return table.Row{string(s.Report.ID), clean(s.Reason), string(s.Report.Case), subjectOf(s.Report)}
		})
	})
	return cmd
}

// printTable prints all as a table, or a JSON object a line, and what stands
// for none.
func printTable[T any](a *app, all []T, asJSON bool, none string, columns []column, row func(T) table.Row) error {
	if asJSON {
		return printLines(a, all)
	}
	if len(all) == 0 {
		fmt.Fprintln(a.out, none)
		return nil
	}
	rows := make([]table.Row, 0, len(all))
	for _, v := range all {
		rows = append(rows, row(v))
	}
	a.listing(columns, rows)
	return nil
}
