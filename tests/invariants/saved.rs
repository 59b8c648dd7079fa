//! What earlier runs saved, and what users write by hand.

use super::{choice, printed, scan};
use ksplat::dedup::near::{Entry, Index, Joins, Profile, Threshold};
use ksplat::dedup::{Helpers, Ignore};
use ksplat::output::text::{self, Colour};
use ksplat::output::{Summary, json, markdown};

/// The first byte says what the others are taken for.
pub(crate) fn check(data: &[u8]) {
    const READERS: [fn(&[u8]); 6] = [known, groups, report, profiles, index, settings];
    let (choice, rest) = choice(data, READERS.len());
    READERS[choice](rest);
}

/// An error says where, and nothing that a terminal obeys.
fn refused(error: &ksplat::Error) {
    let text = error.to_string();
    assert!(text.contains("saved"), "{text:?}");
}

fn known(text: &[u8]) {
    match json::known_file(text, "saved") {
        Ok(baseline) => {
            let first = json::to_known_file(&baseline);
            printed::plain("known file", &first);
            let back = json::known_file(first.as_bytes(), "saved").expect("it was written so");
            printed::same("read back", &json::to_known_file(&back), &first);
        }
        Err(error) => refused(&error),
    }
}

fn groups(text: &[u8]) {
    match json::saved_groups(text, "saved") {
        Ok(groups) => {
            let joins = Joins::new(&groups, Threshold::Strict);
            let summary = Summary::new(&groups).joined(&joins);
            printed::plain("text", &text::groups(&summary, Colour::Never).to_string());
            printed::plain("markdown", &markdown::groups(&summary));
            let first = printed::written(&json::Groups::new(&Summary::new(&groups)));
            printed::plain("groups", &first);
            let mut back = json::saved_groups(first.as_bytes(), "saved").expect("it was written so");
            printed::same("read back", &printed::written(&json::Groups::new(&Summary::new(&back))), &first);
            // What is merged with itself is itself.
            back.merge(groups);
            printed::same("merged", &printed::written(&json::Groups::new(&Summary::new(&back))), &first);
        }
        Err(error) => refused(&error),
    }
}

fn report(text: &[u8]) {
    match json::Report::from_json(text, "saved") {
        Ok(report) => {
            let report = report.to_report();
            let identity = ksplat::identify(&report);
            printed::check(&report, &identity);
            scan::round_trip(&report);
        }
        Err(error) => refused(&error),
    }
}

fn profiles(text: &[u8]) {
    for (entry, profile) in json::saved_profiles("saved", text).unwrap_or_default() {
        let mut builder = ksplat::dedup::near::Builder::default();
        builder.add(&entry, &profile);
        let _ = builder.finish().near(&profile, 3);
    }
}

/// An index that is read gives answers, and is written as it was. Its checksum is put right, or nothing would be read.
fn index(body: &[u8]) {
    use sha2::Digest as _;
    let sum = sha2::Sha256::digest(body).iter().take(8).fold(0u64, |n, b| n << 8 | u64::from(*b));
    let bytes = [b"ksplatNX", &1u32.to_le_bytes()[..], &sum.to_le_bytes(), body].concat();
    match Index::from_bytes(&bytes, "saved") {
        Ok(index) => {
            let terms = ["ring_pop", "vfs_write", "a"].map(str::to_owned).to_vec();
            let hits = index.near(&Profile { terms, ..Profile::default() }, 3);
            assert!(hits.len() <= 3);
            let mut builder = ksplat::dedup::near::Builder::default();
            builder.extend(&index);
            builder.add(&Entry::default(), &Profile::default());
            assert_eq!(builder.finish().len(), index.len() + 1);
            assert_eq!(Index::from_bytes(&index.to_bytes(), "saved").expect("it was written so"), index);
        }
        Err(error) => refused(&error),
    }
}

fn settings(text: &[u8]) {
    if let Err(error) = Ignore::parse(text, "saved") {
        refused(&error);
    }
    if let Err(error) = Helpers::parse("a", text, "saved") {
        refused(&error);
    }
    if let Err(error) = ksplat::owners::Maintainers::parse(text, "saved") {
        refused(&error);
    }
}
