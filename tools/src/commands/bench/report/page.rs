//! One page of results: no script, no resource from elsewhere, everything that came from a result
//! escaped. It is XHTML as well as HTML, so that any parser can check it.

use super::plots;
use crate::time::write_utc;
use ringpit_bench::report::{LatencyRow, Ratio, Report, Row, Series};
use ringpit_bench::spread::Spread;
use ringpit_bench::unit::Unit;
use std::fmt::Write as _;

const STYLE: &str = "
:root { color-scheme: light dark; --paper: #fff; --ink: #1b1d21; --faint: #666c75; --line: #d7dade; }
@media (prefers-color-scheme: dark) {
  :root { --paper: #15171a; --ink: #e4e6e9; --faint: #9aa1ab; --line: #353a41; }
}
body { background: var(--paper); color: var(--ink); font: 15px/1.5 system-ui, sans-serif;
  max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h2 { border-top: 1px solid var(--line); margin-top: 3rem; padding-top: 1rem; }
p.machine, p.counts, li { color: var(--faint); }
figure { margin: 1.5rem 0; }
figcaption { font-weight: 600; }
svg { max-width: 100%; height: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; margin: 1rem 0; }
.wide { overflow-x: auto; }
th, td { padding: .2rem .7rem .2rem 0; text-align: right; border-bottom: 1px solid var(--line);
  vertical-align: top; }
th:first-child, td:first-child, td.ratios { text-align: left; }
ol.legend { list-style-position: inside; margin: .3rem 0; padding: 0; display: flex;
  flex-wrap: wrap; gap: 0 1.2rem; }
ol.legend li { color: var(--ink); }
ol.legend i { display: inline-block; width: .8em; height: .8em; margin-right: .4em; }
";

/// A row of the latencies' table: name, percentile, figures.
const HEADS: &str = "<th>median</th><th>smallest round</th><th>largest round</th>";

/// The whole page.
///
/// # Errors
/// What a plot could not draw.
pub fn page(reports: &[Report]) -> Result<String, String> {
    let mut body = String::new();
    for report in reports {
        section(report, &mut body)?;
    }
    let benches: Vec<String> = reports.iter().map(|report| escaped(&report.bench)).collect();
    let title = format!("Ringpit, measured: {}", benches.join(", "));
    Ok(format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n\
         <title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<h1>{title}</h1>\n\
         <p>Medians of the rounds; whiskers and brackets go from the smallest to the largest round. \
         Only what was measured in one call may be compared.</p>\n{body}</body>\n</html>\n"
    ))
}

/// Text that is nothing but text, in an element or an attribute.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            // Control characters are not allowed in any form.
            control if control.is_control() => escaped.push(' '),
            other => escaped.push(other),
        }
    }
    escaped
}

fn section(report: &Report, out: &mut String) -> Result<(), String> {
    let Report { bench, machine, counts, rows, latencies, series, notes, .. } = report;
    let mut when = String::new();
    write_utc(report.when_unix_s.saturating_mul(1_000_000_000), &mut when);
    let when = when.split('.').next().unwrap_or_default().replace('T', " ");
    let machine = escaped(&machine.to_string()).replace('\n', "<br/>");
    let counted =
        counts.iter().map(|counted| format!("{} {}", counted.count, escaped(&counted.what)));
    let counted = counted.collect::<Vec<_>>().join(", ");
    // Writing to memory does not fail.
    let _ = write!(
        out,
        "<section>\n<h2>{}</h2>\n<p class=\"machine\">{when} UTC. {machine}</p>\n\
         <p class=\"counts\">{counted}</p>\n",
        escaped(bench)
    );
    for unit in units(rows.iter().map(|row| row.unit)) {
        let rows: Vec<&Row> = rows.iter().filter(|row| row.unit == unit).collect();
        let names = rows.iter().map(|row| row.name.as_str());
        let better = if unit.is_more_better() { "more is better" } else { "less is better" };
        figure(out, &format!("{}, {better}", word(unit)), names, &drawn(plots::bars(&rows))?);
    }
    row_table(rows, out);
    let curves: Vec<&LatencyRow> = latencies.iter().filter(|row| !row.curve.is_empty()).collect();
    if !curves.is_empty() {
        let names = curves.iter().map(|row| row.name.as_str());
        let plot = drawn(plots::latencies(&curves))?;
        figure(out, "Latency by percentile, all rounds together", names, &plot);
        latency_table(latencies, out);
    }
    for (of, unit) in kinds(series) {
        let alike: Vec<&Series> =
            series.iter().filter(|one| one.of == of && one.unit == unit).collect();
        let names = alike.iter().map(|series| series.name.as_str());
        let caption = format!("{} by {}", word(unit), escaped(of));
        figure(out, &caption, names, &drawn(plots::series(&alike))?);
        series_table(&alike, out);
    }
    if !notes.is_empty() {
        out.push_str("<ul>\n");
        for note in notes {
            let _ = writeln!(out, "<li>{}</li>", escaped(note));
        }
        out.push_str("</ul>\n");
    }
    out.push_str("</section>\n");
    Ok(())
}

fn drawn(plot: Result<String, Box<dyn std::error::Error>>) -> Result<String, String> {
    plot.map_err(|error| format!("a plot: {error}"))
}

/// Each unit once, in the order in which they come.
fn units(all: impl Iterator<Item = Unit>) -> Vec<Unit> {
    let mut units = Vec::new();
    all.for_each(|unit| {
        if !units.contains(&unit) {
            units.push(unit);
        }
    });
    units
}

/// What was varied and what was counted, each pair once.
fn kinds(series: &[Series]) -> Vec<(&str, Unit)> {
    let mut kinds: Vec<(&str, Unit)> = Vec::new();
    for Series { of, unit, .. } in series {
        if !kinds.contains(&(of.as_str(), *unit)) {
            kinds.push((of, *unit));
        }
    }
    kinds
}

const fn word(unit: Unit) -> &'static str {
    match unit {
        Unit::Nanoseconds => "Nanoseconds",
        Unit::Microseconds => "Microseconds",
        Unit::Milliseconds => "Milliseconds",
        Unit::PerSecond => "How many a second",
        Unit::Percent => "Percent of one processor",
        Unit::Bytes => "Bytes",
        Unit::Mebibytes => "Mebibytes",
        Unit::Count => "How many",
    }
}

/// A plot with its caption, which is escaped already, and whose colour is whose.
fn figure<'n>(out: &mut String, caption: &str, names: impl Iterator<Item = &'n str>, svg: &str) {
    let _ = writeln!(out, "<figure>\n<figcaption>{caption}</figcaption>\n<ol class=\"legend\">");
    for (place, name) in names.enumerate() {
        let plotters::style::RGBColor(red, green, blue) = plots::colour(place);
        let _ = writeln!(
            out,
            "<li><i style=\"background: #{red:02x}{green:02x}{blue:02x}\"></i>{}</li>",
            escaped(name)
        );
    }
    let _ = writeln!(out, "</ol>\n{svg}</figure>");
}

fn figures(unit: Unit, Spread { median, min, max }: Spread) -> String {
    let cells =
        [median, min, max].map(|it| format!("<td>{} {}</td>", unit.written(it), unit.sign()));
    cells.concat()
}

fn row_table(rows: &[Row], out: &mut String) {
    if rows.is_empty() {
        return;
    }
    let _ = writeln!(out, "<div class=\"wide\"><table>\n<tr><th></th>{HEADS}<th></th></tr>");
    for Row { name, unit, spread, ratios } in rows {
        let ratio = |ratio: &Ratio| {
            let Spread { median, min, max } = ratio.spread;
            let derived = if ratio.is_derived { ", derived" } else { "" };
            format!("{median:.2} × {} ({min:.2} to {max:.2}{derived})", escaped(&ratio.to))
        };
        let ratios: Vec<String> = ratios.iter().map(ratio).collect();
        let _ = writeln!(
            out,
            "<tr><td>{}</td>{}<td class=\"ratios\">{}</td></tr>",
            escaped(name),
            figures(*unit, *spread),
            ratios.join("<br/>")
        );
    }
    out.push_str("</table></div>\n");
}

fn latency_table(rows: &[LatencyRow], out: &mut String) {
    let _ = writeln!(out, "<div class=\"wide\"><table>\n<tr><th></th><th></th>{HEADS}</tr>");
    for LatencyRow { name, count, percentiles, .. } in rows {
        for (place, one) in percentiles.iter().enumerate() {
            let name =
                if place == 0 { format!("{}, {count}", escaped(name)) } else { String::new() };
            let which = match one.percentile {
                100.0 => "longest".to_owned(),
                percentile => format!("p{percentile}"),
            };
            let cells = figures(Unit::Microseconds, one.spread);
            let _ = writeln!(out, "<tr><td>{name}</td><td>{which}</td>{cells}</tr>");
        }
    }
    out.push_str("</table></div>\n");
}

fn series_table(all: &[&Series], out: &mut String) {
    let _ = writeln!(out, "<div class=\"wide\"><table>\n<tr><th></th><th></th>{HEADS}</tr>");
    for Series { name, of, unit, points } in all {
        for (place, point) in points.iter().enumerate() {
            let name = if place == 0 { escaped(name) } else { String::new() };
            let (at, of, cells) = (point.at, escaped(of), figures(*unit, point.spread));
            let _ = writeln!(out, "<tr><td>{name}</td><td>{at} {of}</td>{cells}</tr>");
        }
    }
    out.push_str("</table></div>\n");
}

#[cfg(test)]
mod tests {
    use super::page;
    use ringpit_bench::interleave::Measured;
    use ringpit_bench::machine::Machine;
    use ringpit_bench::report::{Point, Report, Series};
    use ringpit_bench::spread::{Latencies, Spread, nanoseconds};
    use ringpit_bench::unit::Unit;
    use std::path::Path;

    fn measured(name: &str, unit: Unit, rounds: &[f64]) -> Measured {
        let (name, rounds) = (name.to_owned(), rounds.to_vec());
        Measured { name, unit, rounds, latencies: Latencies::default() }
    }

    fn report() -> Report {
        let mut report = Report::new("test <b>", Machine::here(Path::new("/")));
        let ours = measured("ours & \"theirs\"", Unit::PerSecond, &[1_234_000.0, 1_300_000.0]);
        let peer = measured("peer</td>", Unit::PerSecond, &[300_000.0, 325_000.0]);
        report.count("messages <i>", 7);
        report.row(&ours, &[&peer]);
        report.row(&peer, &[]);
        report.figure("disk", Unit::Microseconds, &[86.5]);
        let (mut latencies, mut round) = (Latencies::default(), nanoseconds());
        (1..=100_000).for_each(|us| round.saturating_record(us * 1_000));
        latencies.keep(round);
        report.latencies("an answer", &latencies);
        let point = |at| Point { at, spread: Spread::of(&[at * 2.0, at * 3.0]) };
        let points = vec![point(1_000.0), point(500_000.0)];
        let (name, of) = ("ours".to_owned(), "load <s>".to_owned());
        report.series.push(Series { name, of, unit: Unit::PerSecond, points });
        report.note("All of it is made up; <script>alert(1)</script> does nothing.");
        report
    }

    #[test]
    fn a_page_is_well_formed_and_holds_every_figure() {
        let text = page(&[report(), report()]).unwrap();
        let options = roxmltree::ParsingOptions { allow_dtd: true, ..Default::default() };
        let tree = roxmltree::Document::parse_with_options(&text, options).unwrap();
        let count = |tag| tree.descendants().filter(|node| node.has_tag_name(tag)).count();
        assert_eq!((count("section"), count("table"), count("script")), (2, 6, 0));
        let svg = tree.descendants().filter(|node| node.tag_name().name() == "svg").count();
        assert_eq!(svg, 8, "bars of two units, a curve, a series, each twice");
        let all: String = tree.descendants().filter_map(|node| node.text()).collect();
        for figure in [
            "test <b>",
            "7 messages <i>",
            "ours & \"theirs\"",
            "1.27 M /s",
            "4.06 × peer</td> (4.00 to 4.11)",
            "86.5 µs",
            "500000 load <s>",
            "1.25 M /s",
            "How many a second by load <s>",
            "99.9 %",
            "100 ms",
            "<script>alert(1)</script> does nothing.",
        ] {
            assert!(all.contains(figure), "{figure} is not on the page");
        }
    }

    #[test]
    fn a_page_needs_nothing_from_elsewhere() {
        let text = page(&[report()]).unwrap();
        let text = text.replace("xmlns=\"http://www.w3.org/2000/svg\"", "");
        for outside in ["http:", "https:", "url(", "<link", "<img", "@import", "src="] {
            assert!(!text.contains(outside), "{outside}");
        }
        assert!(text.contains("currentColor") && text.contains("prefers-color-scheme: dark"));
    }

    #[test]
    fn an_empty_report_is_a_page_too() {
        let text = page(&[Report::new("nothing", Machine::here(Path::new("/")))]).unwrap();
        assert!(
            roxmltree::Document::parse_with_options(
                &text,
                roxmltree::ParsingOptions { allow_dtd: true, ..Default::default() }
            )
            .is_ok()
        );
    }
}
