//! How far two kernels are apart, in releases.

/// The last release of each major version that is closed; of 2.6 as if it had been a major version.
const LAST: &[(u16, u16)] = &[(2, 39), (3, 19), (4, 20), (5, 19), (6, 19)];

/// Releases of a major version that is not closed yet.
const USUAL: u16 = 19;

/// After so many releases the chance that two crashes are one bug has fallen to a third.
const REACH: f64 = 2.0;

/// What distance leaves at least: a bug may be old, and a stable kernel has the bugs of many releases.
const FLOOR: f64 = 0.1;

/// The number of a release since 2.6.0, as `uname -r` begins with it: `5.10.0-rc3-syzkaller` → that of 5.10. 0 is
/// unknown.
pub(super) fn number(release: &str) -> u32 {
    let mut parts = release.split(|c: char| !c.is_ascii_digit());
    let mut next = || parts.next()?.parse::<u16>().ok();
    let (Some(major), Some(mut minor)) = (next(), next()) else { return 0 };
    if major == 2 {
        minor = next().unwrap_or(0);
    }
    if !(2..100).contains(&major) {
        return 0;
    }
    let before = (2..major).map(|m| LAST.iter().find(|(of, _)| *of == m).map_or(USUAL, |(_, last)| *last));
    1 + before.map(|last| u32::from(last) + 1).sum::<u32>() + u32::from(minor)
}

/// How many releases lie between two numbers; `None` where one is unknown.
pub(super) fn apart(a: u32, b: u32) -> Option<u32> {
    (a != 0 && b != 0).then(|| a.abs_diff(b))
}

/// The distance of a known release from an unknown one, and of two unknown ones: logs that do not tell it are often of
/// one source.
const UNKNOWN: (f64, f64) = (1.5, 0.5);

/// What the distance leaves of a score.
pub(super) fn closeness(a: u32, b: u32) -> f64 {
    let unknown = if a == b { UNKNOWN.1 } else { UNKNOWN.0 };
    let apart = apart(a, b).map_or(unknown, f64::from);
    FLOOR + (1.0 - FLOOR) * (-apart / REACH).exp()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_releases_are_counted() {
        for (a, b, want) in [
            ("5.10.0-rc3-syzkaller", "5.10.0", Some(0)),
            ("4.20.0+", "5.0.0-rc1", Some(1)),
            ("2.6.39.4", "3.0.0", Some(1)),
            ("6.19.0", "7.0.0-rc1", Some(1)),
            ("5.4.0-26-generic", "5.10.0", Some(6)),
            ("", "5.10.0", None),
            ("next-20210503", "5.10.0", None),
        ] {
            assert_eq!(apart(number(a), number(b)), want, "{a} {b}");
        }
    }

    #[test]
    fn ok_closer_is_more() {
        let at = |release| closeness(number("5.10.0"), number(release));
        assert!((at("5.10.7") - 1.0).abs() < 1e-9);
        assert!(at("5.11.0") > at("5.12.0") && at("5.12.0") > at("6.6.0"));
        assert!(at("5.11.0") > at("") && at("") > at("5.12.0") && closeness(0, 0) > at("5.11.0"));
        assert!(at("2.6.32") >= FLOOR);
    }
}
