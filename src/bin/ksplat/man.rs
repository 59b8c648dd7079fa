//! `ksplat man`: prints manual pages.

use crate::Outcome;
use crate::args::{Cli, ManArgs};
use crate::console::Console;
use clap::CommandFactory as _;
use ksplat::{Error, ErrorKind};
use std::io;

pub(crate) fn run(args: &ManArgs, console: &mut Console) -> io::Result<Outcome> {
    let mut command = Cli::command();
    if let Some(dir) = &args.dir {
        let written = clap_mangen::generate_to(command, dir);
        console.value(written.map_err(|error| Error::new(ErrorKind::Write(dir.clone()), error)));
        return Ok(Outcome::Nothing);
    }
    // Hands the options of every verb down to the verbs, and names their pages.
    command.build();
    let page = match args.verb.as_deref() {
        None => Some(command.clone()),
        Some(name) => command.find_subcommand(name).cloned(),
    };
    let Some(page) = page else {
        let name = args.verb.as_deref().unwrap_or_default();
        command.error(clap::error::ErrorKind::InvalidValue, format!("no verb is called '{name}'")).exit();
    };
    clap_mangen::Man::new(page).render(&mut console.out)?;
    Ok(Outcome::Nothing)
}
