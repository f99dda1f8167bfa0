//go:build integration

package main_test

import (
	"bufio"
	"context"
	"encoding/base64"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"aupd/internal/imaptest"
)

var large = flag.Int("large", 24, "how many messages of 20 MB TestMemory records")

// TestMemory records large messages with the daemon. Its heap stays flat: none
// of them is ever whole in memory.
func TestMemory(t *testing.T) {
	const size, most = 20 << 20, 64 << 20
	server, err := imaptest.Start()
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	rng := rand.NewChaCha8([32]byte{7})
	for i := range *large {
		if err := server.Append("INBOX", largeMessage(rng, i, size), time.Now()); err != nil {
			t.Fatal(err)
		}
	}
	config := killConfig(t, server.Addr(), "")
	admin := freeAddr(t)
	f, err := os.OpenFile(config, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(f, "http: {listen: \"\"}\nadmin: {listen: \"%s\"}\n", admin)
	f.Close()

	cmd := exec.CommandContext(t.Context(), build(t), "--config", config, "serve")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	peak, recorded := 0.0, 0.0
	for deadline := time.Now().Add(time.Duration(*large) * 10 * time.Second); recorded < float64(*large) && time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		got := metrics(t.Context(), admin)
		peak = max(peak, got["go_memstats_heap_inuse_bytes"])
		recorded = got["aupd_messages_total"]
	}
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("the daemon ended with %v after SIGTERM, want a clean stop", err)
	}
	t.Logf("%.0f messages of %d MB: the heap reached %.0f MB", recorded, size>>20, peak/(1<<20))
	if int(recorded) != *large || peak == 0 {
		t.Errorf("%.0f of %d messages were recorded", recorded, *large)
	}
	if peak > most {
		t.Errorf("the heap reached %.0f MB, want at most %d", peak/(1<<20), most>>20)
	}
}

func largeMessage(rng io.Reader, i, size int) []byte {
	data := make([]byte, size*3/4)
	if _, err := io.ReadFull(rng, data); err != nil {
		panic(err) // a random source does not end
	}
	return fmt.Appendf(nil, "From: r@reporter.example\r\nSubject: Acceptable Use Policy %d\r\nMIME-Version: 1.0\r\n"+
		"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nSpam with this attached.\r\n--b\r\n"+
		"Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n\r\n%s\r\n--b--\r\n", i, lines(data))
}

// lines returns data in base64 (RFC 2045, 6.8).
func lines(data []byte) []byte {
	text := base64.StdEncoding.AppendEncode(nil, data)
	out := make([]byte, 0, len(text)+len(text)/38)
	for chunk := range slices.Chunk(text, 76) {
		out = append(append(out, chunk...), "\r\n"...)
	}
	return out
}

// freeAddr returns a loopback address that nobody listens on now.
func freeAddr(t *testing.T) string {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// metrics returns the daemon's metrics, those of one name added up; none while
// it does not answer.
func metrics(ctx context.Context, addr string) map[string]float64 {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+addr+"/metrics", nil)
	if err != nil {
		return nil
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil
	}
	defer resp.Body.Close()
	out := make(map[string]float64)
	for s := bufio.NewScanner(resp.Body); s.Scan(); {
		name, value, ok := strings.Cut(s.Text(), " ")
		name, _, _ = strings.Cut(name, "{")
		if v, err := strconv.ParseFloat(value, 64); ok && err == nil {
			out[name] += v
		}
	}
	return out
}
