//! When values must be got anew.

use super::value::{NEVER, Value};

/// New values are asked for this long before the old ones expire, or a quarter of their lifetime if that is less.
const EARLY: i64 = 300;
/// With less left than this, everybody waits for new ones.
const LEAST: i64 = 60;
/// Values that are used although they have expired are asked for again after this time.
const STALE_RETRY: i64 = 600;

/// What a reader may do with values that are held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Need {
    /// Use them.
    Nothing,
    /// Use them, and see that somebody asks for new ones.
    Soon,
    /// Wait for new ones; if none can be had, these will do.
    Now,
    /// Wait for new ones: these do not last as long as was asked, or have expired.
    Must,
}

/// The times of a value, in Unix seconds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Term {
    refresh_at: i64,
    wait_after: i64,
    ends_at: i64,
    lifetime: i64,
}

impl Term {
    /// Of a value that was got at `now`.
    pub(super) fn of(value: &Value, now: i64) -> Term {
        if value.expires_at == NEVER || value.stale {
            let refresh_at = if value.stale {
                now.saturating_add(STALE_RETRY)
            } else {
                NEVER
            };
            return Term {
                refresh_at,
                wait_after: NEVER,
                ends_at: NEVER,
                lifetime: NEVER,
            };
        }
        let lifetime = value.expires_at.saturating_sub(now);
        let early = (lifetime / 4).clamp(0, EARLY);
        Term {
            refresh_at: value.expires_at.saturating_sub(early),
            wait_after: value.expires_at.saturating_sub(early.min(LEAST)),
            ends_at: value.expires_at,
            lifetime,
        }
    }

    /// Whether it can be used.
    pub(super) fn is_over(&self, now: i64) -> bool {
        self.ends_at != NEVER && now >= self.ends_at
    }

    /// When new values are to be asked for; never for what never expires.
    pub(super) fn refresh_at(&self) -> i64 {
        self.refresh_at
    }

    /// What is to be done for a reader who wants `asked` seconds to be left, where the lifetime allows it.
    #[inline]
    pub(super) fn need(&self, now: impl FnOnce() -> i64, asked: i64) -> Need {
        // What never changes is not worth a look at the clock.
        if self.refresh_at == NEVER {
            return Need::Nothing;
        }
        let now = now();
        let enough = asked == 0 || self.ends_at.saturating_sub(now) >= asked.min(self.lifetime);
        if now < self.refresh_at && enough {
            return Need::Nothing;
        }
        match () {
            () if self.is_over(now) || !enough => Need::Must,
            () if now > self.wait_after => Need::Now,
            () => Need::Soon,
        }
    }
}

#[cfg(test)]
#[cfg(not(session_loom))]
mod tests {
    use super::*;

    fn term(expires_at: i64, now: i64) -> Term {
        let keys = Value::of_keys("AK", "SK", "", "Test").unwrap();
        Term::of(&Value { expires_at, ..keys }, now)
    }

    #[test]
    fn an_hour_is_refreshed_five_minutes_before_and_waited_for_in_the_last() {
        let hour = term(3600, 0);
        let cases = [
            (0, 0, Need::Nothing),
            (3299, 0, Need::Nothing),
            (3300, 0, Need::Soon),
            (3540, 0, Need::Soon),
            (3541, 0, Need::Now),
            (3599, 0, Need::Now),
            (3600, 0, Need::Must),
            (2600, 1000, Need::Nothing),
            (2601, 1000, Need::Must),
            // More than it ever had.
            (0, 7200, Need::Nothing),
            (1, 7200, Need::Must),
        ];
        for (now, asked, need) in cases {
            assert_eq!(hour.need(|| now, asked), need, "at {now}, {asked} asked");
        }
    }

    #[test]
    fn a_short_life_is_refreshed_in_its_last_quarter() {
        let short = term(140, 100);
        assert_eq!(short.need(|| 129, 0), Need::Nothing);
        assert_eq!(short.need(|| 130, 0), Need::Soon);
        assert_eq!(short.need(|| 131, 0), Need::Now);
        assert_eq!(short.need(|| 140, 0), Need::Must);
    }

    #[test]
    fn the_ends_of_time_are_no_trouble() {
        for expires_at in [i64::MIN, -1, 0, i64::MAX - 1] {
            for now in [i64::MIN, 0, i64::MAX] {
                let term = term(expires_at, now);
                assert_eq!(term.is_over(now), expires_at <= now);
                term.need(|| i64::MAX, i64::from(u32::MAX));
                term.need(|| i64::MIN, i64::from(u32::MAX));
            }
        }
        assert_eq!(term(NEVER, 0).need(|| unreachable!(), 100), Need::Nothing);
    }

    #[test]
    fn what_is_stale_is_used_and_asked_for_again() {
        let keys = Value::of_keys("AK", "SK", "", "Test").unwrap();
        let stale = Term::of(
            &Value {
                expires_at: 10,
                stale: true,
                ..keys
            },
            1000,
        );
        assert_eq!(stale.need(|| 1599, 900), Need::Nothing);
        assert_eq!(stale.need(|| 1600, 900), Need::Soon);
        assert!(!stale.is_over(1_000_000));
    }
}
