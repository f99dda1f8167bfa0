package evidence

import (
	"strconv"
	"strings"
)

// A colour is 0xRRGGBB, or one of the two below.
type colour int32

const (
	white       colour = 0xffffff
	unknown     colour = -1 // not set, or not known: an image, a gradient
	transparent colour = -2
)

// near reports whether no reader can tell two colours apart.
func near(a, b colour) bool {
	const step = 6
	for shift := 0; shift <= 16; shift += 8 {
		if d := int(a>>shift&255) - int(b>>shift&255); d > step || d < -step {
			return false
		}
	}
	return true
}

// cssNumber returns the number that value begins with, whatever its unit.
func cssNumber(value string) (float64, bool) {
	end := 0
	for end < len(value) && strings.IndexByte("+-.0123456789", value[end]) >= 0 {
		end++
	}
	n, err := strconv.ParseFloat(value[:end], 64)
	return n, err == nil
}

// colourNames holds the names that mail uses.
var colourNames = map[string]colour{
	"white": white, "black": 0, "red": 0xff0000, "green": 0x008000, "blue": 0x0000ff, "yellow": 0xffff00, "gray": 0x808080,
	"grey": 0x808080, "silver": 0xc0c0c0, "navy": 0x000080, "maroon": 0x800000, "purple": 0x800080, "teal": 0x008080,
	"orange": 0xffa500, "lime": 0x00ff00, "aqua": 0x00ffff, "cyan": 0x00ffff, "fuchsia": 0xff00ff, "magenta": 0xff00ff,
	"whitesmoke": 0xf5f5f5, "snow": 0xfffafa, "ivory": 0xfffff0, "ghostwhite": 0xf8f8ff, "lightgray": 0xd3d3d3, "lightgrey": 0xd3d3d3,
	"darkgray": 0xa9a9a9, "darkgrey": 0xa9a9a9, "transparent": transparent, "windowtext": 0, "window": white,
}

// parseColour reads a colour in lower case; what it does not know is unknown.
func parseColour(s string) colour {
	s = strings.TrimSpace(s)
	if c, ok := colourNames[s]; ok {
		return c
	}
	if rest, ok := strings.CutPrefix(s, "rgb"); ok {
		return parseRGB(strings.TrimPrefix(rest, "a"))
	}
	s = strings.TrimPrefix(s, "#")
	if len(s) == 3 {
		s = string([]byte{s[0], s[0], s[1], s[1], s[2], s[2]})
	}
	if len(s) != 6 {
		return unknown
	}
	n, err := strconv.ParseUint(s, 16, 32)
	if err != nil {
		return unknown
	}
	return colour(n)
}

// parseRGB reads "(r, g, b)" or "(r, g, b, alpha)".
func parseRGB(s string) colour {
	s = strings.Trim(s, "() ")
	values := strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ' ' || r == '/' })
	if len(values) < 3 {
		return unknown
	}
	c := colour(0)
	for _, v := range values[:3] {
		n, ok := cssNumber(v)
		if !ok {
			return unknown
		}
		c = c<<8 | colour(min(max(n, 0), 255))
	}
	if len(values) > 3 {
		switch alpha, ok := cssNumber(values[3]); {
		case !ok || strings.HasSuffix(values[3], "%"):
			return unknown
		case alpha < 0.05:
			return transparent
		case alpha < 0.95:
			return unknown // what is behind it shows through
		}
	}
	return c
}
