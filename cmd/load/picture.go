package main

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"strings"
	"text/template"
	"time"
)

// The size of the picture in pixels, and the ranges of its axes.
const (
	pictureWide, pictureHigh = 840, 360
	marginLeft, marginRight  = 64, 20
	marginTop, marginBottom  = 56, 44
	fastest, slowest         = 100 * time.Microsecond, 10 * time.Second
	bucket                   = 500 * time.Millisecond
)

// draw plots the latency of the page over time, with and without the gate: for each half second
// the median and the 99th percentile, as one line each.
func draw(gated, ungated *storm) []byte {
	lasting := max(gated.samples[len(gated.samples)-1].at, ungated.samples[len(ungated.samples)-1].at)
	x := func(at time.Duration) float64 {
		return marginLeft + float64(at)/float64(lasting)*(pictureWide-marginLeft-marginRight)
	}
	y := func(took time.Duration) float64 {
		took = min(max(took, fastest), slowest)
		up := math.Log(float64(took)/float64(fastest)) / math.Log(float64(slowest)/float64(fastest))
		return pictureHigh - marginBottom - up*(pictureHigh-marginTop-marginBottom)
	}
	type mark struct {
		At   float64
		Text string
	}
	data := struct {
		Wide, High, Left, Right, Top, Bottom, Deep int
		StormFrom, StormWide                       float64
		Levels, Seconds                            []mark
		Lines                                      []struct{ Class, Points string }
		Title                                      string
		People                                     int
	}{People: gated.people, Wide: pictureWide, High: pictureHigh, Left: marginLeft, Right: pictureWide - marginRight, Top: marginTop, Bottom: pictureHigh - marginBottom, Deep: pictureHigh - marginTop - marginBottom}
	data.StormFrom = x(gated.begun)
	data.StormWide = x(gated.ended) - x(gated.begun)
	for took, text := range map[time.Duration]string{
		fastest: "0.1 ms", time.Millisecond: "1 ms", 10 * time.Millisecond: "10 ms", 100 * time.Millisecond: "100 ms", time.Second: "1 s", slowest: "10 s",
	} {
		data.Levels = append(data.Levels, mark{y(took), text})
	}
	slices.SortFunc(data.Levels, func(a, b mark) int { return int(a.At - b.At) })
	for at := time.Duration(0); at <= lasting; at += 10 * time.Second {
		data.Seconds = append(data.Seconds, mark{x(at), fmt.Sprintf("%.0f s", at.Seconds())})
	}
	for _, line := range []struct {
		class string
		of    *storm
		q     float64
	}{{"without high", ungated, .99}, {"without", ungated, .5}, {"with high", gated, .99}, {"with", gated, .5}} {
		var points []string
		for at := time.Duration(0); at < lasting; at += bucket {
			var took []time.Duration
			for _, sample := range line.of.samples {
				if sample.at >= at && sample.at < at+bucket {
					took = append(took, sample.took)
				}
			}
			if len(took) > 0 {
				slices.Sort(took)
				points = append(points, fmt.Sprintf("%.1f,%.1f", x(at+bucket/2), y(quantile(took, line.q))))
			}
		}
		data.Lines = append(data.Lines, struct{ Class, Points string }{line.class, strings.Join(points, " ")})
	}
	_, _, with50, with99 := gated.quantiles(gated.samples)
	_, _, without50, without99 := ungated.quantiles(ungated.samples)
	data.Title = fmt.Sprintf("In the storm the page takes %s (p99 %s) with the gate and %s (p99 %s) without it", ms(with50), ms(with99), ms(without50), ms(without99))
	var picture bytes.Buffer
	if err := pictureText.Execute(&picture, data); err != nil {
		panic(err) // template and data are in this file
	}
	return picture.Bytes()
}

var pictureText = template.Must(template.New("").Parse(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {{.Wide}} {{.High}}" role="img" aria-label="{{.Title}}">
<style>
	svg { font: 13px system-ui, sans-serif; fill: #3c382f; background: #fbf8f1 }
	.grid { stroke: #ded6c5 } .storm { fill: #efe6d3 } polyline { fill: none; stroke-width: 2.2; stroke-linejoin: round }
	.with { stroke: #1f6f54 } .without { stroke: #b4472e } .high { stroke-width: 1.2; stroke-dasharray: 4 3 }
	text.with { fill: #1f6f54; stroke: none } text.without { fill: #b4472e; stroke: none }
	@media (prefers-color-scheme: dark) {
		svg { fill: #d8d0bf; background: #1d1b17 } .grid { stroke: #3a362d } .storm { fill: #2a2720 }
		.with { stroke: #6cc5a1 } .without { stroke: #ef8a6d } text.with { fill: #6cc5a1 } text.without { fill: #ef8a6d }
	}
</style>
<rect class="storm" x="{{printf "%.1f" .StormFrom}}" y="{{.Top}}" width="{{printf "%.1f" .StormWide}}" height="{{.Deep}}"/>
{{range .Levels}}<line class="grid" x1="{{$.Left}}" x2="{{$.Right}}" y1="{{printf "%.1f" .At}}" y2="{{printf "%.1f" .At}}"/><text x="{{$.Left}}" dx="-8" y="{{printf "%.1f" .At}}" dy="4" text-anchor="end">{{.Text}}</text>
{{end}}{{range .Seconds}}<text x="{{printf "%.1f" .At}}" y="{{$.Bottom}}" dy="22" text-anchor="middle">{{.Text}}</text>
{{end}}{{range .Lines}}<polyline class="{{.Class}}" points="{{.Points}}"/>
{{end}}<text x="{{.Left}}" y="24">How long the sign-in page takes while {{.People}} people sign in without pause</text>
<text class="without" x="{{.Left}}" y="44">without the gate</text><text class="with" x="{{.Left}}" dx="120" y="44">with it</text><text x="{{.Left}}" dx="190" y="44">line: median, dashes: slowest hundredth</text>
</svg>
`))
