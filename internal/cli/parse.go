package cli

import (
	"fmt"

	"aupd/internal/aup"
	"aupd/internal/evidence"

	"github.com/spf13/cobra"
)

// parsed is the JSON of one parsed file.
type parsed struct {
	File   string   `json:"file"`
	SHA256 aup.Hash `json:"sha256"`
	aup.Document
}

func (a *app) parseCmd() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: "parse FILE|DIR …", Short: "Show what is read in a message, and what could not be", Args: cobra.MinimumNArgs(1),
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the whole document, one JSON object a file")
	cmd.RunE = run(func(cmd *cobra.Command, args []string) error {
		_, ev, err := a.reader()
		if err != nil {
			return err
		}
		return a.eachMail(cmd, args, func(m *aup.Mail) error {
			doc := evidence.Parse(m.Raw, m.Size, ev)
			if asJSON {
				return a.jsonLine(parsed{m.Source.Folder, m.Hash, doc})
			}
			a.parsed(m, &doc)
			return nil
		})
	})
	return cmd
}

func (a *app) parsed(m *aup.Mail, doc *aup.Document) {
	fmt.Fprintf(a.out, "%s, %d bytes, sha256 %s\n", clean(m.Source.Folder), m.Size, m.Hash)
	a.fields(doc.Messages[0])
	a.row("language", doc.Language)
	for _, p := range doc.Problems {
		a.row("problem", problemLine(p))
	}
	a.document(doc)
	fmt.Fprintln(a.out)
}
