package main

import (
	"encoding/xml"
	"fmt"
	"strings"
	"time"
)

// The layout of the drawing, in its own units.
const (
	svgWidth  = 960
	plotLeft  = 72
	plotRight = svgWidth - 24
	shareTop  = 84
	shareFoot = 314
	errorTop  = 364
	errorFoot = 464
	notesTop  = 530 // the list of marks
	noteStep  = 22
	badge     = 9 // radius of a mark's circle
	badgeStep = 20
)

// style has the colours: as attributes for light, and what differs in the dark.
// Viewers without style sheets draw the light ones.
const style = `<style>
  text { font: 13px system-ui, sans-serif; }
  .title { font-size: 18px; font-weight: 600; }
  .badge { font-size: 11px; font-weight: 600; text-anchor: middle; }
  @media (prefers-color-scheme: dark) {
    .paper { fill: #0d1117; }
    .ink { fill: #e6edf3; }
    .faint { fill: #9198a1; }
    .grid { stroke: #30363d; }
    .axis { stroke: #656c76; }
    .share { fill: #1f4f8f; stroke: #58a6ff; }
    .failing { stroke: #ff7b72; }
    .bound { stroke: #ff7b72; }
  }
</style>
`

// colours of the marks: they stand out from light and dark alike.
func (k markKind) colour() string {
	switch k {
	case markTrip:
		return "#cf222e"
	case markOK:
		return "#1a7f37"
	case markFix:
		return "#9a6700"
	default:
		return "#0969da"
	}
}

// A drawing is an SVG document in the making.
type drawing struct {
	strings.Builder
	story *story
	top   float64 // of the axis of error rates
}

// svg draws the story. The same story gives the same bytes.
func svg(s *story) string {
	d := &drawing{story: s, top: ceiling(s)}
	noted := marks(s.entries)
	height := notesTop + noteStep*len(noted) + 4
	d.add(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" role="img" aria-labelledby="title about">`+"\n", svgWidth, height)
	d.add("<title id=\"title\">%s: who has it, and the error rate</title>\n", escaped(feature))
	d.add("<desc id=\"about\">%s of %s users have it in the end, after %s.</desc>\n", count(int64(s.end().share)), count(int64(s.users)), span(s.length()))
	d.WriteString(style)
	d.add(`<rect class="paper" width="%d" height="%d" fill="#ffffff"/>`+"\n", svgWidth, height)
	d.text("ink title", "start", plotLeft, 34, feature+": who has it")
	d.text("faint", "start", plotLeft, 54, fmt.Sprintf("of %s users, each evaluated as its service would", count(int64(s.users))))
	d.text("faint", "start", plotLeft, errorTop-12, "error rate on the new path, over at most 10 min")
	d.axes()
	d.share()
	d.failing()
	d.marks(noted)
	d.WriteString("</svg>\n")
	return d.String()
}

// axes draws the frames, the times and the values.
func (d *drawing) axes() {
	for i := range 5 {
		part := float64(i) / 4
		d.level(shareTop, shareFoot, part, percent(part, 0))
	}
	for i := range 3 {
		part := float64(i) / 2
		d.level(errorTop, errorFoot, part, percent(part*d.top, 1))
	}
	for _, at := range ticks(d.story, 12) {
		x := d.x(at)
		d.add(`<path class="axis" d="M%s %dv5" stroke="#8c959f"/>`+"\n", number(x), errorFoot)
		d.text("faint", "middle", x, errorFoot+20, at.Format("15:04"))
	}
}

// level draws one value of an axis.
func (d *drawing) level(top, foot int, part float64, label string) {
	y := float64(foot) - float64(part*float64(foot-top))
	class, colour := "grid", "#d8dee4"
	if part == 0 {
		class, colour = "axis", "#8c959f"
	}
	d.add(`<path class="%s" d="M%d %sH%d" stroke="%s"/>`+"\n", class, plotLeft, number(y), plotRight, colour)
	d.text("faint", "end", plotLeft-8, y+4, label)
}

// share draws the area of who has the feature: it changes in steps.
func (d *drawing) share() {
	var path strings.Builder
	fmt.Fprintf(&path, "M%d %d", plotLeft, shareFoot)
	last := -1
	for i, m := range d.story.minutes {
		if m.share == last {
			continue
		}
		last = m.share
		y := shareFoot - float64(float64(m.share)/float64(d.story.users)*(shareFoot-shareTop))
		fmt.Fprintf(&path, "H%sV%s", number(d.x(d.minute(i))), number(y))
	}
	fmt.Fprintf(&path, "H%dV%dZ", plotRight, shareFoot)
	d.add(`<path class="share" d="%s" fill="#b6d4fe" stroke="#0969da" stroke-width="1.5"><title>users with %s</title></path>`+"\n", path.String(), escaped(feature))
}

// failing draws the error rate and the bound of the safeguard.
func (d *drawing) failing() {
	y := func(rate float64) string {
		return number(errorFoot - float64(rate/d.top*(errorFoot-errorTop)))
	}
	d.add(`<path class="bound" d="M%d %sH%d" stroke="#cf222e" stroke-dasharray="6 5"><title>the safeguard's bound: %s</title></path>`+"\n",
		plotLeft, y(d.story.bound), plotRight, percent(d.story.bound, 1))
	points := make([]string, 0, len(d.story.minutes))
	for i, m := range d.story.minutes {
		if m.sample.Count > 0 {
			points = append(points, number(d.x(d.minute(i+1)))+","+y(m.sample.Value))
		}
	}
	d.add(`<polyline class="failing" points="%s" fill="none" stroke="#cf222e" stroke-width="1.5"><title>error rate</title></polyline>`+"\n", strings.Join(points, " "))
}

// marks draws a line through both charts for each mark, and the list of them. The
// circles stand side by side where the marks are too close.
func (d *drawing) marks(all []mark) {
	free := 0.0
	for i, m := range all {
		x, colour := d.x(m.at), m.kind.colour()
		at := min(max(x, free), float64(svgWidth-badge-badgeStep*(len(all)-1-i)))
		free = at + badgeStep
		d.add(`<g><title>%s %s</title><path d="M%s %dV%dM%s %dV%d" stroke="%s" stroke-dasharray="2 3"/>`,
			m.at.Format("15:04"), escaped(m.text), number(x), shareTop-2, shareFoot, number(x), errorTop, errorFoot, colour)
		d.badge(at, shareTop-badge-3, i, colour)
		d.WriteString("</g>\n")
		y := float64(notesTop + noteStep*i)
		d.badge(plotLeft+badge, y-4, i, colour)
		d.WriteByte('\n')
		d.text("faint", "start", plotLeft+30, y, m.at.Format("15:04"))
		d.text("ink", "start", plotLeft+76, y, m.text)
	}
}

// badge draws the name of a mark in a circle.
func (d *drawing) badge(x, y float64, i int, colour string) {
	d.add(`<circle cx="%s" cy="%s" r="%d" fill="%s"/><text class="badge" x="%s" y="%s" fill="#ffffff">%c</text>`,
		number(x), number(y), badge, colour, number(x), number(y+4), markName(i))
}

// text writes one line, in the colour of its class.
func (d *drawing) text(class, anchor string, x, y float64, text string) {
	colour := "#1f2328"
	if class == "faint" {
		colour = "#59636e"
	}
	d.add(`<text class="%s" x="%s" y="%s" text-anchor="%s" fill="%s">%s</text>`+"\n", class, number(x), number(y), anchor, colour, escaped(text))
}

func (d *drawing) add(format string, args ...any) { fmt.Fprintf(d, format, args...) }

// minute returns when a minute begins.
func (d *drawing) minute(i int) time.Time {
	return d.story.begun.Add(time.Duration(i) * time.Minute)
}

// x returns the place of an instant.
func (d *drawing) x(at time.Time) float64 {
	part := float64(at.Sub(d.story.begun)) / float64(max(d.story.length(), time.Minute))
	return plotLeft + float64(part*(plotRight-plotLeft))
}

// number writes a coordinate: a tenth is fine enough.
func number(v float64) string { return fmt.Sprintf("%.1f", v) }

// escaped returns a text as it can stand in XML.
func escaped(text string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(text)) // a Builder takes everything
	return b.String()
}
