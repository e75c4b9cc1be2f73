//! The time of a signature, `20200102T030405Z`.

use crate::error::{Error, Result};
use time::OffsetDateTime;

/// A time in the spelling of SigV4, UTC.
#[derive(Clone, Copy)]
pub(super) struct Timestamp([u8; 16]);

impl Timestamp {
    /// Spells a time given in Unix seconds.
    pub(super) fn new(unix_seconds: i64) -> Result<Timestamp> {
        let time = OffsetDateTime::from_unix_timestamp(unix_seconds)
            .ok()
            .filter(|time| (0..=9999).contains(&time.year()));
        let Some(time) = time else {
            return Err(Error::argument(
                "time",
                format_args!("is {unix_seconds}, which is outside of the years 0 to 9999"),
            ));
        };
        let year = time.year().unsigned_abs();
        let (century, year) = ((year / 100) as u8, (year % 100) as u8);
        let [a, b] = two_digits(century);
        let [c, d] = two_digits(year);
        let [e, f] = two_digits(u8::from(time.month()));
        let [g, h] = two_digits(time.day());
        let [i, j] = two_digits(time.hour());
        let [k, l] = two_digits(time.minute());
        let [m, n] = two_digits(time.second());
        Ok(Timestamp([
            a, b, c, d, e, f, g, h, b'T', i, j, k, l, m, n, b'Z',
        ]))
    }

    /// Date and time.
    pub(super) fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// The date alone, as in the scope.
    pub(super) fn date(&self) -> &str {
        self.as_str().get(..8).unwrap_or_default()
    }
}

fn two_digits(number: u8) -> [u8; 2] {
    [b'0' + number / 10 % 10, b'0' + number % 10]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spells_times_from_year_0_to_9999() {
        for (seconds, text) in [
            (0, "19700101T000000Z"),
            (1_577_934_245, "20200102T030405Z"),
            (951_782_399, "20000228T235959Z"),
            (951_782_400, "20000229T000000Z"),
            (-1, "19691231T235959Z"),
            (-62_167_219_200, "00000101T000000Z"),
            (253_402_300_799, "99991231T235959Z"),
        ] {
            let time = Timestamp::new(seconds).unwrap();
            assert_eq!(time.as_str(), text);
            assert_eq!(time.date(), &text[..8]);
        }
        for seconds in [i64::MIN, -62_167_219_201, 253_402_300_800, i64::MAX] {
            assert_eq!(
                Timestamp::new(seconds).err().unwrap().code().as_str(),
                "InvalidArgument"
            );
        }
    }
}
