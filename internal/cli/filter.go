package cli

import (
	"fmt"
	"strings"

	"aupd/internal/desk"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"
)

func (a *app) filterCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use: "filter", Short: "Keep queries under a name", Args: cobra.NoArgs,
		Long:    "Keep queries in the filter language under a name, for --filter.\n\n" + filterHelp,
		Example: "  aupd filter save mine state:open assignee:ann\n  aupd queue --filter mine",
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(a.filterSaveCmd(), a.filterListCmd(), a.filterDeleteCmd())
	return cmd
}

func (a *app) filterSaveCmd() *cobra.Command {
	var shared, asJSON bool
	cmd := &cobra.Command{
		Use: "save NAME WORDS…", Short: "Save a query, in place of the one that has the name", Args: cobra.MinimumNArgs(2),
		Example: "  aupd filter save --shared phish clause:1.5 state:open since:7d",
	}
	cmd.Flags().BoolVar(&shared, "shared", false, "for everybody, not for you alone")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the filter as one JSON object")
	cmd.RunE = run(func(cmd *cobra.Command, args []string) error {
		words := queryOf(args[1:])
		if _, err := parseWords(words); err != nil {
			return err
		}
		b, err := a.open(cmd.Context(), readWrite)
		if err != nil {
			return err
		}
		defer b.Close()
		f, err := b.filters.Save(cmd.Context(), desk.Filter{Name: args[0], Query: words, Shared: shared})
		if err != nil {
			return err
		}
		if asJSON {
			return a.jsonLine(f)
		}
		fmt.Fprintf(a.out, "%s: %s\n", f.Name, clean(f.Query))
		return nil
	})
	return cmd
}

// queryOf joins words that a shell has cut, with quotes where they had them.
func queryOf(words []string) string {
	out := make([]string, len(words))
	for i, w := range words {
		name, value, ok := strings.Cut(w, ":")
		// Several words in one argument are a part of the language by themselves;
		// one name with a value of several words was quoted for the shell.
		if ok && len(words) > 1 && strings.ContainsAny(value, " \t") && !strings.ContainsAny(value, `":`) {
			w = name + `:"` + value + `"`
		}
		out[i] = w
	}
	return strings.Join(out, " ")
}

func (a *app) filterListCmd() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{Use: "list", Short: "List the saved filters: your own, then the shared ones", Args: cobra.NoArgs}
	cmd.Flags().BoolVar(&asJSON, "json", false, "one JSON object a line")
	cmd.RunE = run(func(cmd *cobra.Command, _ []string) error {
		b, err := a.open(cmd.Context(), readOnly)
		if err != nil {
			return err
		}
		defer b.Close()
		all, err := b.filters.List(cmd.Context())
		if err != nil {
			return err
		}
		return printTable(a, all, asJSON, "None is saved.", []column{{"name", 0}, {"for", 60}, {"query", 0}}, func(f desk.Filter) table.Row {
			whose := clean(f.By)
			if f.Shared {
				whose = "all, by " + whose
			}
			return table.Row{f.Name, whose, clean(f.Query)}
		})
	})
	return cmd
}

func (a *app) filterDeleteCmd() *cobra.Command {
	var shared bool
	cmd := &cobra.Command{Use: "delete NAME", Short: "Delete a saved filter", Args: cobra.ExactArgs(1)}
	cmd.Flags().BoolVar(&shared, "shared", false, "the shared one, not your own")
	cmd.RunE = run(func(cmd *cobra.Command, args []string) error {
		b, err := a.open(cmd.Context(), readWrite)
		if err != nil {
			return err
		}
		defer b.Close()
		return b.filters.Delete(cmd.Context(), args[0], shared)
	})
	return cmd
}
