//! Network devices that somebody still holds.
//!
//! Source: `netdev_wait_allrefs_any` in `net/core/dev.c`.

use super::{Follows, Rule, rule};
use crate::report::{Class, Take, TypeRow};

const TYPES: &[TypeRow] = &[("*", "DoS")];

pub(super) const RULES: &[Rule] = &[rule("netdev/waiting")
    .line("unregister_netdevice: waiting for %s to become free. Usage count = %d", &["device", ""])
    .title("unregister_netdevice: waiting for DEV to become free")
    .frame(&[])
    // Printed again every ten seconds.
    .follows(Follows::Kinds(&["netdev/waiting"]))
    .class(Class::Network)
    .types(TYPES)
    .example("unregister_netdevice: waiting for ring0 to become free. Usage count = 2"),
    // `DCCP_BUG` of `net/dccp/dccp.h`, until 6.15.
    rule("netdev/dccp-bug")
        .line("BUG: %s at net/dccp/%s:%d/%s()\n", &["what", "file", "line", "func"])
        .title("BUG: {what} at net/dccp/{file}:LINE/{func}()")
        .frame(&[Take::Header("func")])
        .class(Class::Network)
        .example("BUG: queue is empty at net/dccp/output.c:112/dccp_write_xmit()")];
