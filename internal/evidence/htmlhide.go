package evidence

import (
	"slices"
	"strings"
)

// A hiding is a property that can hide an element: the trait that it speaks of,
// and what tells the values that hide.
type hiding struct {
	trait trait
	is    func(value string) bool
}

var hidings = map[string]hiding{
	"opacity":           {noOpacity, isFaint},
	"clip":              {noClip, clipsAll},
	"clip-path":         {noClipPath, cutsAll},
	"-webkit-clip-path": {noClipPath, cutsAll},
	"transform":         {noTransform, movesAway},
	"-webkit-transform": {noTransform, movesAway},
	"filter":            {noFilter, fades},
	"-ms-filter":        {noFilter, fades},
	"zoom":              {noZoom, isFaint},

	"content-visibility": {noContent, func(v string) bool { return v == "hidden" }},
	"mso-hide":           {noOutlook, func(v string) bool { return v == "all" }},
	"position":           {placed, func(v string) bool { return v == "absolute" || v == "fixed" || v == "relative" }},

	"text-indent": {offIndent, isFarOff},
	"margin":      {offMargin, anyFarOff},
	"margin-left": {offMargin, anyFarOff},
	"margin-top":  {offMargin, anyFarOff},
	"left":        {offLeft, isFarOff},
	"right":       {offRight, isFarOff},
	"top":         {offTop, isFarOff},
	"bottom":      {offBottom, isFarOff},

	"overflow":   {closed, keepsIn},
	"overflow-x": {closed, keepsIn},
	"overflow-y": {closed, keepsIn},
	"height":     {flatHeight, isFlat},
	"max-height": {flatMaxHeight, isFlat},
	"width":      {flatWidth, isFlat},
	"max-width":  {flatMaxWidth, isFlat},
}

// isFaint reports whether a share, be it in per cent, is next to nothing.
func isFaint(value string) bool {
	n, ok := cssNumber(value)
	return ok && (n < 0.05 || strings.HasSuffix(value, "%") && n < 5)
}

// keepsIn reports whether nothing stands out of an element.
func keepsIn(value string) bool {
	return strings.HasPrefix(value, "hidden") || strings.HasPrefix(value, "clip")
}

func anyFarOff(value string) bool { return slices.ContainsFunc(strings.Fields(value), isFarOff) }

// isFlat reports whether a length leaves no room for text.
func isFlat(value string) bool {
	n, ok := cssNumber(value)
	return ok && (n <= 0 || n <= 1 && !strings.HasSuffix(value, "%") && !strings.HasSuffix(value, "em"))
}

// farOff reports whether n, which value begins with, is off the page, in the
// unit that follows it.
func farOff(n float64, value string) bool {
	const pixels, letters, pages = -900, -60, -100
	switch {
	case strings.HasSuffix(value, "em"):
		return n <= letters
	case strings.HasSuffix(value, "%"), strings.HasSuffix(value, "vw"), strings.HasSuffix(value, "vh"):
		return n <= pages
	}
	return n <= pixels
}

func isFarOff(value string) bool {
	n, ok := cssNumber(value)
	return ok && farOff(n, value)
}

// cssFunction cuts "name(a, b c)" into the name and its arguments.
func cssFunction(value string) (name string, args []string, rest string) {
	name, in, ok := strings.Cut(value, "(")
	if !ok {
		return "", nil, ""
	}
	in, rest, _ = strings.Cut(in, ")")
	return strings.TrimSpace(name), strings.FieldsFunc(in, func(r rune) bool { return r == ',' || r == ' ' || r == '/' }), rest
}

// clipsAll reads "rect(top, right, bottom, left)".
func clipsAll(value string) bool {
	name, args, _ := cssFunction(value)
	if name != "rect" || len(args) < 4 {
		return false
	}
	var side [4]float64
	for i := range side {
		n, ok := cssNumber(args[i])
		if !ok {
			return false // auto
		}
		side[i] = n
	}
	return side[2]-side[0] <= 1 || side[1]-side[3] <= 1
}

// cutsAll reads a shape that nothing is seen through.
func cutsAll(value string) bool {
	const half, pixels = 50, 900
	name, args, _ := cssFunction(value)
	var numbers []float64
	for _, a := range args {
		if n, ok := cssNumber(a); ok {
			numbers = append(numbers, n)
		}
	}
	switch {
	case len(numbers) == 0:
		return false
	case name == "inset":
		return slices.ContainsFunc(args, func(a string) bool {
			n, _ := cssNumber(a)
			return strings.HasSuffix(a, "%") && n >= half || n >= pixels
		})
	case name == "circle", name == "ellipse":
		return numbers[0] <= 0
	case name == "polygon":
		return !slices.ContainsFunc(numbers, func(n float64) bool { return n != numbers[0] })
	}
	return false
}

// movesAway reads transforms that leave nothing to be seen on the page.
func movesAway(value string) bool {
	for value != "" {
		name, args, rest := cssFunction(value)
		for _, a := range args {
			n, ok := cssNumber(a)
			if ok && (strings.HasPrefix(name, "scale") && n == 0 || strings.HasPrefix(name, "translate") && farOff(n, a)) {
				return true
			}
		}
		value = rest
	}
	return false
}

// fades reads "opacity(0)" and the old "alpha(opacity=0)".
func fades(value string) bool {
	_, args, ok := strings.Cut(value, "opacity")
	n, number := cssNumber(strings.TrimLeft(args, "(= "))
	if strings.HasPrefix(strings.TrimSpace(args), "=") {
		n /= 100
	}
	return ok && number && n < 0.05
}
