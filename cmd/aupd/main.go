// Command aupd turns a support mailbox into a classified, provable backlog of
// reports on an Acceptable Use Policy. Run "aupd help" for its commands.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"aupd/internal/cli"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// A second signal ends the program at once, should the clean stop hang.
	context.AfterFunc(ctx, stop)
	os.Exit(cli.Main(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}
