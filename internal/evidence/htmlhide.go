package evidence

import (
	"slices"
	"strings"
)

// hides returns what trait a property speaks of, and whether the value is one
// that hides; 0 for a property that hides nothing.
func hides(name, value string) (t trait, is bool) {
	switch name {
	case "opacity":
		n, ok := cssNumber(value)
		return noOpacity, ok && (n < 0.05 || strings.HasSuffix(value, "%") && n < 5)
	case "clip":
		return noClip, clipsAll(value)
	case "clip-path", "-webkit-clip-path":
		return noClipPath, cutsAll(value)
	case "transform", "-webkit-transform":
		return noTransform, movesAway(value)
	case "filter", "-ms-filter":
		return noFilter, fades(value)
	case "content-visibility":
		return noContent, value == "hidden"
	case "zoom":
		n, ok := cssNumber(value)
		return noZoom, ok && n < 0.05
	case "mso-hide":
		return noOutlook, value == "all"
	case "text-indent":
		return offIndent, isFarOff(value)
	case "margin", "margin-left", "margin-top":
		return offMargin, slices.ContainsFunc(strings.Fields(value), isFarOff)
	case "position":
		return placed, value == "absolute" || value == "fixed" || value == "relative"
	case "left":
		return offLeft, isFarOff(value)
	case "right":
		return offRight, isFarOff(value)
	case "top":
		return offTop, isFarOff(value)
	case "bottom":
		return offBottom, isFarOff(value)
	case "overflow", "overflow-x", "overflow-y":
		return closed, strings.HasPrefix(value, "hidden") || strings.HasPrefix(value, "clip")
	case "height":
		return flatHeight, isFlat(value)
	case "max-height":
		return flatMaxHeight, isFlat(value)
	case "width":
		return flatWidth, isFlat(value)
	case "max-width":
		return flatMaxWidth, isFlat(value)
	}
	return 0, false
}

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
