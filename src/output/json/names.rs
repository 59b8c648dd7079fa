//! Names of the wire → the closed lists of the model.

use crate::report::{Class, DefectCode, Meaning, Role, Stack, Take, WhenEmpty};

const CLASSES: &[Class] = &[
    Class::MemorySafety,
    Class::Uninitialized,
    Class::DataRace,
    Class::UndefinedBehaviour,
    Class::Fault,
    Class::Trap,
    Class::Assertion,
    Class::Warning,
    Class::Lock,
    Class::AtomicSleep,
    Class::Hang,
    Class::Leak,
    Class::Refcount,
    Class::Resource,
    Class::Panic,
    Class::Hardware,
    Class::Filesystem,
    Class::Network,
    Class::Fuzzer,
    Class::Other,
];

const ROLES: &[Role] = &[
    Role::Crash,
    Role::Allocated,
    Role::Freed,
    Role::LastWork,
    Role::UninitStored,
    Role::UninitCreated,
    Role::Access,
    Role::LockChain,
    Role::LockUsage,
    Role::Other,
    Role::FaultInjection,
    Role::Origin,
];

const STACKS: &[Stack] = &[Stack::Task, Stack::Irq, Stack::SoftIrq, Stack::Nmi, Stack::Exception];

const CODES: &[DefectCode] = &[
    DefectCode::NoFrames,
    DefectCode::EmptyTrace,
    DefectCode::TruncatedHeader,
    DefectCode::FaultInjection,
    DefectCode::Interleaved,
    DefectCode::Dropped,
    DefectCode::Vague,
    DefectCode::LossyTransport,
    DefectCode::Limit,
];

/// Architectures as the register blocks name them.
const ARCHES: &[&str] =
    &["x86_64", "i386", "arm64", "arm", "riscv", "riscv64", "powerpc", "s390", "s390x", "mips", "loongarch"];

/// The class called `name`; [`Class::Other`] for a name of a later version.
pub(super) fn class(name: &str) -> Class {
    CLASSES.iter().copied().find(|c| c.name() == name).unwrap_or(Class::Other)
}

/// The role called `name`; [`Role::Other`] for a name of a later version.
pub(super) fn role(name: &str) -> Role {
    ROLES.iter().copied().find(|r| r.name() == name).unwrap_or(Role::Other)
}

/// The stack called `name`; a task's for a name of a later version.
pub(super) fn stack(name: &str) -> Stack {
    STACKS.iter().copied().find(|s| s.name() == name).unwrap_or_default()
}

/// The code called `name`; `None` for one of a later version.
pub(super) fn defect_code(name: &str) -> Option<DefectCode> {
    CODES.iter().copied().find(|c| c.name() == name)
}

/// The architecture called `name`; `None` for one of a later version.
pub(super) fn arch(name: &str) -> Option<&'static str> {
    ARCHES.iter().copied().find(|a| *a == name)
}

/// The capture called `name`, if the meaning of the report's kind makes use of it.
pub(super) fn capture(meaning: &'static Meaning, name: &str) -> Option<&'static str> {
    let plain = match meaning.when_empty {
        WhenEmpty::Title(plain) => Some(plain),
        WhenEmpty::Corrupted => None,
    };
    let taken = meaning.take.iter().find_map(|take| match take {
        Take::Capture(capture) if *capture == name => Some(*capture),
        _ => None,
    });
    let mut templates = meaning.alts.iter().copied().chain([meaning.title]).chain(plain);
    taken.or_else(|| templates.find_map(|template| holes(template).find(|hole| *hole == name)))
}

/// The names between the braces of a template.
fn holes(template: &'static str) -> impl Iterator<Item = &'static str> {
    template.split('{').skip(1).filter_map(|part| part.split_once('}')).map(|(hole, _)| hole)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Does not compile when a variant is added that the lists above might lack.
    #[test]
    fn ok_every_name_leads_back() {
        for code in CODES {
            match code {
                DefectCode::NoFrames | DefectCode::EmptyTrace | DefectCode::TruncatedHeader => {}
                DefectCode::FaultInjection | DefectCode::Interleaved | DefectCode::Dropped => {}
                DefectCode::Vague | DefectCode::Limit | DefectCode::LossyTransport => {}
            }
            assert_eq!(defect_code(code.name()), Some(*code));
        }
        for r in ROLES {
            match r {
                Role::Crash | Role::Allocated | Role::Freed | Role::LastWork | Role::UninitStored => {}
                Role::UninitCreated | Role::Access | Role::LockChain | Role::LockUsage | Role::Other => {}
                Role::FaultInjection | Role::Origin => {}
            }
            assert_eq!(role(r.name()), *r);
        }
        for s in STACKS {
            match s {
                Stack::Task | Stack::Irq | Stack::SoftIrq | Stack::Nmi | Stack::Exception => {}
            }
            assert_eq!(stack(s.name()), *s);
        }
    }

    #[test]
    fn ok_every_class_of_a_row_leads_back() {
        for row in crate::kinds() {
            assert_eq!(class(row.class.name()), row.class);
        }
    }

    #[test]
    fn ok_holes_of_a_template_are_its_captures() {
        assert_eq!(holes("KASAN: {what} in {frame}").collect::<Vec<_>>(), ["what", "frame"]);
        assert_eq!(holes("plain } {").count(), 0);
    }
}
