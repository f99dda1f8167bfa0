package evidence

import (
	"strings"
	"unicode/utf8"
)

// A markerKind says what a client's line says of the message below it.
type markerKind string

const (
	forwardMarker  markerKind = "forward"
	originalMarker markerKind = "original"
)

// markers holds the lines of both kinds. None is of both.
var markers = func() map[string]markerKind {
	m := make(map[string]markerKind)
	for l := range forwardMarkers {
		m[l] = forwardMarker
	}
	for l := range originalMarkers {
		m[l] = originalMarker
	}
	return m
}()

// markerBegins holds the first two bytes of markers.
var markerBegins = func() *[256][256]bool {
	var begins [256][256]bool
	for l := range markers {
		begins[l[0]][l[1]] = true
	}
	return &begins
}()

// longestMarker is more than the longest marker that has no name in it, in bytes.
const longestMarker = 80

// markerOf says whether a line is a client's marker, and of which kind.
func markerOf(l string) (forward, original bool) {
	const longest = 300
	if !mayMark(l) {
		return false, false
	}
	if l = strings.Trim(l, "> \t"+unseen); len(l) > longest {
		return false, false
	}
	l = strings.Trim(l, "-_=*:： \t"+unseen)
	// "Forwarded message from NAME", "Forwarded by NAME on DATE"
	for _, with := range [...]string{"forwarded message from ", "forwarded by "} {
		if len(l) > len(with) && strings.EqualFold(l[:len(with)], with) {
			return true, false
		}
	}
	if len(l) > longestMarker {
		return false, false
	}
	kind, _ := lookUp(markers, l)
	return kind == forwardMarker, kind == originalMarker
}

// mayMark reports whether l begins as a marker does, behind its dashes. It may
// say so of other lines.
func mayMark(l string) bool {
	for i := 0; i+1 < len(l); i++ {
		switch c := l[i]; c {
		case '-', '_', '=', '*', ':', '>', ' ', '\t':
		default:
			return c >= utf8.RuneSelf || l[i+1] >= utf8.RuneSelf || markerBegins[lowerASCII(c)][lowerASCII(l[i+1])]
		}
	}
	return false
}

// isRule reports whether l is the line that Outlook draws above a message.
func isRule(l string) bool {
	const shortest = "________"
	return strings.IndexByte(l, '_') >= 0 && strings.Contains(l, shortest) && strings.Trim(strings.Trim(l, " \t\n\f\r"), "_") == ""
}
