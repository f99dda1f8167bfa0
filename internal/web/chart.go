package web

import (
	"fmt"

	"aupd/internal/aup"
)

// A chart is bars in a box of Width by Height units, to be drawn as SVG. A
// table beside it says the same in figures.
type chart struct {
	Width, Height int
	Bars          []bar
	Most          int // what the highest bar stands for
	First, Last   string
}

// A bar is one rectangle. Series tells which of the chart's values it shows.
type bar struct {
	X, Y, W, H float64
	Series     int
	Label      string
}

// dayLabel is how a chart writes a day.
const dayLabel = "2 Jan"

// barChart draws two values for each step, beside each other.
func barChart(steps []aup.DayNumbers, values func(aup.DayNumbers) [2]int) chart {
	c := newChart(720, 160, steps)
	for _, s := range steps {
		v := values(s)
		c.Most = max(c.Most, v[0], v[1])
	}
	slot := float64(c.Width) / float64(max(len(steps), 1))
	for i, s := range steps {
		v := values(s)
		for series, n := range v {
			width := slot * 0.38
			x := float64(i)*slot + slot*0.1 + float64(series)*(width+slot*0.04)
			word := []string{"received", "decided"}[series]
			c.bar(x, width, n, series+1, fmt.Sprintf("%s: %d %s", s.Day.Format(dayLabel), n, word))
		}
	}
	return c
}

// sparkline draws one value for each step, small.
func sparkline(steps []aup.DayNumbers, value func(aup.DayNumbers) int) chart {
	c := newChart(180, 24, steps)
	for _, s := range steps {
		c.Most = max(c.Most, value(s))
	}
	slot := float64(c.Width) / float64(max(len(steps), 1))
	for i, s := range steps {
		c.bar(float64(i)*slot+slot*0.1, slot*0.8, value(s), 1, fmt.Sprintf("%s: %d", s.Day.Format(dayLabel), value(s)))
	}
	return c
}

func newChart(width, height int, steps []aup.DayNumbers) chart {
	c := chart{Width: width, Height: height}
	if len(steps) > 0 {
		c.First, c.Last = steps[0].Day.Format(dayLabel), steps[len(steps)-1].Day.Format(dayLabel)
	}
	return c
}

// bar adds a bar of n; nothing for 0.
func (c *chart) bar(x, width float64, n, series int, label string) {
	if n == 0 {
		return
	}
	h := max(float64(n)*float64(c.Height)/float64(c.Most), 1)
	c.Bars = append(c.Bars, bar{round(x), round(float64(c.Height) - h), round(width), round(h), series, label})
}

// round keeps pages short: a tenth of a unit is not seen.
func round(f float64) float64 { return float64(int(f*10+0.5)) / 10 }
