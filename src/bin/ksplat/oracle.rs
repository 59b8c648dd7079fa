//! `ksplat check` and `ksplat verdict`: the oracle of `git bisect run`.
//!
//! Git takes every exit code under 128, but 0 and 125, for "bad". So whatever goes wrong here must end with 128 or more:
//! an unreadable log, a wrong command line, and a panic of ours. [`Failure`] has their codes.

use crate::bisect_args::{CheckArgs, MatchArg, OracleArgs, VerdictArgs};
use crate::console::{self, Console};
use crate::rules::Rules;
use ksplat::bisect::oracle::{Checked, Markers, Quorum, Wanted};
use ksplat::bisect::{Answer, Match};
use ksplat::input::{Source, walk};
use ksplat::output::{Clean, json};
use ksplat::{Error, Identity, Log, Report, Signature, Transport};
use regex::bytes::{Regex, RegexBuilder};
use std::fs;
use std::io::Write as _;
use std::path::Path;

/// Why there is no answer, as Git does not take for one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Failure {
    /// Something could not be read: the code of Git's own fatal errors.
    Read = 128,
    /// The command line is wrong: the code of Git's own usage errors.
    Usage = 129,
    /// A panic: as a program ends that aborts.
    Panic = 134,
}

impl Failure {
    pub(crate) const fn exit_code(self) -> u8 {
        self as u8
    }
}

/// An answer, or why there is none: told already.
pub(crate) type Answered = Result<Answer, Failure>;

/// Whether the command line asks the oracle, or asks for nothing that there is: a mistyped verb, too, must not be
/// taken for "bad".
pub(crate) fn is_asked(verbs: &clap::Command, arguments: impl Iterator<Item = String>) -> bool {
    let mut named = arguments.skip(1).filter(|a| verbs.find_subcommand(a).is_some());
    named.next().is_none_or(|verb| verb == "check" || verb == "verdict")
}

pub(crate) fn check(args: &CheckArgs, console: &mut Console) -> Answered {
    let oracle = Oracle::new(&args.oracle, console)?;
    let checked = oracle.check(&Source::of(args.log.as_deref()), console)?;
    // The answer is the exit code; whoever closed standard output does not want the words.
    let _ = writeln!(console.out, "{}: {}", checked.answer, Clean(&checked.why));
    Ok(checked.answer)
}

pub(crate) fn verdict(args: &VerdictArgs, console: &mut Console) -> Answered {
    let oracle = Oracle::new(&args.oracle, console)?;
    let mut runs = Vec::new();
    for source in walk(&args.logs) {
        let source = source.map_err(|e| unreadable(&e, console))?;
        let checked = oracle.check(&source, console)?;
        let what = if checked.infra { "left out" } else { checked.answer.name() };
        let _ = writeln!(console.out, "{}: {what}: {}", Clean(source.name()), Clean(&checked.why));
        runs.push(checked);
    }
    if runs.is_empty() {
        return Err(usage("there is no log to judge"));
    }
    let quorum = Quorum { present: args.min_present, absent: args.min_absent };
    let judged = quorum.verdict(&runs);
    let _ = writeln!(
        console.out,
        "{}: of {} runs {} show the crash, {} are clean, {} crashed otherwise, {} are left out\nrule: {quorum}",
        judged.answer,
        runs.len(),
        judged.present,
        judged.absent,
        judged.untestable,
        judged.infra
    );
    Ok(judged.answer)
}

/// The question, ready to be asked of any log.
struct Oracle {
    rules: Rules,
    wanted: Wanted,
    require: Option<Regex>,
    boot_marker: Option<Regex>,
    transport: Option<Transport>,
}

impl Oracle {
    fn new(args: &OracleArgs, console: &mut Console) -> Result<Self, Failure> {
        let rules = Rules::load(&args.rules, console).ok_or(Failure::Read)?;
        let wanted = wanted(args, &rules, console)?;
        let regex = |text: &Option<String>, name: &str| match text.as_deref().map(of_lines).transpose() {
            Ok(regex) => Ok(regex),
            Err(error) => Err(usage(&format!("--{name}: {error}"))),
        };
        Ok(Self {
            rules,
            wanted,
            require: regex(&args.require, "require")?,
            boot_marker: regex(&args.boot_marker, "boot-marker")?,
            transport: Transport::ALL.iter().copied().find(|t| t.name() == args.input_format),
        })
    }

    fn check(&self, source: &Source, console: &mut Console) -> Result<Checked, Failure> {
        let log = source.read().map_err(|e| unreadable(&e, console))?;
        let all = crashes(&log, self.transport, &self.rules);
        let noise = |c: &(Identity, Report<'_>)| self.rules.ignore.reason(&c.1, &c.0).is_some();
        let (ignored, crashes): (Vec<_>, Vec<_>) = all.into_iter().partition(noise);
        let markers = Markers {
            booted: self.boot_marker.as_ref().map(|r| r.find(&log).map(|found| found.start())),
            finished: self.require.as_ref().map(|r| r.is_match(&log)),
        };
        let (name, bytes) = (source.name(), log.len());
        console.note(&format!("{name}: {bytes} bytes, {} crashes, {} ignored", crashes.len(), ignored.len()));
        Ok(self.wanted.check(&crashes, log.trim_ascii().len(), markers))
    }
}

/// A regular expression over a log: bytes, in lines, which a serial console ends with CR LF.
fn of_lines(text: &str) -> Result<Regex, regex::Error> {
    RegexBuilder::new(text).unicode(false).multi_line(true).crlf(true).build()
}

fn crashes<'log>(
    log: &'log [u8],
    transport: Option<Transport>,
    rules: &Rules,
) -> Vec<(Identity, Report<'log>)> {
    let log = transport.map_or_else(|| Log::from_bytes(log), |t| Log::carried_by(t, log));
    log.reports().map(|report| (rules.naming.identify(&report), report)).collect()
}

/// What `--crash` and `--match` ask for.
fn wanted(args: &OracleArgs, rules: &Rules, console: &mut Console) -> Result<Wanted, Failure> {
    let Some(crash) = &args.crash else {
        return match args.matching {
            None | Some(MatchArg::Any) => Ok(Wanted::any()),
            Some(_) => Err(usage("--match needs a --crash to compare with")),
        };
    };
    let matching = |default| args.matching.map_or(default, how);
    let unfit = |what: &str| usage(&format!("--match cannot compare crashes with {what} so: {crash}"));
    let signature = crash.to_ascii_lowercase();
    if Signature::is_well_formed(crash) || Signature::is_well_formed(&signature) {
        let signature = if Signature::is_well_formed(crash) { crash } else { &signature };
        return Wanted::of_signature(signature, matching(Match::Signature))
            .ok_or_else(|| unfit("a signature"));
    }
    if crash.starts_with("v1:") && !Path::new(crash).exists() {
        return Err(usage(&format!("no signature: {crash}")));
    }
    if crash.contains(' ') && !Path::new(crash).exists() {
        return Wanted::of_title(crash, matching(Match::Near)).ok_or_else(|| unfit("a title"));
    }
    of_file(crash, matching(Match::Near), rules, console)
}

const fn how(matching: MatchArg) -> Match {
    match matching {
        MatchArg::Any => Match::Any,
        MatchArg::Class => Match::Class,
        MatchArg::Title => Match::Title,
        MatchArg::Signature => Match::Signature,
        MatchArg::Near => Match::Near,
    }
}

/// The first crash of a log, or a report that was saved as JSON.
fn of_file(path: &str, matching: Match, rules: &Rules, console: &mut Console) -> Result<Wanted, Failure> {
    if fs::metadata(path).is_ok_and(|m| m.is_dir()) {
        return Err(usage(&format!("--crash is a folder: {path}")));
    }
    let log = Source::File(path.into()).read().map_err(|e| unreadable(&e, console))?;
    let saved = log.split(|c| *c == b'\n').next().and_then(|line| json::Report::from_json(line, path).ok());
    let wanted = match saved.map(|saved| saved.to_report()) {
        Some(report) => Some(Wanted::of_report(&report, &rules.naming.identify(&report), matching)),
        None => crashes(&log, None, rules).first().map(|(i, report)| Wanted::of_report(report, i, matching)),
    };
    wanted.ok_or_else(|| usage(&format!("--crash names a file without a crash: {path}")))
}

fn usage(text: &str) -> Failure {
    console::say(text);
    Failure::Usage
}

fn unreadable(error: &Error, console: &mut Console) -> Failure {
    console.error(error);
    Failure::Read
}
