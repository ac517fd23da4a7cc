//! UNIX nanoseconds as people write a moment: ISO 8601, UTC, to the nanosecond.

use std::fmt::Write as _;

const NANOS_PER_SECOND: u64 = 1_000_000_000;
const SECONDS_PER_DAY: u64 = 86_400;
/// A Gregorian cycle, after which the calendar repeats.
const DAYS_PER_400_YEARS: u64 = 146_097;
/// From 0000-03-01 to 1970-01-01: counting from a March puts the leap day at a year's end.
const DAYS_TO_EPOCH: u64 = 719_468;

/// Appends a moment, e.g. `2026-08-01T09:00:00.000000017Z`.
pub fn write_utc(unix_ns: u64, out: &mut String) {
    let (seconds, nanos) = (unix_ns / NANOS_PER_SECOND, unix_ns % NANOS_PER_SECOND);
    let (days, second) = (seconds / SECONDS_PER_DAY, seconds % SECONDS_PER_DAY);
    let (year, month, day) = date(days);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    let _infallible =
        write!(out, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{nanos:09}Z");
}

/// Year, month and day of a number of days since 1970-01-01.
fn date(days: u64) -> (u64, u64, u64) {
    let days = days + DAYS_TO_EPOCH;
    let (cycle, day) = (days / DAYS_PER_400_YEARS, days % DAYS_PER_400_YEARS);
    // Less the leap days so far, a year has 365 days.
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day_of_year = day - (365 * year + year / 4 - year / 100);
    // March to July, August to December and January to February each begin 31, 30, 31, 30, 31.
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day_of_month = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    (cycle * 400 + year + u64::from(month <= 2), month, day_of_month)
}

#[cfg(test)]
mod tests {
    use super::write_utc;

    #[test]
    fn moments_are_those_of_the_calendar() {
        for (seconds, moment) in [
            (0, "1970-01-01T00:00:00"),
            (34_200, "1970-01-01T09:30:00"),
            (68_169_600, "1972-02-29T00:00:00"),
            (951_782_399, "2000-02-28T23:59:59"),
            (951_782_400, "2000-02-29T00:00:00"),
            (951_868_800, "2000-03-01T00:00:00"),
            (1_785_574_800, "2026-08-01T09:00:00"),
            (4_107_542_400, "2100-03-01T00:00:00"),
            (9_223_372_036, "2262-04-11T23:47:16"),
        ] {
            let mut text = String::new();
            write_utc(seconds * 1_000_000_000 + 17, &mut text);
            assert_eq!(text, format!("{moment}.000000017Z"));
        }
    }
}
