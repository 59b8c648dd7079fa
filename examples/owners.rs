//! Says who looks after source files: a tab-separated line for each path of standard input.
//!
//! `find fs/ext4 | cargo run --features owners --example owners -- MAINTAINERS [TREE]`; with TREE, the folder that the
//! paths start in, the keywords (`K:`) are looked for in the files.

#![allow(clippy::print_stdout, reason = "an example prints")]

use ksplat::owners::Maintainers;
use std::error::Error;
use std::path::Path;

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let file = args.next().ok_or("which MAINTAINERS file?")?;
    let tree = args.next();
    let maintainers = Maintainers::parse(&std::fs::read(&file)?, &file)?;
    for path in std::io::stdin().lines() {
        let path = path?;
        let owners = match &tree {
            None => maintainers.owners_of(&path),
            Some(tree) => maintainers.owners_of_content(&path, &std::fs::read(Path::new(tree).join(&path))?),
        };
        let people: Vec<&str> = owners.people.iter().map(|p| p.mail.as_str()).collect();
        let lists: Vec<&str> = owners.lists.iter().map(|l| l.address.as_str()).collect();
        let subsystems: Vec<&str> = owners.subsystems.iter().map(|s| s.name.as_str()).collect();
        println!("{path}\t{}\t{}\t{}", people.join("; "), lists.join("; "), subsystems.join("; "));
    }
    Ok(())
}
