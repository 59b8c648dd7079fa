//! Network devices that somebody still holds.
//!
//! Source: `netdev_wait_allrefs_any` in `net/core/dev.c`.

use super::{Follows, Rule, rule};
use crate::report::{Class, TypeRow};

const TYPES: &[TypeRow] = &[("*", "DoS")];

pub(super) const RULES: &[Rule] = &[rule("netdev/waiting")
    .line("unregister_netdevice: waiting for %s to become free. Usage count = %d", &["device", ""])
    .title("unregister_netdevice: waiting for DEV to become free")
    .frame(&[])
    // Printed again every ten seconds.
    .follows(Follows::Kinds(&["netdev/waiting"]))
    .class(Class::Network)
    .types(TYPES)
    .example("unregister_netdevice: waiting for ring0 to become free. Usage count = 2")];
