// Package evidence reads a mail: raw bytes go in, an [aup.Document] comes out
// with every stretch of text as UTF-8, whose words they are, the originals
// carried within, what machines reported in machines' forms, the indicators,
// and a list of what could not be read as it should.
//
// Nothing here fails, starts a goroutine or touches the world: odd mail is
// data. All work is bounded by the constants of limits.go, and what a bound
// cut off is a problem on the document.
//
// # The way through
//
// [Parse] first splits the message into a tree of entities in one pass (tree.go,
// scan.go, header.go), so that the offset of every part in the raw bytes is
// known. It then walks that tree (walk.go): transfer encoding (transfer.go),
// charset (charset.go), HTML (html.go), files that hold text or are messages
// themselves (file.go and the readers of their formats). What the text means is
// read last, from the finished parts, within a bound that stands for a limit in
// time: voices, machines, indicators, who, language.
//
// The splitting is our own because a reader must be able to go from a span
// back to the raw bytes, and because abuse mail is broken mail: a library that
// stops at a malformed header line or a missing boundary loses the report.
package evidence
