package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"aupd/internal/aup"
	"aupd/internal/export"

	"github.com/spf13/cobra"
)

// exportFlags say what an export is of, and where it goes.
type exportFlags struct {
	format, list, bundle, out string
}

func (a *app) exportCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use: "export", Short: "Write reports, block lists or evidence for others to use", Args: cobra.NoArgs,
		Long: `Write all selected reports for other programs, newest first: as JSON lines, as a
table (csv) in which no cell is a formula, or as STIX 2.1, of those that were
decided to be violations.

With --blocklist write where the abuse came from in those that were decided to
be violations: domains, mailservers, urls, ips (networks), rpz (a zone for a
name server), postfix and postfix-cidr (access maps), or rspamd (a glob map).
The host of a URL is blocked only where it is named as a domain: others may live
there.

With --bundle write all evidence of one report as a zip file: the message, what
was read in it, findings, decisions with the clauses as they read then, its
events and the hashes of all of them. "aupd verify FILE" checks it anywhere.

` + filterHelp,
		Example: `  aupd export --since 30d --format csv -o march.csv
  aupd export --blocklist rpz --since 90d -o /var/lib/bind/rpz.aupd
  aupd export --bundle 7k3m -o 7k3m.zip`,
	}
	flags := a.queryFlags(cmd)
	var e exportFlags
	f := cmd.Flags()
	f.StringVar(&e.format, "format", "jsonl", "write reports as `FORMAT`: jsonl, csv or stix")
	f.StringVar(&e.list, "blocklist", "", "write the block list of this `KIND`: "+strings.Join(listKinds(), ", "))
	f.StringVar(&e.bundle, "bundle", "", "write the evidence of the report with this `ID`; needs -o")
	f.StringVarP(&e.out, "output", "o", "", "write to `FILE`, which is replaced when all is written, in place of standard output")
	cmd.MarkFlagsMutuallyExclusive("format", "blocklist", "bundle")
	for _, name := range append([]string{"query", "filter"}, aup.QueryWords...) {
		if f.Lookup(name) != nil {
			cmd.MarkFlagsMutuallyExclusive("bundle", name)
		}
	}
	_ = cmd.RegisterFlagCompletionFunc("format", cobra.FixedCompletions([]string{"jsonl", "csv", "stix"}, cobra.ShellCompDirectiveNoFileComp))
	_ = cmd.RegisterFlagCompletionFunc("blocklist", cobra.FixedCompletions(listKinds(), cobra.ShellCompDirectiveNoFileComp))
	cmd.RunE = run(func(cmd *cobra.Command, _ []string) error {
		if cmd.Flags().Changed("bundle") {
			return a.exportBundle(cmd.Context(), e)
		}
		return a.exportReports(cmd.Context(), flags, e)
	})
	return cmd
}

func listKinds() []string {
	var kinds []string
	for _, k := range export.ListKinds {
		kinds = append(kinds, string(k))
	}
	return kinds
}

func (a *app) exportReports(ctx context.Context, flags *queryFlags, e exportFlags) error {
	write, err := e.writer()
	if err != nil {
		return err
	}
	b, q, err := a.openQuery(ctx, flags, readOnly)
	if err != nil {
		return err
	}
	defer b.Close()
	status, err := b.Status(ctx)
	if err != nil {
		return err
	}
	reports, err := export.Select(ctx, b, q)
	if err != nil {
		return err
	}
	return a.writeTo(e.out, func(w io.Writer) error { return write(w, status.Events, reports) })
}

// writer returns what writes the reports in the form that the flags ask for, as
// of an event of the log.
func (e exportFlags) writer() (func(io.Writer, aup.Seq, export.Selection) error, error) {
	plain := map[string]func(io.Writer, export.Selection) error{"jsonl": export.JSONLines, "csv": export.CSV, "stix": export.STIX}
	if e.list != "" {
		for _, kind := range export.ListKinds {
			if string(kind) == e.list {
				return func(w io.Writer, as aup.Seq, s export.Selection) error { return export.BlockList(w, kind, as, s) }, nil
			}
		}
		return nil, usageError{fmt.Errorf("--blocklist %s: want one of %s", e.list, strings.Join(listKinds(), ", "))}
	}
	if write := plain[e.format]; write != nil {
		return func(w io.Writer, _ aup.Seq, s export.Selection) error { return write(w, s) }, nil
	}
	return nil, usageError{fmt.Errorf("--format %s: want jsonl, csv or stix", e.format)}
}

func (a *app) exportBundle(ctx context.Context, e exportFlags) error {
	if e.out == "" {
		return usageError{errors.New("--bundle: name the file to write with -o FILE.zip")}
	}
	cfg, err := a.config()
	if err != nil {
		return err
	}
	b, r, err := openReport(ctx, cfg, e.bundle)
	if err != nil {
		return err
	}
	defer b.Close()
	if err := a.writeTo(e.out, func(w io.Writer) error { return b.bundle(ctx, r.ID, w) }); err != nil {
		return err
	}
	fmt.Fprintf(a.out, "%s: the evidence of report %s; \"aupd verify %[1]s\" checks it\n", clean(e.out), r.ID)
	return nil
}

// bundle writes the evidence of a report, whose opening is in the log already
// or left to the daemon.
func (b *backend) bundle(ctx context.Context, id aup.ReportID, w io.Writer) error {
	if b.daemon != nil {
		return b.daemon.Bundle(ctx, id, w)
	}
	proof, err := b.store.Proof(ctx, id)
	if err != nil {
		return err
	}
	raw, err := b.store.Raw(ctx, id)
	if err != nil {
		return err
	}
	defer raw.Close()
	return export.Bundle(w, version(), proof, raw)
}

// writeTo has write write a file, which stands under its name when it is whole
// and only then; standard output for no name.
func (a *app) writeTo(name string, write func(io.Writer) error) (err error) {
	if name == "" {
		return write(a.out)
	}
	f, err := os.CreateTemp(filepath.Dir(name), ".aupd-export-*") // has mode 0600
	if err != nil {
		return err
	}
	if err = errors.Join(write(f), f.Sync(), f.Close()); err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}
