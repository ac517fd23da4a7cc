//! Plots as SVG text: bars, latencies by percentile, figures against what was varied.
//!
//! Everything that belongs to the page's own ink is drawn in one colour that no series has, and
//! then handed to the style sheet, so that a plot is as light or dark as its page. Names stand in
//! the page's legends, not here.

use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use ringpit_bench::report::{LatencyRow, Point, Row, Series};
use ringpit_bench::spread::Spread;
use ringpit_bench::unit::Unit;
use std::error::Error;

/// Colours that people with any kind of colour blindness tell apart, on light and dark pages
/// (Okabe and Ito's).
pub const COLOURS: [RGBColor; 7] = [
    RGBColor(0x00, 0x72, 0xb2),
    RGBColor(0xe6, 0x9f, 0x00),
    RGBColor(0x00, 0x9e, 0x73),
    RGBColor(0xcc, 0x79, 0xa7),
    RGBColor(0xd5, 0x5e, 0x00),
    RGBColor(0x56, 0xb4, 0xe9),
    RGBColor(0x99, 0x99, 0x99),
];

/// What the page's ink is drawn in, and what stands for it in the SVG.
const INK: RGBColor = RGBColor(1, 2, 3);
const INK_WRITTEN: &str = "#010203";

/// Width of each plot; the page scales it down where it must.
const WIDTH: u32 = 860;
/// Height of a plot with axes.
const HEIGHT: u32 = 360;
/// Height of a bar with its gap.
const BAR_HEIGHT: u32 = 26;
/// Width left of the bars for their numbers, and right of them for their figures.
const BAR_MARGINS: (u32, u32) = (28, 190);

type Drawn = Result<String, Box<dyn Error>>;
type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// Pixels left of, right of, above and below the field of a plot with axes.
const AROUND: (i32, i32, i32, i32) = (76, 20, 10, 44);

/// The colour of the series in this place.
pub fn colour(place: usize) -> RGBColor {
    COLOURS[place % COLOURS.len()]
}

fn drawn(size: (u32, u32), draw: impl FnOnce(&Area<'_>) -> Result<(), Box<dyn Error>>) -> Drawn {
    let mut svg = String::new();
    {
        let area = SVGBackend::with_string(&mut svg, size).into_drawing_area();
        draw(&area)?;
        area.present()?;
    }
    Ok(svg.replace(INK_WRITTEN, "currentColor"))
}

fn ink(size: u32) -> TextStyle<'static> {
    ("sans-serif", size).into_font().color(&INK)
}

/// Bars of rows that have one unit, from zero, each with its smallest and largest round.
pub fn bars(rows: &[&Row]) -> Drawn {
    let most = rows.iter().map(|row| row.spread.max).fold(f64::MIN_POSITIVE, f64::max);
    let height = BAR_HEIGHT * rows.len() as u32 + 8;
    let (left, right) = BAR_MARGINS;
    let scale = f64::from(WIDTH - left - right) / most;
    let x = |figure: f64| left as i32 + (figure * scale) as i32;
    drawn((WIDTH, height), |area| {
        for (place, Row { unit, spread, .. }) in rows.iter().enumerate() {
            let (top, Spread { median, min, max }) =
                (4 + BAR_HEIGHT as i32 * place as i32, *spread);
            let middle = top + BAR_HEIGHT as i32 / 2;
            let bar = [(x(0.0), top + 4), (x(median), top + BAR_HEIGHT as i32 - 4)];
            area.draw(&Rectangle::new(bar, colour(place).filled()))?;
            let whisker = [(x(min), middle), (x(max), middle)];
            area.draw(&PathElement::new(whisker.to_vec(), INK.stroke_width(2)))?;
            for end in [min, max] {
                let tick = vec![(x(end), middle - 4), (x(end), middle + 4)];
                area.draw(&PathElement::new(tick, INK.stroke_width(2)))?;
            }
            let figures = [median, min, max].map(|figure| unit.written(figure));
            let [median, min, max] = figures;
            let told = format!("{median} {} ({min} to {max})", unit.sign());
            area.draw_text(&told, &ink(13), (x(spread.max) + 8, middle - 7))?;
            area.draw_text(&(place + 1).to_string(), &ink(13), (4, middle - 7))?;
        }
        Ok(())
    })
}

/// The field of a plot with axes: where an amount and a figure lie in it, both from 0 to 1.
struct Field;

impl Field {
    fn at((x, y): (f64, f64)) -> (i32, i32) {
        let (left, right, top, bottom) = AROUND;
        let (width, height) = (WIDTH as i32 - left - right, HEIGHT as i32 - top - bottom);
        let along = |length: i32, share: f64| (f64::from(length) * share.clamp(0.0, 1.0)) as i32;
        (left + along(width, x), top + height - along(height, y))
    }

    /// Lines and labels at these shares of the axes, and what goes along.
    fn draw(
        area: &Area<'_>,
        x_ticks: &[(f64, String)],
        y_ticks: &[(f64, String)],
        of: &str,
    ) -> Result<(), Box<dyn Error>> {
        let line = |from, to| {
            PathElement::new(vec![Self::at(from), Self::at(to)], INK.mix(0.25).stroke_width(1))
        };
        for (x, label) in x_ticks {
            area.draw(&line((*x, 0.0), (*x, 1.0)))?;
            let (left, bottom) = Self::at((*x, 0.0));
            area.draw_text(label, &placed(HPos::Center, VPos::Top), (left, bottom + 6))?;
        }
        for (y, label) in y_ticks {
            area.draw(&line((0.0, *y), (1.0, *y)))?;
            let (left, middle) = Self::at((0.0, *y));
            area.draw_text(label, &placed(HPos::Right, VPos::Center), (left - 6, middle))?;
        }
        let (right, bottom) = Self::at((1.0, 0.0));
        area.draw_text(of, &placed(HPos::Right, VPos::Top), (right, bottom + 24))?;
        Ok(())
    }

    fn line(
        area: &Area<'_>,
        place: usize,
        points: impl Iterator<Item = (f64, f64)>,
    ) -> Result<(), Box<dyn Error>> {
        let line: Vec<(i32, i32)> = points.map(Self::at).collect();
        Ok(area.draw(&PathElement::new(line, colour(place).stroke_width(2)))?)
    }
}

fn placed(across: HPos, down: VPos) -> TextStyle<'static> {
    ink(13).pos(Pos::new(across, down))
}

/// The powers of ten around some figures; an axis of their logarithms.
struct Decades {
    low: i32,
    high: i32,
}

impl Decades {
    /// `None` when there is no figure above zero.
    fn around(figures: impl Iterator<Item = f64>) -> Option<Self> {
        let logs: Vec<f64> = figures.filter(|it| *it > 0.0).map(f64::log10).collect();
        let low = logs.iter().copied().reduce(f64::min)?.floor() as i32;
        let high = logs.iter().copied().reduce(f64::max)?.ceil() as i32;
        Some(Self { low, high: high.max(low + 1) })
    }

    fn share(&self, figure: f64) -> f64 {
        let low = f64::from(self.low);
        (figure.max(f64::MIN_POSITIVE).log10() - low) / (f64::from(self.high) - low)
    }

    fn ticks(&self, label: impl Fn(f64) -> String) -> Vec<(f64, String)> {
        let powers = (self.low..=self.high).map(|power| 10f64.powi(power));
        powers.map(|power| (self.share(power), label(power))).collect()
    }
}

/// Nines of a percentile: 0 for 0 %, 1 for 90 %, 2 for 99 %.
fn nines(percentile: f64) -> f64 {
    -(1.0 - percentile / 100.0).max(f64::MIN_POSITIVE).log10()
}

/// The percentile of so many nines, as people write it.
fn percent(nines: i32) -> String {
    let text = format!("{:.7}", 100.0 - 100.0 * 10f64.powi(-nines));
    format!("{} %", text.trim_end_matches('0').trim_end_matches('.'))
}

fn time(us: f64) -> String {
    match us {
        us if us >= 1e6 => format!("{} s", us / 1e6),
        us if us >= 1e3 => format!("{} ms", us / 1e3),
        us => format!("{us} µs"),
    }
}

/// Latencies by percentile, both axes so that a tail shows. Nothing where nothing was measured.
pub fn latencies(rows: &[&LatencyRow]) -> Drawn {
    let points = |row: &LatencyRow| {
        // 100 % is infinitely many nines: the longest stands where one in all of them would.
        let most = (row.count.max(2) as f64).log10();
        let curve = row.curve.iter().map(|(percentile, us)| (nines(*percentile).min(most), *us));
        curve.collect::<Vec<(f64, f64)>>()
    };
    let curves: Vec<Vec<(f64, f64)>> = rows.iter().map(|row| points(row)).collect();
    let all = || curves.iter().flatten();
    let Some(times) = Decades::around(all().map(|point| point.1)) else { return Ok(String::new()) };
    let right = all().map(|point| point.0).fold(1.0, f64::max);
    let x_ticks: Vec<(f64, String)> =
        (0..=right as i32).map(|nines| (f64::from(nines) / right, percent(nines))).collect();
    drawn((WIDTH, HEIGHT), |area| {
        Field::draw(area, &x_ticks, &times.ticks(time), "at most so long")?;
        for (place, curve) in curves.iter().enumerate() {
            let shares = curve.iter().map(|(nines, us)| (nines / right, times.share(*us)));
            Field::line(area, place, shares)?;
        }
        Ok(())
    })
}

/// Lines across a plot of figures.
const FIGURE_TICKS: u32 = 5;

/// Figures against what was varied, with the smallest and the largest round of each. Nothing where
/// nothing was varied.
pub fn series(all: &[&Series]) -> Drawn {
    let points = || all.iter().flat_map(|series| &series.points);
    let amounts = Decades::around(points().map(|point| point.at));
    let (Some(amounts), Some(first)) = (amounts, all.first()) else { return Ok(String::new()) };
    let most = points().map(|point| point.spread.max).fold(f64::MIN_POSITIVE, f64::max) * 1.05;
    let tick = |number| {
        let share = f64::from(number) / f64::from(FIGURE_TICKS);
        let written = first.unit.written(share * most);
        (share, format!("{written} {}", first.unit.sign()))
    };
    let y_ticks: Vec<(f64, String)> = (0..=FIGURE_TICKS).map(tick).collect();
    drawn((WIDTH, HEIGHT), |area| {
        let x_ticks = amounts.ticks(|amount| Unit::Count.written(amount));
        Field::draw(area, &x_ticks, &y_ticks, &first.of)?;
        for (place, series) in all.iter().enumerate() {
            let at = |figure: fn(&Spread) -> f64| {
                let shares =
                    |point: &Point| (amounts.share(point.at), figure(&point.spread) / most);
                series.points.iter().map(shares).collect::<Vec<_>>()
            };
            let (low, high) = (at(|spread| spread.min), at(|spread| spread.max));
            for ends in low.into_iter().zip(high) {
                Field::line(area, place, [ends.0, ends.1].into_iter())?;
            }
            let medians = at(|spread| spread.median);
            for point in &medians {
                area.draw(&Circle::new(Field::at(*point), 3, colour(place).filled()))?;
            }
            Field::line(area, place, medians.into_iter())?;
        }
        Ok(())
    })
}
