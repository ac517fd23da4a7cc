//! What a figure counts, and how people write it.

use serde::{Deserialize, Serialize};
use std::fmt;

/// What a figure counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Unit {
    /// Nanoseconds.
    #[serde(rename = "ns")]
    Nanoseconds,
    /// Microseconds.
    #[serde(rename = "us")]
    Microseconds,
    /// Milliseconds.
    #[serde(rename = "ms")]
    Milliseconds,
    /// So many a second.
    #[serde(rename = "per_second")]
    PerSecond,
    /// Percent of one processor.
    #[serde(rename = "percent")]
    Percent,
    /// Bytes.
    #[serde(rename = "bytes")]
    Bytes,
    /// Mebibytes.
    #[serde(rename = "mib")]
    Mebibytes,
    /// Whatever is counted.
    #[serde(rename = "count")]
    Count,
}

impl Unit {
    /// Its sign behind a figure.
    #[must_use]
    pub const fn sign(self) -> &'static str {
        match self {
            Self::Nanoseconds => "ns",
            Self::Microseconds => "µs",
            Self::Milliseconds => "ms",
            Self::PerSecond => "/s",
            Self::Percent => "%",
            Self::Bytes => "B",
            Self::Mebibytes => "MiB",
            Self::Count => "",
        }
    }

    /// Whether a larger figure is the better one.
    #[must_use]
    pub const fn is_more_better(self) -> bool {
        matches!(self, Self::PerSecond)
    }

    /// A figure as people read it: three or four digits that count.
    #[must_use]
    pub fn written(self, figure: f64) -> String {
        let thousands = matches!(self, Self::PerSecond | Self::Count);
        match figure.abs() {
            size if thousands && size >= 1e9 => format!("{:.2} G", figure / 1e9),
            size if thousands && size >= 1e6 => format!("{:.2} M", figure / 1e6),
            size if thousands && size >= 1e4 => format!("{:.1} k", figure / 1e3),
            size if size >= 100.0 => format!("{figure:.0}"),
            size if size >= 10.0 => format!("{figure:.1}"),
            _ => format!("{figure:.2}"),
        }
    }
}

impl fmt::Display for Unit {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(self.sign())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_written_with_the_digits_that_count() {
        for (unit, figure, text) in [
            (Unit::Nanoseconds, 232.4, "232"),
            (Unit::Microseconds, 12_345.6, "12346"),
            (Unit::Microseconds, 87.25, "87.2"),
            (Unit::Percent, 0.304, "0.30"),
            (Unit::PerSecond, 2_512_000.0, "2.51 M"),
            (Unit::PerSecond, 45_120.0, "45.1 k"),
            (Unit::PerSecond, 950.0, "950"),
        ] {
            assert_eq!(unit.written(figure), text);
        }
    }
}
